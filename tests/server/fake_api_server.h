#ifndef QALAM_TESTS_SERVER_FAKE_API_SERVER_H_
#define QALAM_TESTS_SERVER_FAKE_API_SERVER_H_

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "core/json.h"
#include "server/kubernetes/api_session.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace qalam {

// fake_api_server.py as a process on a port of loopback, with a service account that it knows, in
// the namespace "team".
class FakeApiServer {
 public:
  // `plan`: what goes wrong, a word for each request.
  explicit FakeApiServer(const std::string& plan = "") {
    std::filesystem::create_directory(account_dir());
    std::filesystem::create_directory(folder() + "/trials");
    WriteFile(folder() + "/plan", plan);
    Trust("token-1");
    WriteFile(account_dir() + "/token", "token-1\n");
    WriteFile(account_dir() + "/namespace", "team");
    WriteFile(account_dir() + "/ca.crt", ReadFile("tests/server/tls/ca.pem"));
    const std::string out = folder() + "/out";
    program_ = std::make_unique<Program>(
        std::vector<std::string>{"/usr/bin/python3", "tests/server/fake_api_server.py",
                                 "tests/server/tls/server.pem", "tests/server/tls/server.key",
                                 folder()},
        out, folder() + "/err");
    if (!WaitUntil([&] { return ReadFile(out).ends_with("\n"); }, 30)) std::abort();
    port_ = ReadFile(out);
    port_.pop_back();
  }

  std::string folder() const { return dir_.path(); }
  std::string account_dir() const { return dir_.path() + "/account"; }
  const std::string& port() const { return port_; }

  // With pauses that tests can wait for.
  KubernetesAccess access() const {
    return {.server = ApiServerUrl("127.0.0.1", port_),
            .service_account_dir = account_dir(),
            .request_timeout = absl::Seconds(20),
            .first_pause = absl::Milliseconds(1),
            .longest_pause = absl::Milliseconds(20)};
  }

  // The only token that is valid from now on.
  void Trust(const std::string& token) { WriteFile(folder() + "/tokens", token + "\n"); }

  // Conditions of the status True.
  void AddTrial(const std::string& name, const std::vector<std::string>& conditions) {
    Json trial = {{"apiVersion", "kubeflow.org/v1beta1"},
                  {"kind", "Trial"},
                  {"metadata", {{"name", name}, {"namespace", "team"}, {"resourceVersion", "7"}}},
                  {"spec", {{"runSpec", "kept as it is"}}},
                  {"status", {{"conditions", Json::array()}, {"startTime", "kept, too"}}}};
    for (const std::string& type : conditions) {
      trial["status"]["conditions"].push_back(Json{{"type", type}, {"status", "True"}});
    }
    WriteFile(FileOf(name), trial.dump());
  }

  Json Trial(const std::string& name) const { return Json::parse(ReadFile(FileOf(name))); }
  // The types of its conditions.
  std::vector<std::string> Conditions(const std::string& name) const {
    const Json trial = Trial(name);
    std::vector<std::string> types;
    for (const Json& condition : trial["status"]["conditions"]) {
      types.push_back(condition["type"].get<std::string>());
    }
    return types;
  }

  // "GET", "PATCH", ... in order.
  std::vector<std::string> Methods() const {
    std::vector<std::string> methods;
    const std::string requests = ReadFile(folder() + "/requests");
    for (const absl::string_view line : absl::StrSplit(requests, '\n', absl::SkipEmpty())) {
      methods.emplace_back(line.substr(0, line.find(' ')));
    }
    return methods;
  }

 private:
  std::string FileOf(const std::string& name) const {
    return absl::StrCat(folder(), "/trials/", name, ".json");
  }

  TempDir dir_;
  std::string port_;
  std::unique_ptr<Program> program_;
};

}  // namespace qalam

#endif  // QALAM_TESTS_SERVER_FAKE_API_SERVER_H_
