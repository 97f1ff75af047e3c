#ifndef QALAM_TESTS_E2E_QALAM_PROGRAM_H_
#define QALAM_TESTS_E2E_QALAM_PROGRAM_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace qalam {

// An experiment whose trials are one line of shell.
struct ShellExperiment {
  std::string name = "digits";
  std::string ns = "default";
  int max_trials = 4;
  int parallel = 2;
  std::string max_failed;  // empty: no limit
  std::string goal;        // empty: none
  std::string resume_policy = "Never";
  std::string algorithm = "random";
  std::string early_stopping;  // spec.earlyStopping as one line; empty: none
  std::string more;            // lines of the spec, indented by two; may be empty
  int grace_seconds = 30;
  // May use $X, a number between 0 and 1.
  std::string command = "echo loss=$X";

  std::string Yaml() const;
};

struct Finished {
  int code = 0;
  std::string out;
  std::string err;
};

// Runs qalam against a data folder of its own.
class QalamTest : public testing::Test {
 protected:
  ~QalamTest() override;

  std::string Path(const std::string& name) const { return dir_.path() + "/" + name; }
  // Writes the experiment to a file and returns its path.
  std::string Write(const ShellExperiment& experiment, const std::string& file = "e.yaml") const;
  // Writes `text` to Path(name + ".yaml"), each of the keys in it replaced by its value and $NAME
  // by the name, and returns the path.
  std::string WriteFilled(const std::string& name, const std::string& text,
                          std::map<std::string, std::string> values) const;

  // qalam --data-dir DIR WORDS..., until it ends.
  Finished Qalam(const std::vector<std::string>& words);
  // The same; the process goes on. Its output is in Path(label + ".out") and Path(label + ".err").
  std::unique_ptr<Program> Start(const std::vector<std::string>& words, const std::string& label);
  // Through a shell, with $QALAM standing for the program and its data folder.
  Finished Shell(const std::string& command);

  // Standard output as JSON; a failure when it is anything else.
  Json QalamJson(const std::vector<std::string>& words);
  // The trials of `qalam export`.
  std::vector<Json> Trials(const std::string& experiment);
  // status.conditions' current type of the experiment, "" when there is none of that name.
  std::string ConditionOf(const std::string& experiment);
  // Waits until as many trials of the experiment as given are in `status`.
  bool WaitForTrials(const std::string& experiment, const std::string& status, size_t count);

 private:
  Finished RunToEnd(const std::vector<std::string>& argv);

  TempDir dir_;
  int runs_ = 0;
};

}  // namespace qalam

#endif  // QALAM_TESTS_E2E_QALAM_PROGRAM_H_
