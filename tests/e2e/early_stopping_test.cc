// Trials that are given up while they run.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kAboveHalf[] =
    R"({algorithmName: threshold, algorithmSettings: [{name: upper, value: "0.5"}]})";
// $X is above 0.5, as the rule has it.
constexpr char kIfBad[] = "case $X in 0.[5-9]*|1)";

class EarlyStoppingTest : public QalamTest {
 protected:
  std::vector<int64_t> Numbers(const std::string& file) const {
    std::vector<int64_t> numbers;
    for (const absl::string_view line :
         absl::StrSplit(ReadFile(Path(file)), '\n', absl::SkipEmpty())) {
      numbers.push_back(0);
      EXPECT_TRUE(absl::SimpleAtoi(line, &numbers.back())) << line;
    }
    return numbers;
  }
};

TEST_F(EarlyStoppingTest, BadTrialsAreStoppedAndKeepWhatTheyReported) {
  // Bad ones would never end by themselves.
  const Finished run = Qalam(
      {"run",
       Write({.max_trials = 12,
              .parallel = 3,
              .early_stopping = kAboveHalf,
              .command = absl::StrCat("echo loss=$X; ", kIfBad,
                                      " while :; do sleep 0.05; done;; esac; echo loss=0.01$X")})});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("early stopped"), HasSubstr("above the upper bound 0.5")));
  size_t stopped = 0;
  for (const Json& trial : QalamJson({"export", "digits", "--format", "json"})) {
    double x = 0;
    ASSERT_TRUE(absl::SimpleAtod(trial["parameters"]["x"].get<std::string>(), &x));
    EXPECT_EQ(trial["status"], x > 0.5 ? "EarlyStopped" : "Succeeded");
    if (x <= 0.5) continue;
    ++stopped;
    EXPECT_EQ(trial["objective"], x);
    const std::string name = trial["name"];
    const Json object = QalamJson({"get", "trial", name, "-o", "json"});
    const Json& condition = object["status"]["conditions"].back();
    EXPECT_EQ(condition["type"], "EarlyStopped");
    EXPECT_EQ(condition["reason"], "TrialEarlyStopped");
    EXPECT_THAT(condition["message"].get<std::string>(), StartsWith("Trial is early stopped"));
    EXPECT_EQ(object["status"]["observation"]["metrics"][0]["name"], "loss");
  }
  EXPECT_GT(stopped, 2U);
  const Json status = QalamJson({"get", "experiment", "digits", "-o", "json"})["status"];
  EXPECT_EQ(status["trialsEarlyStopped"], stopped);
  EXPECT_EQ(status["earlyStoppedTrialList"].size(), stopped);
  EXPECT_EQ(Qalam({"replay", "digits"}).code, 0);
}

TEST_F(EarlyStoppingTest, ATrialThatIgnoresTermIsKilledAfterItsGraceTime) {
  const Finished run =
      Qalam({"run", Write({.max_trials = 1,
                           .parallel = 1,
                           .early_stopping = R"({algorithmName: threshold, algorithmSettings: )"
                                             R"([{name: upper, value: "-1"}]})",
                           .grace_seconds = 1,
                           .command = absl::StrCat("trap \"echo told >> ", Path("told"),
                                                   "\" TERM; echo loss=$X; "
                                                   "while :; do sleep 0.05; done")})});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("EarlyStopped"));
  EXPECT_EQ(ReadFile(Path("told")), "told\n");
}

TEST_F(EarlyStoppingTest, EveryProcessOfATrialIsStopped) {
  // A worker in the background, and one that has left the process group.
  const Finished run =
      Qalam({"run", Write({.max_trials = 2,
                           .parallel = 2,
                           .early_stopping = R"({algorithmName: threshold, algorithmSettings: )"
                                             R"([{name: upper, value: "-1"}]})",
                           .command = absl::StrCat("sleep 1000 & echo $! >> ", Path("pids"),
                                                   "; setsid sleep 1000 & echo $! >> ",
                                                   Path("pids"), "; echo loss=$X; wait")})});
  EXPECT_EQ(run.code, 0) << run.err;
  const std::vector<int64_t> pids = Numbers("pids");
  ASSERT_EQ(pids.size(), 4U);
  for (const int64_t pid : pids) {
    EXPECT_EQ(ReadFile(absl::StrCat("/proc/", pid, "/cmdline")), "") << pid;
  }
}

TEST_F(EarlyStoppingTest, ADecisionOutlivesTheProcessThatMadeIt) {
  // The trial takes its time to end, and the controller is killed meanwhile.
  const ShellExperiment experiment{
      .max_trials = 1,
      .parallel = 1,
      .early_stopping = R"({algorithmName: threshold, algorithmSettings: )"
                        R"([{name: upper, value: "-1"}]})",
      .command =
          absl::StrCat("trap \"echo told >> ", Path("told"), "\" TERM; echo loss=$X; until [ -e ",
                       Path("go"), " ]; do sleep 0.02; done; exit 3")};
  const auto run = Start({"run", Write(experiment)}, "run");
  ASSERT_TRUE(WaitUntil([&] { return ReadFile(Path("told")) == "told\n"; }, 20));
  run->Signal(SIGKILL);
  run->Wait();
  const auto resumed = Start({"resume", "digits"}, "resumed");
  ASSERT_TRUE(WaitUntil([&] { return !ReadFile(Path("resumed.out")).empty(); }, 20));
  WriteFile(Path("go"), "");
  EXPECT_EQ(resumed->Wait(), 0) << ReadFile(Path("resumed.err"));
  EXPECT_EQ(ReadFile(Path("told")), "told\n");
  const Json trials = QalamJson({"export", "digits", "--format", "json"});
  EXPECT_EQ(trials[0]["status"], "EarlyStopped");
  EXPECT_EQ(trials[0]["attempt"], 1);
  EXPECT_TRUE(trials[0]["objective"].is_number());
}

// From just before the line is written to the handler of TERM, of trials that run beside each
// other.
TEST_F(EarlyStoppingTest, TrialsAreToldWithinATenthOfASecond) {
  const Finished run = Qalam(
      {"run",
       Write({.max_trials = 16,
              .parallel = 8,
              .early_stopping = R"({algorithmName: threshold, algorithmSettings: )"
                                R"([{name: upper, value: "-1"}]})",
              .command = absl::StrCat("trap \"end=\\$(date +%s%N); echo \\$((end - begin)) >> ",
                                      Path("nanoseconds"),
                                      "; exit 1\" TERM; sleep 0.3; begin=$(date +%s%N); "
                                      "echo loss=$X; sleep 1000 & wait")})});
  EXPECT_EQ(run.code, 0) << run.err;
  std::vector<int64_t> delays = Numbers("nanoseconds");
  ASSERT_EQ(delays.size(), 16U);
  std::sort(delays.begin(), delays.end());
  EXPECT_LT(delays[8], 100'000'000) << "the slowest: " << delays.back();
}

TEST_F(EarlyStoppingTest, MedianstopSavesWork) {
  // Curves that begin at x and do not cross, of ten reports each.
  const Finished run =
      Qalam({"run", Write({.max_trials = 16,
                           .parallel = 4,
                           .early_stopping = R"({algorithmName: medianstop, algorithmSettings: )"
                                             R"([{name: start_step, value: "2"}]})",
                           .command = "for i in 1 2 3 4 5 6 7 8 9 10; do echo loss=$X; sleep 0.05; "
                                      "done"})});
  EXPECT_EQ(run.code, 0) << run.err;
  size_t reports = 0;
  size_t stopped = 0;
  double best = 1;
  double best_of_all = 1;
  for (const Json& trial : QalamJson({"export", "digits", "--format", "json"})) {
    const double objective = trial["objective"];
    best_of_all = std::min(best_of_all, objective);
    const bool early = trial["status"] == "EarlyStopped";
    stopped += early ? 1 : 0;
    if (!early) best = std::min(best, objective);
    const Finished metrics = Qalam({"metrics", trial["name"], "-o", "csv"});
    reports += static_cast<size_t>(std::count(metrics.out.begin(), metrics.out.end(), '\n')) - 1;
  }
  EXPECT_GT(stopped, 2U);
  EXPECT_LT(reports, 140U);
  EXPECT_EQ(best, best_of_all);
}

}  // namespace
}  // namespace qalam
