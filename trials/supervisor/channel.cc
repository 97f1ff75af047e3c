#include "trials/supervisor/channel.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

constexpr size_t kMaxInlinePlan = 32 << 10;
constexpr size_t kMaxMessage = kMaxInlinePlan + (16 << 10);  // and a path

int WriteAll(int file, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t put = write(file, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return errno;
    done += static_cast<size_t>(put);
  }
  return 0;
}

// Empty when it cannot be read; an empty plan is no plan, so its supervisor starts nothing.
std::string ReadWhole(int file) {
  struct stat info = {};
  if (fstat(file, &info) != 0) return "";
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return "";
    done += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace

int SendMessage(int socket, const std::string& bytes, int file, bool wait) {
  iovec part = {const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &file, sizeof(file));
  }
  for (;;) {
    if (sendmsg(socket, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT)) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

std::optional<Message> ReceiveMessage(int socket, bool wait) {
  char buffer[kMaxMessage];
  iovec part = {buffer, sizeof(buffer)};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  } while (got < 0 && errno == EINTR);
  Message received;
  const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int file = -1;
    std::memcpy(&file, CMSG_DATA(header), sizeof(file));
    received.file.Reset(file);
  }
  if (got <= 0) return std::nullopt;
  received.bytes.assign(buffer, static_cast<size_t>(got));
  return received;
}

int SendStartRequest(int socket, const StartRequest& request) {
  const bool in_file = request.plan.size() > kMaxInlinePlan;
  WireWriter out;
  out.Int(request.id);
  out.Text(request.directory);
  out.Text(in_file ? "" : request.plan);
  UniqueFd file;
  if (in_file) {
    file.Reset(memfd_create("qalam-plan", MFD_CLOEXEC));
    const int error = file.valid() ? WriteAll(file.get(), request.plan) : errno;
    if (error != 0) return error;
  }
  return SendMessage(socket, out.bytes(), file.get(), /*wait=*/false);
}

std::optional<StartRequest> ParseStartRequest(const Message& message) {
  WireReader in(message.bytes.data(), message.bytes.size());
  StartRequest request;
  request.id = in.Int();
  request.directory = in.Text();
  request.plan = in.Text();
  if (!in.ok()) return std::nullopt;
  if (!message.file.valid()) return request;
  request.plan = ReadWhole(message.file.get());
  return request;
}

std::string EncodeStartReply(const StartReply& reply) {
  WireWriter out;
  out.Int(reply.id);
  out.Int(static_cast<int64_t>(reply.kind));
  out.Int(reply.error);
  out.Int(reply.started);
  return out.bytes();
}

std::optional<StartReply> ParseStartReply(const std::string& bytes) {
  WireReader in(bytes.data(), bytes.size());
  StartReply reply;
  reply.id = in.Int();
  reply.kind = static_cast<StartReply::Kind>(in.Int());
  reply.error = in.Int();
  reply.started = in.Int();
  if (!in.ok()) return std::nullopt;
  return reply;
}

}  // namespace qalam::supervisor
