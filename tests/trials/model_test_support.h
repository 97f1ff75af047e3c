#ifndef QALAM_TESTS_TRIALS_MODEL_TEST_SUPPORT_H_
#define QALAM_TESTS_TRIALS_MODEL_TEST_SUPPORT_H_

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "trials/job.h"
#include "trials/manifest.h"

namespace qalam {

// A folder that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_("/tmp/qalam_model_XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }
  // Writes a file below the folder and returns its path.
  std::string Write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
    return file.string();
  }

 private:
  std::string path_;
};

// Runs a process as a runner would and returns what it writes to standard output.
inline std::string RunAndRead(const ProcessSpec& process) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    for (const auto& [name, value] : process.env) setenv(name.c_str(), value.c_str(), 1);
    if (!process.working_dir.empty() && chdir(process.working_dir.c_str()) != 0) _exit(126);
    std::vector<char*> argv;
    for (const std::string& word : process.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  std::string output;
  char buffer[4096];
  for (ssize_t n = read(ends[0], buffer, sizeof(buffer)); n > 0;
       n = read(ends[0], buffer, sizeof(buffer))) {
    output.append(buffer, n);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    absl::StrAppend(&output, "[exit ", WEXITSTATUS(status), "]");
  }
  return output;
}

// A rendered Job with one container called "main" whose fields are those of `container`, a JSON
// text.
inline Json JobManifest(const std::string& container) {
  Json manifest = Json::parse(R"({"apiVersion":"batch/v1","kind":"Job",
      "metadata":{"name":"trial-1","namespace":"team","labels":{"katib.kubeflow.org/experiment":"e"}},
      "spec":{"template":{"metadata":{"labels":{"app":"mnist"},"annotations":{"note":"n"}},
                          "spec":{"containers":[{"name":"main","image":"img"}],
                                  "restartPolicy":"Never"}}}})");
  manifest["spec"]["template"]["spec"]["containers"][0].update(Json::parse(container));
  return manifest;
}

inline Json& PodSpecOf(Json& manifest) { return manifest["spec"]["template"]["spec"]; }

inline JobContext MakeContext() {
  JobContext context;
  context.primary_container = "main";
  context.experiment = "e";
  context.directory = "/data/trials/u/trial-1/attempt-0";
  return context;
}

inline absl::StatusOr<Job> BuildJob(const Json& manifest, const JobContext& context) {
  return FindJobKind("batch/v1", "Job")->build(manifest, context);
}

// The value of a variable, "unset" when it is not there.
inline std::string VariableOf(const ProcessSpec& process, const std::string& name) {
  std::string value = "unset";
  for (const auto& [key, text] : process.env) {
    if (key == name) value = text;
  }
  return value;
}

}  // namespace qalam

#endif  // QALAM_TESTS_TRIALS_MODEL_TEST_SUPPORT_H_
