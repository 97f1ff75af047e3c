#include "controller/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/mutex.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ControlTest : public testing::Test {
 protected:
  ControlTest() : folder_(testing::TempDir() + "qalam_XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/x.sock";
  }
  ~ControlTest() override {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // Listens at path_ with a handler that notes requests and answers {"command":"fail"} with an
  // error.
  void Listen() {
    auto server = ListenForControl(path_, [this](const Json& request) -> absl::Status {
      const std::string command = request.at("command").get<std::string>();
      MutexLock lock(&mutex_);
      commands_.push_back(command);
      if (command == "fail") return absl::NotFoundError("no such trial \"ä\"");
      return absl::OkStatus();
    });
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  // Connects without the client of ours.
  int RawConnection() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }
  static std::string ReadToEnd(int fd) {
    std::string text;
    char buffer[1024];
    for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) text.append(buffer, n);
    close(fd);
    return text;
  }
  // Sends bytes as they are and returns all that comes back.
  std::string Exchange(const std::string& bytes) const {
    const int fd = RawConnection();
    send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return ReadToEnd(fd);
  }

  std::string folder_;
  std::string path_;
  Mutex mutex_;
  std::vector<std::string> commands_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, ARequestReachesTheHandlerAndItsStatusComesBack) {
  Listen();
  EXPECT_OK(SendControl(path_, {{"command", "stop"}, {"mode", "graceful"}}));
  EXPECT_THAT(SendControl(path_, {{"command", "fail"}}),
              StatusIs(absl::StatusCode::kNotFound, "no such trial \"ä\""));
  EXPECT_THAT(commands_, ElementsAre("stop", "fail"));
}

TEST_F(ControlTest, RepliesAreJsonLines) {
  Listen();
  EXPECT_EQ(Exchange("{\"command\":\"stop\"}\n"), "{\"ok\":true}\n");
  EXPECT_EQ(Exchange("{\"command\":\"fail\"}\n"),
            "{\"ok\":false,\"code\":5,\"message\":\"no such trial \\\"ä\\\"\"}\n");
}

TEST_F(ControlTest, ARequestMayArriveInPieces) {
  Listen();
  const int fd = RawConnection();
  for (const char c : std::string("{\"command\":\"stop\"}\n")) ASSERT_EQ(write(fd, &c, 1), 1);
  EXPECT_EQ(ReadToEnd(fd), "{\"ok\":true}\n");
}

TEST_F(ControlTest, WhatIsNoRequestIsAnsweredWithAnError) {
  Listen();
  for (const char* text : {"\n", "stop\n", "[1]\n", "{\"command\":\n", "{\"command\":\"\xff\"}\n",
                           "{\"command\":7}\n", "{}\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Exchange(text), HasSubstr("{\"ok\":false,\"code\":3,\"message\":\""));
  }
  EXPECT_OK(SendControl(path_, {{"command", "stop"}})) << "the server goes on";
  EXPECT_THAT(commands_, ElementsAre("stop"));
}

TEST_F(ControlTest, DeepNestingIsNoDanger) {
  Listen();
  EXPECT_THAT(Exchange(std::string(60000, '[') + "\n"), HasSubstr("\"code\":3"));
}

TEST_F(ControlTest, ARequestOfMoreThan64KiBIsRefused) {
  Listen();
  const Json most = {{"command", "stop"}, {"filler", std::string(65000, 'x')}};
  EXPECT_OK(SendControl(path_, most));
  const Json more = {{"command", "stop"}, {"filler", std::string(66000, 'x')}};
  EXPECT_THAT(SendControl(path_, more),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("65536")));
  const Json far_more = {{"command", "stop"}, {"filler", std::string(10000000, 'x')}};
  EXPECT_THAT(SendControl(path_, far_more),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("65536")));
}

TEST_F(ControlTest, ARequestThatDoesNotArriveIsGivenUpAndHoldsNobodyUp) {
  Listen();
  const auto start = std::chrono::steady_clock::now();
  const int silent = RawConnection();
  EXPECT_OK(SendControl(path_, {{"command", "stop"}}));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  EXPECT_THAT(ReadToEnd(silent), HasSubstr("\"code\":4"));  // DeadlineExceeded
}

TEST_F(ControlTest, AClientThatGoesAwayHarmsNobody) {
  Listen();
  for (int i = 0; i < 10; ++i) close(RawConnection());
  const int fd = RawConnection();
  ASSERT_EQ(write(fd, "{\"command\":\"stop\"}\n", 19), 19);
  close(fd);  // does not wait for its reply
  EXPECT_OK(SendControl(path_, {{"command", "stop"}}));
}

TEST_F(ControlTest, MoreClientsThanItServesAtATimeAreAllAnswered) {
  Listen();
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back([&] {
      if (SendControl(path_, {{"command", "stop"}}).ok()) ++answered;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 100);
}

TEST_F(ControlTest, TheSocketIsForItsOwnerOnlyAndGoesWithTheServer) {
  Listen();
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THAT(SendControl(path_, {{"command", "stop"}}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(path_)));
}

TEST_F(ControlTest, ALongPathWorksToo) {
  for (int i = 0; i < 3; ++i) folder_ += "/" + std::string(100, 'd');
  std::filesystem::create_directories(folder_);
  path_ = folder_ + "/0b5c9f3e-0000-4000-8000-0123456789ab.sock";
  Listen();
  EXPECT_OK(SendControl(path_, {{"command", "stop"}}));
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THAT(SendControl(path_, {{"command", "stop"}}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no process listens")));
  EXPECT_THAT(SendControl(folder_ + "/none/x.sock", {{"command", "stop"}}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no process listens")));
  EXPECT_THAT(ListenForControl(folder_ + "/" + std::string(200, 'n'), nullptr),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too long")));
}

TEST_F(ControlTest, AListeningProcessIsNotReplacedAndADeadOneIs) {
  const pid_t child = fork();
  if (child == 0) {
    const auto server = ListenForControl(path_, [](const Json&) { return absl::OkStatus(); });
    if (!server.ok()) _exit(1);
    while (true) pause();
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!SendControl(path_, {{"command", "stop"}}).ok()) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_THAT(ListenForControl(path_, nullptr),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another process")));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  ASSERT_TRUE(std::filesystem::exists(path_)) << "a killed process leaves its socket";
  EXPECT_THAT(SendControl(path_, {{"command", "stop"}}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no process listens")));
  Listen();
  EXPECT_OK(SendControl(path_, {{"command", "stop"}}));
}

TEST_F(ControlTest, AMissingFolderIsNamed) {
  EXPECT_THAT(ListenForControl(folder_ + "/none/x.sock", nullptr),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none/x.sock")));
}

}  // namespace
}  // namespace qalam
