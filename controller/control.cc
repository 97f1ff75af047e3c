#include "controller/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

using MonotonicTime = std::chrono::steady_clock::time_point;

constexpr size_t kMaxRequestBytes = size_t{64} << 10;
// A reply with a message of this length, however it is quoted, fits the buffer of a new socket.
constexpr size_t kMaxReplyMessage = size_t{8} << 10;
constexpr std::chrono::seconds kRequestTimeout{5};
constexpr int kReplyTimeoutSeconds = 60;
constexpr size_t kMaxClients = 64;
constexpr int kAcceptAgainMs = 100;

// A file descriptor that is closed when it goes.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status SystemError(absl::string_view doing, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", doing, " ", path));
}

// The address of a socket whose path may be longer than sun_path (107 bytes): then it is written as
// a name in an open folder, which has to stay open while the address is used.
struct Address {
  sockaddr_un address{};
  Fd folder;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

absl::StatusOr<Address> AddressOf(const std::string& path) {
  Address result;
  result.address.sun_family = AF_UNIX;
  std::string text = path;
  if (text.size() >= sizeof(result.address.sun_path)) {
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    result.folder = Fd(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (result.folder.get() < 0) return SystemError("open the folder", folder, errno);
    text = absl::StrCat("/proc/self/fd/", result.folder.get(), "/", path.substr(slash + 1));
  }
  if (text.size() >= sizeof(result.address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name of the socket ", path, " is too long"));
  }
  std::memcpy(result.address.sun_path, text.c_str(), text.size() + 1);
  return result;
}

// True when a process listens at the address.
bool SomeoneListens(const Address& address) {
  const Fd socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(socket_fd.get(), address.get(), sizeof(sockaddr_un)) == 0) return true;
  return errno == EAGAIN;  // its queue is full
}

absl::StatusOr<Fd> Listen(const std::string& path) {
  QALAM_ASSIGN_OR_RETURN(const Address address, AddressOf(path));
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode of an unbound socket becomes that of its file, so there is no instant with another.
  if (listener.get() < 0 || fchmod(listener.get(), 0600) != 0) {
    return SystemError("make the socket", path, errno);
  }
  int error = bind(listener.get(), address.get(), sizeof(sockaddr_un)) == 0 ? 0 : errno;
  if (error == EADDRINUSE) {
    if (SomeoneListens(address)) {
      return absl::FailedPreconditionError(
          absl::StrCat("another process listens at ", path, " already"));
    }
    unlink(path.c_str());  // a dead process left it
    error = bind(listener.get(), address.get(), sizeof(sockaddr_un)) == 0 ? 0 : errno;
  }
  if (error != 0) return SystemError("listen at", path, error);
  if (listen(listener.get(), static_cast<int>(kMaxClients)) != 0) {
    return SystemError("listen at", path, errno);
  }
  return listener;
}

std::string ReplyLine(const absl::Status& status) {
  Json reply = {{"ok", status.ok()}};
  if (!status.ok()) {
    reply["code"] = static_cast<int>(status.code());
    reply["message"] = std::string(status.message().substr(0, kMaxReplyMessage));
  }
  return reply.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Json> ParseRequest(absl::string_view line) {
  Json request = Json::parse(line.begin(), line.end(), /*callback=*/nullptr,
                             /*allow_exceptions=*/false);
  if (request.is_object()) return request;
  return absl::InvalidArgumentError(
      absl::StrCat("a request is one JSON object in a line, found \"", line.substr(0, 80), "\""));
}

class SocketControlServer final : public ControlServer {
 public:
  SocketControlServer(std::string path, Fd listener, Fd wake,
                      std::function<absl::Status(const Json&)> handle)
      : path_(std::move(path)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        handle_(std::move(handle)),
        thread_([this] { Serve(); }) {}

  ~SocketControlServer() override {
    const uint64_t one = 1;
    // An eventfd takes this unless it was written 2^64 - 1 times.
    if (write(wake_.get(), &one, sizeof(one)) == sizeof(one)) thread_.join();
    unlink(path_.c_str());
  }

 private:
  struct Client {
    Fd fd;
    std::string received;
    MonotonicTime deadline;
    bool done = false;  // answered or gone
  };

  void Serve();
  std::vector<pollfd> Watched() const;
  int TimeoutMs() const;
  bool Accept();
  void Read(Client* client);
  absl::Status Answer(absl::string_view line) const;
  static void Reply(Client* client, const absl::Status& status);

  const std::string path_;
  const Fd listener_;
  const Fd wake_;
  const std::function<absl::Status(const Json&)> handle_;
  std::vector<Client> clients_;  // the thread's
  bool accept_failed_ = false;   // the thread's: out of file descriptors, for now
  std::thread thread_;           // last: it uses the others
};

void SocketControlServer::Serve() {
  while (true) {
    std::vector<pollfd> watched = Watched();
    if (poll(watched.data(), watched.size(), TimeoutMs()) < 0 && errno != EINTR) return;
    if (watched[0].revents != 0) return;
    // What has arrived is read before anyone is found late: the handler may have taken long.
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (watched[i + 2].revents != 0) Read(&clients_[i]);
    }
    for (Client& client : clients_) {
      if (client.done || std::chrono::steady_clock::now() < client.deadline) continue;
      Reply(&client, absl::DeadlineExceededError("the request took more than 5 s to arrive"));
    }
    std::erase_if(clients_, [](const Client& client) { return client.done; });
    accept_failed_ = watched[1].revents != 0 && !Accept();
  }
}

// The wake-up call, the listening socket (while there is room for clients), then the clients.
std::vector<pollfd> SocketControlServer::Watched() const {
  std::vector<pollfd> watched;
  watched.push_back({.fd = wake_.get(), .events = POLLIN});
  const bool room = clients_.size() < kMaxClients && !accept_failed_;
  watched.push_back({.fd = room ? listener_.get() : -1, .events = POLLIN});
  for (const Client& client : clients_) {
    watched.push_back({.fd = client.fd.get(), .events = POLLIN});
  }
  return watched;
}

// Until the first deadline; -1, for ever, when nobody is waited for.
int SocketControlServer::TimeoutMs() const {
  if (accept_failed_) return kAcceptAgainMs;
  if (clients_.empty()) return -1;
  MonotonicTime first = clients_[0].deadline;
  for (const Client& client : clients_) first = std::min(first, client.deadline);
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(first - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

bool SocketControlServer::Accept() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd.get() < 0) return errno != EMFILE && errno != ENFILE;
  clients_.push_back(
      {.fd = std::move(fd), .deadline = std::chrono::steady_clock::now() + kRequestTimeout});
  return true;
}

void SocketControlServer::Read(Client* client) {
  char buffer[4096];
  const ssize_t size = recv(client->fd.get(), buffer, sizeof(buffer), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    client->done = true;  // went away before it asked
    return;
  }
  client->received.append(buffer, size);
  const size_t end = client->received.find('\n');
  if (end <= kMaxRequestBytes) {  // npos, for no line end, is more
    Reply(client, Answer(absl::string_view(client->received).substr(0, end)));
  } else if (client->received.size() > kMaxRequestBytes) {
    Reply(client, absl::InvalidArgumentError(absl::StrCat(
                      "a request has at most ", kMaxRequestBytes, " bytes and a line end")));
  }
}

absl::Status SocketControlServer::Answer(absl::string_view line) const {
  QALAM_ASSIGN_OR_RETURN(const Json request, ParseRequest(line));
  try {
    return handle_(request);
  } catch (const Json::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat("the request is not understood: ", e.what()));
  }
}

// One request, one reply: the connection is over. A client that is gone misses its reply.
void SocketControlServer::Reply(Client* client, const absl::Status& status) {
  const std::string line = ReplyLine(status);
  send(client->fd.get(), line.data(), line.size(), MSG_NOSIGNAL);
  client->done = true;
}

absl::Status NobodyListens(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat("cannot ask the process that listens at ", path,
                                                    ": it belongs to another user"));
  }
  if (error == ENOENT || error == ECONNREFUSED) {
    return absl::UnavailableError(absl::StrCat("no process listens at ", path));
  }
  return absl::UnavailableError(
      absl::StrCat("cannot ask the process that listens at ", path, ": ", std::strerror(error)));
}

absl::StatusOr<Fd> Connect(const std::string& path) {
  absl::StatusOr<Address> address = AddressOf(path);
  if (absl::IsNotFound(address.status())) return NobodyListens(path, ENOENT);
  if (!address.ok()) return address.status();
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return SystemError("make a socket for", path, errno);
  const timeval timeout = {.tv_sec = kReplyTimeoutSeconds, .tv_usec = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  if (connect(fd.get(), address->get(), sizeof(sockaddr_un)) != 0) {
    return NobodyListens(path, errno);
  }
  return fd;
}

// Sends what the other side takes: one that refuses the rest (too long a request) still replies.
void SendAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    text.remove_prefix(sent);
  }
}

// The reply's line, without its end.
absl::StatusOr<std::string> ReceiveLine(int fd, const std::string& path) {
  std::string received;
  while (received.find('\n') == std::string::npos) {
    char buffer[4096];
    const ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) {
      return absl::DeadlineExceededError(
          absl::StrCat("the process that listens at ", path, " did not answer within ",
                       kReplyTimeoutSeconds, " s; whether it does what was asked is not known"));
    }
    if (size <= 0 || received.size() > 2 * kMaxRequestBytes) {
      return absl::UnavailableError(absl::StrCat(
          "the process that listens at ", path,
          " went away before it answered; whether it did what was asked is not known"));
    }
    received.append(buffer, size);
  }
  received.resize(received.find('\n'));
  return received;
}

absl::Status ReadReply(const std::string& line, const std::string& path) {
  try {
    const Json reply = Json::parse(line);
    if (reply.at("ok").get<bool>()) return absl::OkStatus();
    return absl::Status(static_cast<absl::StatusCode>(reply.at("code").get<int>()),
                        reply.at("message").get<std::string>());
  } catch (const Json::exception&) {
    return absl::InternalError(absl::StrCat("the process that listens at ", path,
                                            " gave no reply of ours: ", line.substr(0, 80)));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ListenForControl(
    const std::string& path, std::function<absl::Status(const Json& request)> handle) {
  QALAM_ASSIGN_OR_RETURN(Fd listener, Listen(path));
  Fd wake(eventfd(0, EFD_CLOEXEC));
  if (wake.get() < 0) return SystemError("watch", path, errno);
  return std::make_unique<SocketControlServer>(path, std::move(listener), std::move(wake),
                                               std::move(handle));
}

absl::Status SendControl(const std::string& path, const Json& request) {
  QALAM_ASSIGN_OR_RETURN(const Fd fd, Connect(path));
  SendAll(fd.get(),
          request.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n");
  QALAM_ASSIGN_OR_RETURN(const std::string line, ReceiveLine(fd.get(), path));
  return ReadReply(line, path);
}

}  // namespace qalam
