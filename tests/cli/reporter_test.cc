#include "cli/reporter.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/json.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'800'000'000); }
};

// Tells the story of a small experiment to a reporter that writes to a file.
class ReporterTest : public testing::Test {
 protected:
  void SetUp() override { fd_ = memfd_create("report", 0); }
  void TearDown() override { close(fd_); }

  void Tell(Reporter& reporter) {
    ExperimentRecord record;
    record.id = 1;
    record.ns = "default";
    record.name = "digits";
    record.uid = "u1";
    record.condition = "Running";
    ExperimentSpec spec;
    spec.objective = {.direction = Direction::kMaximize,
                      .metrics = {{"accuracy", MetricStrategy::kMax}}};
    spec.algorithm.name = "random";
    spec.budget.max_trial_count = 2;
    reporter.Begin(record, spec, /*resumed=*/false, {});
    reporter.Note("image x is ignored");

    ExperimentView view;
    view.record = record;
    StoredTrial trial;
    trial.name = "digits-a";
    trial.assignment = {{"lr", "0.1"}};
    reporter.OnCommitted(view, {TrialCreated{1, trial}});
    reporter.OnCommitted(view, {Changed(0, TrialCondition::kRunning, "TrialRunning", "")});
    MetricPoint point{
        .metric = "accuracy", .text = "0.9", .value = 0.9, .time = FixedClock().Now()};
    reporter.OnCommitted(view, {MetricsAppended{1, 0, 1, 0, {point}}});
    view.best = trial;
    TrialChanged succeeded = Changed(0, TrialCondition::kSucceeded, "TrialSucceeded", "");
    succeeded.observation = {{"accuracy", "0.9", "0.9", "0.9"}};
    succeeded.objective = 0.9;
    reporter.OnCommitted(view, {succeeded});
    trial.number = 1;
    trial.name = "digits-b";
    reporter.OnCommitted(
        view, {TrialCreated{1, trial}, Changed(1, TrialCondition::kFailed, "ExitCode", "code\n1")});
    view.record.condition = "Succeeded";
    view.counts = {.succeeded = 1, .failed = 1};
    reporter.OnFinished(view);
    reporter.End();
  }

  static TrialChanged Changed(int64_t number, TrialCondition condition, const std::string& reason,
                              const std::string& message) {
    return {.experiment = 1,
            .number = number,
            .condition = condition,
            .reason = reason,
            .message = message,
            .time = FixedClock().Now()};
  }

  std::vector<std::string> Lines() const {
    std::string text(static_cast<size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }

  int fd_ = -1;
  const FixedClock clock_;
};

TEST_F(ReporterTest, PlainLinesTellWhatEndedAndHow) {
  Output output(fd_, Output::Buffering::kNone);
  Tell(*MakePlainReporter(&output, &clock_, /*quiet=*/false));
  EXPECT_THAT(Lines(), testing::ElementsAre(
                           "experiment default/digits started: maximize accuracy; random, 2 "
                           "trials, 3 at once",
                           "note: image x is ignored",
                           "trial digits-a Succeeded accuracy=0.9 (best so far) lr=0.1",
                           "trial digits-b Failed lr=0.1: ExitCode: code?1"));
}

TEST_F(ReporterTest, QuietLeavesTheNotices) {
  Output output(fd_, Output::Buffering::kNone);
  Tell(*MakePlainReporter(&output, &clock_, /*quiet=*/true));
  EXPECT_THAT(Lines(), testing::ElementsAre("note: image x is ignored"));
}

TEST_F(ReporterTest, EveryEventIsALineOfJson) {
  Output output(fd_, Output::Buffering::kNone);
  Tell(*MakeJsonReporter(&output, &clock_));
  std::vector<std::string> names;
  std::map<std::string, Json> last;
  for (const std::string& line : Lines()) {
    const Json event = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(event.is_object()) << line;
    names.push_back(event["event"]);
    last[names.back()] = event;
    EXPECT_THAT(event["time"].get<std::string>(), HasSubstr("2027-01-15T08:00:00"));
  }
  EXPECT_THAT(names, testing::ElementsAre("experimentStarted", "notice", "trialCreated",
                                          "trialStarted", "metric", "trialFinished", "trialCreated",
                                          "trialFinished", "experimentFinished"));
  EXPECT_EQ(last["metric"]["value"], "0.9");
  EXPECT_EQ(last["trialFinished"]["trial"], "digits-b");
  EXPECT_EQ(last["trialFinished"]["condition"], "Failed");
  EXPECT_TRUE(last["trialFinished"]["objective"].is_null());
  EXPECT_EQ(last["trialFinished"]["parameters"]["lr"], "0.1");
  EXPECT_EQ(last["experimentFinished"]["bestTrial"]["name"], "digits-a");
  EXPECT_EQ(last["experimentFinished"]["trials"]["failed"], 1);
}

TEST_F(ReporterTest, TheFrontIsToldWithSeveralObjectives) {
  Output output(fd_, Output::Buffering::kNone);
  const std::unique_ptr<Reporter> reporter = MakeJsonReporter(&output, &clock_);
  ExperimentRecord record;
  record.id = 1;
  ExperimentSpec spec;
  spec.objective = {.metrics = {{"a", MetricStrategy::kMin}, {"b", MetricStrategy::kMax}},
                    .further = {{"b", Direction::kMaximize}},
                    .constraints = {{"a", /*at_most=*/true, 1}}};
  reporter->Begin(record, spec, /*resumed=*/false, {});
  StoredTrial trial;
  trial.name = "t";
  ExperimentView view;
  view.record = record;
  TrialChanged succeeded = Changed(0, TrialCondition::kSucceeded, "TrialSucceeded", "");
  succeeded.observation = {{"a", "0.5", "9", "9"}, {"b", "1", "3", "2"}};
  succeeded.objective = 0.5;
  succeeded.on_front = true;
  trial.observation = succeeded.observation;
  view.front = {std::make_shared<const StoredTrial>(trial)};
  reporter->OnCommitted(view, {TrialCreated{1, trial}, succeeded});
  reporter->OnFinished(view);
  const Json end = Json::parse(Lines()[2]);
  EXPECT_EQ(end["objectives"].dump(), R"({"a":0.5,"b":3.0})");
  EXPECT_EQ(end["onFront"], true);
  EXPECT_EQ(end["feasible"], true);
  EXPECT_EQ(end["best"], true);
  const Json last = Json::parse(Lines()[3]);
  ASSERT_EQ(last["paretoFront"].size(), 1);
  EXPECT_EQ(last["paretoFront"][0]["name"], "t");
  EXPECT_EQ(last["paretoFront"][0]["objectives"]["b"], 3);
}

TEST_F(ReporterTest, TheDocumentedEventsAreThoseThatAreWritten) {
  Output output(fd_, Output::Buffering::kNone);
  Tell(*MakeJsonReporter(&output, &clock_));
  for (const std::string& line : Lines()) {
    const std::string name = Json::parse(line)["event"];
    EXPECT_THAT(std::string(kJsonEventsHelp), HasSubstr("\n  " + name + " "));
  }
}

TEST_F(ReporterTest, TheLivePictureIsRemovedAtTheEnd) {
  Output output(fd_, Output::Buffering::kNone);
  Tell(*MakeLiveReporter(&output, &clock_));
  std::string text;
  for (const std::string& line : Lines()) text += line + "\n";
  EXPECT_THAT(text, HasSubstr("image x is ignored"));
  // Where a picture was drawn in time, the cursor is shown again after it.
  const size_t hidden = text.rfind("\x1b[?25l");
  const size_t shown = text.rfind("\x1b[?25h");
  EXPECT_TRUE(hidden == std::string::npos || (shown != std::string::npos && shown > hidden));
}

}  // namespace
}  // namespace qalam
