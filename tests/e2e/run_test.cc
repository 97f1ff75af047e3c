// qalam run and validate: what they print, and their exit codes.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(QalamTest, RunsAnExperimentToItsEnd) {
  const Finished run = Qalam({"run", Write({})});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("experiment default/digits started: minimize loss; random"));
  EXPECT_THAT(run.out, ContainsRegex("trial digits-[a-z0-9]+ Succeeded loss=0\\.[0-9]+"));
  EXPECT_THAT(run.out, AllOf(HasSubstr("(best so far)"), HasSubstr("default/digits Succeeded"),
                             HasSubstr("Trials: 4: 4 succeeded"), HasSubstr("Best:   digits-"),
                             HasSubstr(" describe digits\n")));
  EXPECT_THAT(run.err, IsEmpty());
  EXPECT_EQ(ConditionOf("digits"), "Succeeded");
}

TEST_F(QalamTest, AReachedGoalEndsItEarly) {
  const Finished run = Qalam({"run", Write({.max_trials = 50, .parallel = 1, .goal = "0.9"})});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.out, HasSubstr("goal 0.9"));
  EXPECT_LT(QalamJson({"export", "digits", "--format", "json"}).size(), 50U);
}

TEST_F(QalamTest, AFailedExperimentIsCodeOne) {
  const Finished run =
      Qalam({"run", Write({.max_failed = "2", .command = "echo broken >&2; exit 3"})});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("Failed"), HasSubstr("ExitCode"), HasSubstr("Best:   none")));
  EXPECT_EQ(Qalam({"best", "digits"}).code, 1);
}

TEST_F(QalamTest, AnInvalidFileIsCodeTwoAndNamesThePlace) {
  ShellExperiment experiment;
  experiment.algorithm = "randon";
  const std::string file = Write(experiment);
  for (const char* const verb : {"run", "validate"}) {
    const Finished result = Qalam({verb, file});
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, AllOf(HasSubstr(absl::StrCat(file, ":6:")), HasSubstr("error"),
                                  HasSubstr("algorithmName"), HasSubstr("random")));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_EQ(ConditionOf("digits"), "");
}

TEST_F(QalamTest, AMissingFileIsCodeTwo) {
  const Finished result = Qalam({"run", Path("absent.yaml")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("absent.yaml"), HasSubstr("No such file")));
  EXPECT_EQ(Qalam({"run"}).code, 2);
}

TEST_F(QalamTest, ValidateNamesWhatIsValid) {
  const std::string good = Write({});
  const Finished result = Qalam({"validate", good, Write({.name = "two"}, "two.yaml")});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Experiment default/digits is valid"),
                                HasSubstr("Experiment default/two is valid")));
  const Finished twice = Qalam({"validate", good, good});
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.err, HasSubstr("is also in"));
}

TEST_F(QalamTest, UnknownFieldsAreErrorsOnlyWhenStrict) {
  std::string yaml = ShellExperiment().Yaml();
  WriteFile(Path("odd.yaml"), absl::StrCat(yaml, "  paralelTrialCount: 3\n"));
  EXPECT_EQ(Qalam({"validate", Path("odd.yaml")}).code, 0);
  const Finished strict = Qalam({"validate", "--strict", Path("odd.yaml")});
  EXPECT_EQ(strict.code, 2);
  EXPECT_THAT(strict.err, HasSubstr("paralelTrialCount"));
}

TEST_F(QalamTest, ReadsStandardInput) {
  const Finished run = Shell(absl::StrCat("$QALAM run - --quiet < ", Write({})));
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, IsEmpty());
  EXPECT_EQ(ConditionOf("digits"), "Succeeded");
}

TEST_F(QalamTest, WithOutputJsonThereIsNothingElseOnStandardOutput) {
  const Json object = QalamJson({"run", Write({}), "-o", "json"});
  EXPECT_EQ(object["kind"], "Experiment");
  EXPECT_EQ(object["status"]["trialsSucceeded"], 4);
  EXPECT_EQ(object["status"]["currentOptimalTrial"]["parameterAssignments"][0]["name"], "x");
  // A finished one is printed the same way.
  EXPECT_EQ(QalamJson({"run", Path("e.yaml"), "-o", "json"}), object);
}

TEST_F(QalamTest, SeveralExperimentsRunAtOnceAndAreAList) {
  const std::string first = Write({.name = "one"}, "1.yaml");
  const std::string second =
      Write({.name = "two", .max_failed = "1", .command = "exit 1"}, "2.yaml");
  const Finished run = Qalam({"run", first, "-f", second, "-o", "json"});
  EXPECT_EQ(run.code, 1);  // the worst of both
  const Json list = Json::parse(run.out, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(list.is_object()) << run.out;
  EXPECT_EQ(list["kind"], "List");
  EXPECT_EQ(list["items"].size(), 2U);
}

TEST_F(QalamTest, EveryLineOfJsonOutputIsAnEvent) {
  const Finished run = Qalam({"run", Write({.command = "echo loss=1; echo loss=$X"}), "--json"});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, IsEmpty());
  std::multiset<std::string> events;
  for (const absl::string_view line : absl::StrSplit(run.out, '\n', absl::SkipEmpty())) {
    const Json event = Json::parse(std::string(line), nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(event.is_object()) << line;
    events.insert(event["event"].get<std::string>());
  }
  EXPECT_EQ(events.count("experimentStarted"), 1U);
  EXPECT_EQ(events.count("trialCreated"), 4U);
  EXPECT_EQ(events.count("trialStarted"), 4U);
  EXPECT_EQ(events.count("metric"), 8U);
  EXPECT_EQ(events.count("trialFinished"), 4U);
  EXPECT_EQ(events.count("experimentFinished"), 1U);
  EXPECT_THAT(Qalam({"run", Path("e.yaml"), "--json", "-o", "json"}).err, HasSubstr("exclude"));
}

TEST_F(QalamTest, AnIgnoredImageIsToldOnceWithTheWayToMapIt) {
  const Finished run = Qalam({"run", Write({})});
  const std::string notice = "image none is ignored";
  const size_t first = run.out.find(notice);
  ASSERT_NE(first, std::string::npos) << run.out;
  EXPECT_EQ(run.out.find(notice, first + 1), std::string::npos);
  EXPECT_THAT(run.out, HasSubstr("--image-map none=DIR"));
}

TEST_F(QalamTest, AnImageCanBeMappedToAFolder) {
  Shell(absl::StrCat("mkdir ", Path("image"), "; echo 0.25 > ", Path("image/value")));
  const std::string file = Write({.command = "echo loss=$(cat value)"});
  const Finished run = Qalam({"run", file, "--image-map", absl::StrCat("none=", Path("image"))});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.out, AllOf(HasSubstr("loss=0.25"), Not(HasSubstr("is ignored"))));
  EXPECT_THAT(Qalam({"run", file, "--image-map", "none=/no/such"}).err,
              HasSubstr("--image-map: /no/such is not a folder"));
  EXPECT_THAT(Qalam({"run", file, "--image-map", "none"}).err, HasSubstr("IMAGE=DIR"));
}

TEST_F(QalamTest, TheSameFileAgainShowsTheResult) {
  const std::string file = Write({});
  ASSERT_EQ(Qalam({"run", file}).code, 0);
  const Finished again = Qalam({"run", file});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("is finished; this is its result"));
  EXPECT_THAT(again.out, AllOf(HasSubstr("Trials: 4: 4 succeeded"), Not(HasSubstr("started"))));
}

TEST_F(QalamTest, AnotherExperimentOfThatNameIsRefusedWithTheDifferences) {
  ASSERT_EQ(Qalam({"run", Write({})}).code, 0);
  const Finished other = Qalam({"run", Write({.command = "echo loss=7"})});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("spec.trialTemplate.trialSpec"),
                    HasSubstr("qalam delete experiment digits"), Not(HasSubstr("maxTrialCount:"))));
}

TEST_F(QalamTest, LargerLimitsRestartItWhereItsPolicyAllows) {
  const ShellExperiment small{.resume_policy = "LongRunning"};
  ASSERT_EQ(Qalam({"run", Write(small)}).code, 0);
  ShellExperiment larger = small;
  larger.max_trials = 6;
  const Finished run = Qalam({"run", Write(larger)});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("limits changed to 6 trials"));
  EXPECT_EQ(QalamJson({"export", "digits", "--format", "json"}).size(), 6U);
}

TEST_F(QalamTest, LargerLimitsOnlyShowTheResultWhereThePolicyIsNever) {
  ASSERT_EQ(Qalam({"run", Write({})}).code, 0);
  const Finished run = Qalam({"run", Write({.max_trials = 6})});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, AllOf(HasSubstr("larger limits"), HasSubstr("resumePolicy")));
  EXPECT_EQ(QalamJson({"export", "digits", "--format", "json"}).size(), 4U);
}

TEST_F(QalamTest, TheFirstTrialStartsAtOnce) {
  // The whole program, store and all, with one trial that does nothing.
  const Finished run = Shell(absl::StrCat("start=$(date +%s%N); $QALAM run -q ",
                                          Write({.max_trials = 1, .parallel = 1}),
                                          "; echo $(( ($(date +%s%N) - start) / 1000000 ))"));
  EXPECT_LT(std::stoi(run.out), 2000) << "ms";  // generous: a busy machine, a sanitizer
}

}  // namespace
}  // namespace qalam
