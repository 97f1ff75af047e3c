// The verbs that read: get, describe, logs, metrics, best, export, explain, completion.
#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
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
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

constexpr double kPatience = 30;  // seconds

// One finished experiment, whose trials report twice.
class InspectTest : public QalamTest {
 protected:
  void SetUp() override {
    const std::string command =
        "echo hello from $X; echo loss=5; "
        "echo loss=$X";
    ASSERT_EQ(Qalam({"run", "--quiet", Write({.command = command})}).code, 0);
    best_ = Qalam({"best", "digits", "-o", "name"}).out;
    ASSERT_FALSE(best_.empty());
    best_.pop_back();
  }
  static std::vector<std::string> Lines(const std::string& text) {
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }
  std::string best_;
};

TEST_F(InspectTest, ListsExperiments) {
  const Finished list = Qalam({"get", "experiments"});
  EXPECT_EQ(list.code, 0);
  ASSERT_THAT(Lines(list.out), SizeIs(2));
  EXPECT_THAT(Lines(list.out)[0], MatchesRegex("NAME +TYPE +STATUS +AGE"));
  EXPECT_THAT(Lines(list.out)[1], MatchesRegex("digits +Succeeded +True +[0-9]+s"));
  EXPECT_THAT(Qalam({"get", "exp", "-A"}).out, StartsWith("NAMESPACE"));
  EXPECT_THAT(Qalam({"get", "exp", "-o", "wide"}).out, HasSubstr(best_));
  EXPECT_EQ(Qalam({"get", "exp", "-o", "name"}).out, "experiment.kubeflow.org/digits\n");
  EXPECT_THAT(Qalam({"get", "exp", "-n", "nowhere"}).err, HasSubstr("no experiments in namespace"));
}

TEST_F(InspectTest, ListsTrials) {
  const Finished list = Qalam({"get", "trials", "digits"});
  ASSERT_THAT(Lines(list.out), SizeIs(5));
  EXPECT_THAT(Lines(list.out)[0], MatchesRegex("NAME +STATUS +REASON +OBJECTIVE +AGE"));
  EXPECT_THAT(Lines(list.out)[1],
              MatchesRegex("digits-[a-z0-9]+ +Succeeded +TrialSucceeded +0\\.[0-9]+ +[0-9]+s"));
  EXPECT_THAT(Qalam({"get", "trials", "-o", "wide"}).out, ContainsRegex("DURATION +PARAMETERS"));
  EXPECT_THAT(Lines(Qalam({"get", "trials", "--sort-by", "objective", "-o", "name"}).out)[0],
              absl::StrCat("trial.kubeflow.org/", best_));
  EXPECT_EQ(Lines(Qalam({"get", "trial", best_}).out).size(), 2U);
}

TEST_F(InspectTest, ObjectsAreThoseOfKatib) {
  const Json experiment = QalamJson({"get", "experiment", "digits", "-o", "json"});
  EXPECT_EQ(experiment["apiVersion"], "kubeflow.org/v1beta1");
  EXPECT_EQ(experiment["status"]["currentOptimalTrial"]["bestTrialName"], best_);
  const Json trials = QalamJson({"get", "trials", "-o", "json"});
  EXPECT_EQ(trials["kind"], "List");
  EXPECT_EQ(trials["items"].size(), 4U);
  EXPECT_EQ(QalamJson({"get", "trial", best_, "-o", "json"})["kind"], "Trial");
  EXPECT_THAT(Qalam({"get", "trial/" + best_, "-o", "yaml"}).out, HasSubstr("kind: Trial"));
  EXPECT_EQ(QalamJson({"get", "exp", "-n", "nowhere", "-o", "json"})["items"].size(), 0U);
}

TEST_F(InspectTest, NamesThatAreNotThereAreToldWithTheNearest) {
  const Finished experiment = Qalam({"get", "experiment", "digit"});
  EXPECT_EQ(experiment.code, 2);
  EXPECT_THAT(experiment.err, HasSubstr("did you mean digits?"));
  EXPECT_THAT(Qalam({"best", "zzzzzzzz"}).err, HasSubstr("there is digits"));
  EXPECT_THAT(Qalam({"best", "digits", "-n", "team"}).err,
              HasSubstr("there is one in namespace default: give -n default"));
  EXPECT_THAT(Qalam({"logs", best_ + "x"}).err, HasSubstr("did you mean " + best_));
  EXPECT_THAT(Qalam({"get", "expermients"}).err, HasSubstr("did you mean experiments?"));
}

TEST_F(InspectTest, TheBeginningOfATrialsNameIsEnoughWhereItIsUnique) {
  const std::string prefix = best_.substr(0, best_.size() - 1);
  EXPECT_EQ(Qalam({"logs", prefix}).out, Qalam({"logs", best_}).out);
  const Finished several = Qalam({"logs", "digits-"});
  EXPECT_EQ(several.code, 2);
  EXPECT_THAT(several.err, AllOf(HasSubstr("several trials"), HasSubstr("give more of the name")));
}

TEST_F(InspectTest, DescribesAnExperiment) {
  const Finished text = Qalam({"describe", "experiment", "digits"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("minimize loss"), HasSubstr("4 trials, 2 at once"),
                              HasSubstr("4 succeeded"), HasSubstr(best_), HasSubstr("Conditions:"),
                              HasSubstr("Events:"), HasSubstr("ExperimentMaxTrialsReached")));
  EXPECT_EQ(Qalam({"describe", "digits"}).out.substr(0, 40), text.out.substr(0, 40));
}

TEST_F(InspectTest, DescribesATrial) {
  const Finished text = Qalam({"describe", best_});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("Succeeded"), ContainsRegex("loss +0\\.[0-9]+ +5 +0\\.[0-9]+"),
                    HasSubstr("  | hello from"), HasSubstr(".log\n"), HasSubstr("TrialRunning")));
  EXPECT_THAT(Qalam({"describe", "nothing-here"}).err,
              AllOf(HasSubstr("no experiment"), HasSubstr("no trial")));
}

TEST_F(InspectTest, PrintsALog) {
  EXPECT_THAT(Qalam({"logs", best_}).out,
              MatchesRegex("hello from 0\\.[0-9e-]+\nloss=5\nloss=0\\.[0-9e-]+\n"));
  EXPECT_EQ(Qalam({"logs", "-f", best_}).out, Qalam({"logs", best_}).out);
  EXPECT_THAT(Qalam({"logs", best_, "--previous"}).err, HasSubstr("first attempt"));
  EXPECT_THAT(Qalam({"logs", best_, "--attempt", "7"}).err, HasSubstr("no attempt 7"));
}

TEST_F(InspectTest, FollowsALogUntilTheTrialEnds) {
  const std::string command =
      absl::StrCat("echo first; until [ -e ", Path("go"), " ]; do sleep 0.02; done; echo loss=1");
  const auto run =
      Start({"run",
             Write({.name = "slow", .max_trials = 1, .parallel = 1, .command = command}, "s.yaml")},
            "run");
  ASSERT_TRUE(WaitForTrials("slow", "Running", 1));
  const auto follow = Start({"logs", "-f", "slow-"}, "follow");
  ASSERT_TRUE(WaitUntil([&] { return ReadFile(Path("follow.out")) == "first\n"; }, kPatience));
  EXPECT_FALSE(follow->EndsWithin(0));
  WriteFile(Path("go"), "");
  ASSERT_TRUE(follow->EndsWithin(kPatience));
  EXPECT_EQ(ReadFile(Path("follow.out")), "first\nloss=1\n");
  ASSERT_TRUE(run->EndsWithin(kPatience));
}

TEST_F(QalamTest, ALongListIsPrintedInPagesUnderOneHeader) {
  ASSERT_EQ(
      Qalam({"run", Write({.max_trials = 1040, .parallel = 8, .command = "echo loss=$X"})}).code,
      0);
  const Finished list = Qalam({"get", "trials", "digits"});
  const std::vector<std::string> lines = absl::StrSplit(list.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 1041u);
  EXPECT_THAT(lines[0], StartsWith("NAME "));
  const std::string by_name = Qalam({"get", "trials", "digits", "-o", "name"}).out;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string name = lines[i].substr(0, lines[i].find(' '));
    EXPECT_THAT(by_name, HasSubstr(absl::StrCat("trial.kubeflow.org/", name, "\n")));
  }
  EXPECT_THAT(Shell("$QALAM get trials digits | head -n 2").out, StartsWith("NAME "));
}

TEST_F(InspectTest, WatchPrintsWhatChanges) {
  const auto watch = Start({"get", "trials", "-w", "-o", "name"}, "watch");
  ASSERT_TRUE(WaitUntil([&] { return Lines(ReadFile(Path("watch.out"))).size() == 4; }, kPatience));
  ASSERT_EQ(
      Qalam({"run", "-q", Write({.name = "more", .max_trials = 1, .parallel = 1}, "m.yaml")}).code,
      0);
  ASSERT_TRUE(WaitUntil(
      [&] {
        return ReadFile(Path("watch.out")).find("trial.kubeflow.org/more-") != std::string::npos;
      },
      kPatience));
  watch->Signal(SIGINT);
  watch->Wait();
}

TEST_F(InspectTest, PrintsMetrics) {
  EXPECT_THAT(Qalam({"metrics", best_}).out, AllOf(StartsWith("METRIC"), HasSubstr("loss")));
  const std::string csv = Qalam({"metrics", best_, "-o", "csv"}).out;
  EXPECT_THAT(csv, StartsWith("metric,step,time,value\r\nloss,0,"));
  const Json points = QalamJson({"metrics", best_, "-o", "json", "--metric", "loss"});
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0]["value"], 5.0);
  EXPECT_EQ(points[1]["step"], 1);
  EXPECT_THAT(Qalam({"metrics", best_, "--metric", "los"}).err, HasSubstr("it has loss"));
}

TEST_F(InspectTest, ShowsTheBestTrial) {
  EXPECT_THAT(Qalam({"best", "digits"}).out,
              AllOf(HasSubstr(best_), HasSubstr("minimize loss"), ContainsRegex("  x +0\\.")));
  const Json best = QalamJson({"best", "digits", "-o", "json"});
  EXPECT_EQ(best["bestTrialName"], best_);
  EXPECT_EQ(best["observation"]["metrics"][0]["name"], "loss");
}

TEST_F(QalamTest, WhereResultsAreNoisyTheBestOneIsCalledLuck) {
  // A bowl, and digits of x that have nothing to do with where it is.
  const std::string command =
      "awk \"BEGIN { print \\\"loss=\\\" ($X - 0.4) ^ 2 + 0.2 * sin(1e6 * $X) }\"";
  ASSERT_EQ(
      Qalam({"run", "--quiet",
             Write({.name = "noisy", .max_trials = 40, .more = "  seed: 1\n", .command = command})})
          .code,
      0);
  const std::string text = Qalam({"best", "noisy"}).out;
  const std::string measured = Qalam({"best", "noisy", "-o", "name"}).out;
  std::string likely = Qalam({"best", "noisy", "--likely", "-o", "name"}).out;
  EXPECT_NE(likely, measured);
  likely.pop_back();
  EXPECT_THAT(
      text,
      AllOf(HasSubstr(measured.substr(0, measured.size() - 1)),
            ContainsRegex("Results seem to vary by about 0\\.[01][0-9]* by themselves"),
            HasSubstr("\n" + likely + " is more likely the best: "),
            HasSubstr("\n`qalam --data-dir " + Path("data") + " best noisy --likely` shows it")));
  EXPECT_EQ(QalamJson({"best", "noisy", "--likely", "-o", "json"})["bestTrialName"], likely);
  EXPECT_THAT(Qalam({"best", "noisy", "--likely"}).out,
              AllOf(HasSubstr(likely), HasSubstr("agree on this trial")));
}

TEST_F(InspectTest, ExportsAllTrials) {
  const std::string csv = Qalam({"export", "digits"}).out;
  EXPECT_THAT(csv,
              StartsWith("number,name,status,reason,attempt,created,started,completed,"
                         "duration_seconds,objective,metrics.loss,parameters.x,explanation\r\n"));
  EXPECT_EQ(Lines(csv).size(), 5U);
  EXPECT_EQ(Qalam({"export", "digits", "--output", Path("t.csv")}).out, "");
  EXPECT_EQ(ReadFile(Path("t.csv")), csv);
  const Json json = QalamJson({"export", "digits", "--format", "json"});
  EXPECT_EQ(json.size(), 4U);
  EXPECT_EQ(json[0]["metrics"]["loss"]["max"], "5");
  EXPECT_THAT(Qalam({"export", "digits", "--format", "yaml"}).out, HasSubstr("- number: 0"));
  EXPECT_THAT(Qalam({"export", "digits", "--output", "/no/such/file"}).err,
              HasSubstr("--output: cannot write"));
}

TEST_F(InspectTest, CompletesNamesFromTheStore) {
  const Finished names = Qalam({"__complete", "--", "--data-dir", Path("data"), "best", "d"});
  EXPECT_EQ(names.out, "digits\n");
  const Finished shell = Shell(absl::StrCat(
      "source <($QALAM completion bash); COMP_LINE='", QALAM_BINARY, " --data-dir ", Path("data"),
      " logs dig'; COMP_POINT=${#COMP_LINE}; _qalam; echo \"${COMPREPLY[0]}\""));
  EXPECT_THAT(shell.out, StartsWith("digits-")) << shell.err;
}

TEST_F(QalamTest, ExplainsFields) {
  const Finished text = Qalam({"explain", "spec.objective"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("objectiveMetricName"));
  EXPECT_EQ(Qalam({"explain", "experiment.spec.objective"}).out, text.out);
  const Finished unknown = Qalam({"explain", "spec.objectiv"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("objective"));
}

TEST_F(QalamTest, ReadingCreatesNoDataFolder) {
  EXPECT_THAT(Qalam({"get", "trials"}).err, HasSubstr("no trials"));
  EXPECT_EQ(Qalam({"describe", "digits"}).code, 2);
  EXPECT_NE(Shell(absl::StrCat("test -e ", Path("data"))).code, 0);
}

}  // namespace
}  // namespace qalam
