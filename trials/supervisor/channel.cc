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

Received ReceiveMessage(int socket, Message* message) {
  char buffer[kMaxMessage];
  iovec part = {buffer, sizeof(buffer)};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS)) {
    return Received::kNothing;
  }
  if (got <= 0) return Received::kClosed;
  message->file.Reset();
  const cmsghdr* attached = CMSG_FIRSTHDR(&header);
  if (attached != nullptr && attached->cmsg_type == SCM_RIGHTS) {
    int file = -1;
    std::memcpy(&file, CMSG_DATA(attached), sizeof(file));
    message->file.Reset(file);
  }
  message->bytes.assign(buffer, static_cast<size_t>(got));
  return Received::kMessage;
}

int SendRequest(int socket, const Request& request) {
  const bool in_file = request.plan.size() > kMaxInlinePlan;
  WireWriter out;
  out.Int(static_cast<int64_t>(request.kind));
  out.Text(request.directory);
  out.Text(in_file ? "" : request.plan);
  out.Int(request.grace);
  UniqueFd file;
  if (in_file) {
    file.Reset(memfd_create("qalam-plan", MFD_CLOEXEC));
    const int error = file.valid() ? WriteAll(file.get(), request.plan) : errno;
    if (error != 0) return error;
  }
  return SendMessage(socket, out.bytes(), file.get(), /*wait=*/false);
}

std::optional<Request> ParseRequest(const Message& message) {
  WireReader in(message.bytes.data(), message.bytes.size());
  Request request;
  request.kind = static_cast<Request::Kind>(in.Int());
  request.directory = in.Text();
  request.plan = in.Text();
  request.grace = in.Int();
  if (!in.ok()) return std::nullopt;
  if (message.file.valid()) request.plan = ReadWhole(message.file.get());
  return request;
}

std::string EncodeReport(const Report& report) {
  WireWriter out;
  out.Int(static_cast<int64_t>(report.kind));
  out.Int(report.error);
  out.Int(report.started);
  return out.bytes();
}

std::optional<Report> ParseReport(const std::string& bytes) {
  WireReader in(bytes.data(), bytes.size());
  Report report;
  report.kind = static_cast<Report::Kind>(in.Int());
  report.error = in.Int();
  report.started = in.Int();
  if (!in.ok()) return std::nullopt;
  return report;
}

}  // namespace qalam::supervisor
