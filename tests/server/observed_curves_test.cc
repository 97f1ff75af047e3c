#include "server/early_stopping/observed_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kElsewhere[] = "elsewhere:6789";

// Remembers what it was asked for.
class FakeRemote final : public RemoteObservations {
 public:
  absl::Status Read(const std::string& address, absl::Span<const std::string> trials,
                    const std::string& metric, absl::Time, const TextsTaker& take) override {
    EXPECT_EQ(address, kElsewhere);
    EXPECT_EQ(metric, "loss");
    asked.assign(trials.begin(), trials.end());
    for (size_t i = 0; i < trials.size(); ++i) {
      if (i == fails_at) return absl::UnavailableError("gone");
      take(i, texts[trials[i]]);
    }
    return absl::OkStatus();
  }

  std::map<std::string, std::vector<std::string>> texts;
  std::vector<std::string> asked;
  size_t fails_at = 1'000'000;
};

ObservedTrial Ended(const std::string& name, const std::string& start = "2026-01-02T15:04:05Z") {
  return {name, start, TrialCondition::kSucceeded};
}

class ObservedCurvesTest : public testing::Test {
 protected:
  ObservedCurvesTest() { objective_.metrics = {{"loss", MetricStrategy::kMin}}; }

  absl::StatusOr<CurveHistory> Read(ObservedCurves* curves, std::vector<ObservedTrial> trials,
                                    const std::string& address = kElsewhere) {
    remote_.asked.clear();
    return curves->Read(std::move(trials), objective_, address, absl::InfiniteFuture());
  }
  std::vector<std::vector<double>> Losses(ObservedCurves* curves,
                                          std::vector<ObservedTrial> trials) {
    const absl::StatusOr<CurveHistory> history = Read(curves, std::move(trials));
    EXPECT_OK(history);
    std::vector<std::vector<double>> losses;
    for (int i = 0; history.ok() && i < history->size(); ++i) {
      losses.push_back(history->curve(i).losses);
    }
    return losses;
  }

  Objective objective_;
  FakeRemote remote_;
};

TEST_F(ObservedCurvesTest, AreInOrderOfStartWithoutTextsThatAreNoNumbers) {
  remote_.texts = {{"a", {"3", "unavailable", "nan", "", "2"}}, {"b", {"1"}}};
  ObservedCurves curves(nullptr, &remote_);
  const auto losses =
      Losses(&curves, {Ended("b", "2026-01-02T15:04:06Z"), Ended("a", "2026-01-02T15:04:05Z")});
  ASSERT_EQ(losses.size(), 2U);
  ASSERT_EQ(losses[0].size(), 3U);
  EXPECT_EQ(losses[0][0], 3);
  EXPECT_EQ(losses[0][2], 2);
  EXPECT_THAT(losses[1], ElementsAre(1));
}

TEST_F(ObservedCurvesTest, AskOnceForTrialsThatHaveEndedAndAgainForThoseThatRun) {
  remote_.texts = {{"done", {"1"}}, {"runs", {"2"}}};
  ObservedCurves curves(nullptr, &remote_);
  const std::vector<ObservedTrial> trials = {
      Ended("done"), {"runs", "", TrialCondition::kRunning}, {"new", "", TrialCondition::kCreated}};
  const auto first = Losses(&curves, trials);
  EXPECT_THAT(remote_.asked, ElementsAre("runs", "done"));
  EXPECT_EQ(Losses(&curves, trials), first);
  EXPECT_THAT(remote_.asked, ElementsAre("runs"));
}

TEST_F(ObservedCurvesTest, AnEndWithoutReportsIsAskedForAgain) {
  ObservedCurves curves(nullptr, &remote_);
  EXPECT_THAT(Losses(&curves, {Ended("late")}), ElementsAre(IsEmpty()));
  remote_.texts = {{"late", {"1"}}};
  EXPECT_THAT(Losses(&curves, {Ended("late")}), ElementsAre(ElementsAre(1)));
}

TEST_F(ObservedCurvesTest, ATrialThatStartedAtAnotherTimeIsAnotherTrial) {
  remote_.texts = {{"a", {"1"}}};
  ObservedCurves curves(nullptr, &remote_);
  Losses(&curves, {Ended("a", "2026-01-02T15:04:05Z")});
  remote_.texts = {{"a", {"2"}}};
  EXPECT_THAT(Losses(&curves, {Ended("a", "2026-02-02T15:04:05Z")}), ElementsAre(ElementsAre(2)));
}

TEST_F(ObservedCurvesTest, AnErrorIsToldAndTheNextCallHasLessToRead) {
  remote_.texts = {{"a", {"1"}}, {"b", {"2"}}};
  remote_.fails_at = 1;
  ObservedCurves curves(nullptr, &remote_);
  EXPECT_THAT(Read(&curves, {Ended("a"), Ended("b")}),
              StatusIs(absl::StatusCode::kUnavailable, "gone"));
  remote_.fails_at = 2;
  EXPECT_THAT(Losses(&curves, {Ended("a"), Ended("b")}),
              ElementsAre(ElementsAre(1), ElementsAre(2)));
  EXPECT_THAT(remote_.asked, ElementsAre("b"));
}

TEST_F(ObservedCurvesTest, ForgetOtherExperimentsWhenThereIsNoRoom) {
  ObservedCurves curves(nullptr, &remote_, /*max_remembered=*/5);
  for (const char* name : {"a", "b", "c"}) remote_.texts[name] = {"1", "2"};
  remote_.texts["long"] = {"1", "2", "3", "4", "5", "6"};
  Losses(&curves, {Ended("a"), Ended("b")});
  EXPECT_EQ(curves.remembered(), 4U);
  Losses(&curves, {Ended("c")});
  EXPECT_EQ(curves.remembered(), 2U);
  EXPECT_THAT(Losses(&curves, {Ended("long")}), ElementsAre(testing::SizeIs(6)));
  EXPECT_EQ(curves.remembered(), 0U);
}

TEST_F(ObservedCurvesTest, OwnObservationsComeFirstAndThoseElsewhereForTheOthers) {
  TempDir dir;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ObservationLog> log,
                       ObservationLog::Open(dir.path() + "/observations.db"));
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);
  ASSERT_OK(log->Add("here", {{time, "loss", "1"}, {time, "accuracy", "9"}, {time, "loss", "2"}}));
  remote_.texts = {{"there", {"3"}}};
  ObservedCurves curves(log.get(), &remote_);
  EXPECT_THAT(Losses(&curves, {Ended("here"), Ended("there")}),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3)));
  EXPECT_THAT(remote_.asked, ElementsAre("there"));
  EXPECT_OK(Read(&curves, {Ended("nowhere")}, ""));
  EXPECT_THAT(remote_.asked, IsEmpty());
}

TEST_F(ObservedCurvesTest, WithoutAnyPlaceToReadFromTheFieldIsNamed) {
  ObservedCurves curves(nullptr, &remote_);
  EXPECT_THAT(Read(&curves, {Ended("a")}, ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("db_manager_address")));
}

}  // namespace
}  // namespace qalam
