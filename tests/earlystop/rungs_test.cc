// asha and hyperband.
#include "earlystop/rungs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/random_stream.h"
#include "tests/earlystop/sample_curves.h"

namespace qalam {
namespace {

using testing::HasSubstr;

TEST(RungsTest, AreThePowersOfEtaBelowTheEnd) {
  const Rungs rungs{.first = 2, .eta = 3, .end = 54};
  std::vector<int64_t> found;
  for (int64_t step = 1; step < 100; ++step) {
    if (rungs.Contains(step)) found.push_back(step);
  }
  EXPECT_THAT(found, testing::ElementsAre(2, 6, 18));
  EXPECT_TRUE((Rungs{.first = 1, .eta = 3}.Contains(729)));
}

TEST(AshaTest, TheBestOfThoseThatCameSoFarGoOn) {
  SampleCurves curves("asha", {{"eta", "2"}, {"min_resource", "2"}});
  EXPECT_FALSE(curves.Stops(0, {9, 5}));
  EXPECT_FALSE(curves.Stops(1, {9, 4}));  // fewer than eta others
  EXPECT_FALSE(curves.Stops(2, {9, 3}));  // the best of three
  const StopDecision decision = curves.Report(3, {9, 6});
  EXPECT_TRUE(decision.stop);
  EXPECT_EQ(decision.why,
            "loss 6 after 2 reports is number 4 of 4 at this rung, of which 2 may go on");
  EXPECT_FALSE(curves.Stops(4, {9, 3.5}));  // second of five, of which two go on
  EXPECT_TRUE(curves.Stops(5, {9, 4.5}));   // fourth of six, of which three go on
  EXPECT_FALSE(curves.Stops(2, {9}));       // no rung
}

TEST(AshaTest, OnlyRungsAreJudgedAndNoneFromTheEndOn) {
  SampleCurves curves(
      "asha",
      {{"eta", "2"}, {"min_resource", "1"}, {"max_resource", "4"}, {"min_trials_required", "1"}});
  curves.Report(0, {1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_TRUE(curves.Stops(1, {2}));
  EXPECT_TRUE(curves.Stops(1, {2}));
  EXPECT_FALSE(curves.Stops(1, {2}));
  EXPECT_FALSE(curves.Stops(1, {2}));  // step 4
  SampleCurves endless("asha", {{"eta", "2"}, {"min_resource", "1"}, {"min_trials_required", "1"}});
  endless.Report(0, std::vector<double>(64, 1));
  EXPECT_TRUE(endless.Stops(1, std::vector<double>(64, 2)));
}

TEST(AshaTest, TheStaticFormIsTheFirstRung) {
  SampleCurves curves("asha", {{"eta", "2"}, {"min_resource", "3"}});
  curves.Report(0, {5, 5, 5});
  EXPECT_TRUE(curves.Rules().empty());
  curves.Report(1, {4, 4, 4});
  curves.Report(2, {3, 3, 3});
  // Of four, two go on: who is worse than the second of those there is not among them.
  ASSERT_EQ(curves.Rules().size(), 1U);
  EXPECT_EQ(curves.Rules()[0].value, "4");
  EXPECT_EQ(curves.Rules()[0].start_step, 3);
}

// Who comes in a random order to a rung goes on in one case of eta, or a little more often.
TEST(AshaTest, AboutOneInEtaGoesOn) {
  RandomStream random(3, 0, "asha-test");
  SampleCurves curves("asha", {{"eta", "3"}, {"min_resource", "1"}});
  int stopped = 0;
  for (int64_t number = 0; number < 900; ++number) {
    stopped += curves.Stops(number, {random.Uniform()});
  }
  EXPECT_NEAR(stopped, 600, 40);
}

// By the message of a trial that is worse than all others.
std::string BracketOf(SampleCurves& curves, int64_t number) {
  for (int step = 0; step < 81; ++step) {
    const StopDecision decision = curves.Report(number, {1e6 + static_cast<double>(number)});
    const size_t place = decision.why.find("bracket ");
    if (decision.stop) return decision.why.substr(place, 9);
  }
  return "none";
}

TEST(HyperbandTest, BracketsHaveTheSharesOfThePaper) {
  SampleCurves curves(
      "hyperband", {{"min_resource", "1"}, {"max_resource", "81"}, {"min_trials_required", "1"}});
  // n of s = 4, ..., 0 for R = 81 and eta = 3: 81, 34, 15, 8, 5.
  std::map<std::string, int> counts;
  for (int64_t number = 0; number < 143 * 5; ++number) {
    curves.history().Start(number);
    ++counts[BracketOf(curves, number)];
  }
  EXPECT_NEAR(counts["bracket 0"], 81 * 5, 3);
  EXPECT_NEAR(counts["bracket 1"], 34 * 5, 3);
  EXPECT_NEAR(counts["bracket 2"], 15 * 5, 3);
  EXPECT_NEAR(counts["bracket 3"], 8 * 5, 3);
  EXPECT_NEAR(counts["none"], 5 * 5 + 4, 5);  // the first trial of a bracket is not stopped
}

TEST(HyperbandTest, ATrialIsComparedWithItsOwnBracketOnly) {
  SampleCurves curves("hyperband",
                      {{"min_resource", "1"}, {"max_resource", "9"}, {"min_trials_required", "1"}});
  for (int64_t number = 0; number < 60; ++number) {
    const StopDecision decision = curves.Report(number, {static_cast<double>(number)});
    if (!decision.stop) continue;
    EXPECT_THAT(decision.why, HasSubstr("of bracket 0"));
    // Fewer than all trials that are at this step.
    EXPECT_THAT(decision.why, testing::Not(HasSubstr(absl::StrCat("of ", number + 1, " at"))));
  }
}

TEST(HyperbandTest, TheLastBracketStopsNobodyWhateverTheLengthOfATrial) {
  // Rungs at 4, 12 and 36; at 12 and 36; and none.
  SampleCurves curves("hyperband", {{"max_resource", "51"}, {"min_trials_required", "1"}});
  std::map<std::string, int> counts;
  for (int64_t number = 0; number < 200; ++number) ++counts[BracketOf(curves, number)];
  EXPECT_EQ(counts.size(), 3U);
  // n of s = 2, 1, 0 for eta = 3: 9, 5, 3.
  EXPECT_NEAR(counts["none"], 200 * 3 / 17, 5);
}

TEST(HyperbandTest, NeedsTheLengthOfATrial) {
  EXPECT_THAT(SampleCurves("hyperband", {}).problem(), HasSubstr("needs the setting max_resource"));
}

}  // namespace
}  // namespace qalam
