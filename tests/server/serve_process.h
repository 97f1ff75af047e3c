#ifndef QALAM_TESTS_SERVER_SERVE_PROCESS_H_
#define QALAM_TESTS_SERVER_SERVE_PROCESS_H_

#include <grpcpp/grpcpp.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/program.h"

namespace qalam {

// `qalam serve` as a process on a port of loopback, which it keeps when it is started again.
class ServeProcess {
 public:
  ServeProcess(std::string qalam, std::string data_dir)
      : qalam_(std::move(qalam)), data_dir_(std::move(data_dir)) {
    Start();
  }

  // As by `kill -9`, in the middle of whatever it does; then another one on the same folder.
  void KillAndStart() {
    program_->Signal(SIGKILL);
    program_->Wait();
    Start();
  }

  pid_t pid() const { return program_->pid(); }
  std::shared_ptr<grpc::Channel> NewChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
    return grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
  }

 private:
  void Start() {
    const std::string out = data_dir_ + "/serve.out";
    program_ =
        std::make_unique<Program>(std::vector<std::string>{qalam_, "serve", "--grpc-address",
                                                           address_, "--data-dir", data_dir_},
                                  out, data_dir_ + "/serve.err");
    if (!WaitUntil([&] { return ReadFile(out).ends_with("\n"); }, 30)) std::abort();
    const std::vector<std::string> words =
        absl::StrSplit(ReadFile(out), absl::ByAnyChar(" \n"), absl::SkipEmpty());
    address_ = words.back();
  }

  const std::string qalam_;
  const std::string data_dir_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<Program> program_;
};

}  // namespace qalam

#endif  // QALAM_TESTS_SERVER_SERVE_PROCESS_H_
