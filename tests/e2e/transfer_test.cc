// Experiments that start from earlier ones, and results that are used again, with the real program.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class TransferTest : public QalamTest {
 protected:
  Finished RunExample(const std::string& file) {
    return Qalam({"run", absl::StrCat("examples/warm-start/", file)});
  }
  Json Trials(const std::string& experiment) {
    return QalamJson({"export", experiment, "--format", "json"});
  }
};

TEST_F(TransferTest, TheExampleBeginsWithWhatTheFirstExperimentFound) {
  ASSERT_EQ(RunExample("first.yaml").code, 0);
  const Json first = Trials("warm-start-first");
  const Finished second = RunExample("second.yaml");
  ASSERT_EQ(second.code, 0) << second.out << second.err;
  EXPECT_EQ(second.err.find("warning"), std::string::npos) << second.err;

  const Json trials = Trials("warm-start-second");
  EXPECT_EQ(trials[0]["explanation"], "start: the likeliest point of the priors");
  // A trial of the first experiment; not its best one where that is close to what came before.
  EXPECT_THAT(trials[1]["explanation"].get<std::string>(),
              AllOf(StartsWith("start: "), EndsWith("of default/warm-start-first")));
  EXPECT_TRUE(std::any_of(first.begin(), first.end(), [&](const Json& trial) {
    return trial["parameters"] == trials[1]["parameters"];
  })) << trials[1];
  // Nothing of it depends on the first experiment any more.
  ASSERT_EQ(Qalam({"delete", "experiment", "warm-start-first", "--yes"}).code, 0);
  const Finished replay = Qalam({"replay", "warm-start-second"});
  EXPECT_EQ(replay.code, 0) << replay.out;
  EXPECT_THAT(replay.out, HasSubstr("16 of 16"));
}

TEST_F(TransferTest, ASourceThatIsNotThereIsNamedAndNothingIsCreated) {
  ShellExperiment old;
  old.name = "old";
  ASSERT_EQ(Qalam({"run", Write(old, "old.yaml")}).code, 0);
  ShellExperiment experiment;
  std::string yaml = experiment.Yaml();
  yaml.insert(yaml.find("  maxTrialCount"), "  warmStartFrom: [olt]\n");
  WriteFile(Path("e.yaml"), yaml);
  const Finished run = Qalam({"run", Path("e.yaml")});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("spec.warmStartFrom"), HasSubstr("did you mean old?")));
  EXPECT_EQ(ConditionOf("digits"), "");
}

TEST_F(TransferTest, WhatIsKnownIsReusedAndNothingRunsTwice) {
  ShellExperiment experiment;
  experiment.max_trials = 200;
  experiment.parallel = 1;  // what is proposed again depends on what has ended by then
  experiment.algorithm = "cmaes";
  experiment.command = absl::StrCat("echo $X >> ", Path("ran"), "; echo loss=$X");
  std::string yaml = experiment.Yaml();
  yaml.insert(yaml.find("  maxTrialCount"), "  duplicates: reuse\n");
  const std::string range = "max: \"1\"}";
  yaml.replace(yaml.find(range), range.size(), "max: \"1\", step: \"0.125\"}");
  WriteFile(Path("e.yaml"), yaml);
  const Finished run = Qalam({"run", Path("e.yaml")});
  ASSERT_EQ(run.code, 0) << run.out << run.err;

  const std::vector<std::string> ran =
      absl::StrSplit(ReadFile(Path("ran")), '\n', absl::SkipEmpty());
  EXPECT_EQ(std::set<std::string>(ran.begin(), ran.end()).size(), ran.size());
  EXPECT_EQ(ran.size(), 9) << "every point once";
  const Json trials = Trials("digits");
  size_t reused = 0;
  for (const Json& trial : trials) {
    if (trial["reason"] != "ResultReused") continue;
    ++reused;
    const Json first =
        QalamJson({"get", "trial", trial["labels"]["qalam.dev/reused"], "-o", "json"});
    EXPECT_EQ(first["spec"]["parameterAssignments"][0]["value"], trial["parameters"]["x"]);
    EXPECT_EQ(trial["status"], "Succeeded");
    EXPECT_EQ(trial["objective"], std::stod(trial["parameters"]["x"].get<std::string>()));
  }
  EXPECT_EQ(trials.size(), ran.size() + reused);
  EXPECT_GT(reused, 0);
  EXPECT_THAT(Qalam({"describe", "digits"}).out,
              HasSubstr("its algorithm has nothing left to try"));
  EXPECT_EQ(Qalam({"replay", "digits"}).code, 0);
}

}  // namespace
}  // namespace qalam
