// asha and hyperband.
#include "earlystop/rungs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

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
  EXPECT_FALSE(curves.Stops(1, {9, 4}));  // the best of two
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
  SampleCurves curves("asha", {{"eta", "2"}, {"min_resource", "1"}, {"max_resource", "4"}});
  curves.Report(0, {1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_TRUE(curves.Stops(1, {2}));
  EXPECT_TRUE(curves.Stops(1, {2}));
  EXPECT_FALSE(curves.Stops(1, {2}));
  EXPECT_FALSE(curves.Stops(1, {2}));  // step 4
  SampleCurves endless("asha", {{"eta", "2"}, {"min_resource", "1"}});
  endless.Report(0, std::vector<double>(64, 1));
  EXPECT_TRUE(endless.Stops(1, std::vector<double>(64, 2)));
}

TEST(AshaTest, TheFirstReportDecidesNothing) {
  SampleCurves curves("asha", {});
  curves.Report(0, {1, 1});
  EXPECT_FALSE(curves.Stops(1, {2}));
  EXPECT_TRUE(curves.Stops(1, {2}));
}

TEST(AshaTest, TheFirstRungOfLongTrialsComesLater) {
  SampleCurves curves("asha", {{"max_resource", "200"}});
  curves.Report(0, {1, 1, 1});
  EXPECT_FALSE(curves.Stops(1, {2}));
  EXPECT_FALSE(curves.Stops(1, {2}));
  EXPECT_TRUE(curves.Stops(1, {2}));
}

TEST(AshaTest, SoManyOthersAreWaitedForAsTheUserWants) {
  SampleCurves curves("asha", {{"min_trials_required", "3"}, {"min_resource", "1"}});
  for (int64_t number = 0; number < 3; ++number) {
    EXPECT_FALSE(curves.Stops(number, {static_cast<double>(number)}));
  }
  EXPECT_TRUE(curves.Stops(3, {3}));
}

TEST(AshaTest, TheStaticFormIsTheFirstRung) {
  SampleCurves curves("asha", {{"eta", "2"}, {"min_resource", "3"}});
  EXPECT_TRUE(curves.Rules().empty());
  curves.Report(0, {5, 5, 5});
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
  SampleCurves curves("hyperband", {{"min_resource", "1"}, {"max_resource", "81"}});
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
  EXPECT_NEAR(counts["none"], 5 * 5 + 1, 3);  // the very first trial has nobody beside it
}

TEST(HyperbandTest, ATrialIsComparedWithAllThatCameToItsRung) {
  SampleCurves curves("hyperband", {{"min_resource", "1"}, {"max_resource", "9"}});
  std::set<std::string> brackets;
  for (int64_t number = 0; number < 60; ++number) {
    const auto value = static_cast<double>(number);
    curves.history().Start(number);
    StopDecision decision = curves.Report(number, {value});
    if (decision.stop) {
      brackets.insert("0");
      EXPECT_THAT(decision.why, HasSubstr(absl::StrCat("number ", number + 1, " of ", number + 1)));
      EXPECT_THAT(decision.why, HasSubstr("(bracket 0)"));
      continue;
    }
    decision = curves.Report(number, {value, value});
    if (!decision.stop) continue;
    brackets.insert("1");
    EXPECT_THAT(decision.why, HasSubstr("(bracket 1)"));
  }
  EXPECT_THAT(brackets, testing::ElementsAre("0", "1"));
}

TEST(HyperbandTest, EachBracketBeginsARungLater) {
  // Rungs at 4, 12 and 36; at 12 and 36; and at 36.
  SampleCurves curves("hyperband", {{"max_resource", "51"}, {"min_resource", "4"}});
  std::map<std::string, int> counts;
  for (int64_t number = 0; number < 200; ++number) ++counts[BracketOf(curves, number)];
  // n of s = 2, 1, 0 for eta = 3: 9, 5, 3.
  EXPECT_NEAR(counts["bracket 0"], 200 * 9 / 17, 5);
  EXPECT_NEAR(counts["bracket 1"], 200 * 5 / 17, 5);
  EXPECT_NEAR(counts["bracket 2"], 200 * 3 / 17, 5);
}

TEST(HyperbandTest, NeedsTheLengthOfATrial) {
  EXPECT_THAT(SampleCurves("hyperband", {}).problem(), HasSubstr("needs the setting max_resource"));
}

}  // namespace
}  // namespace qalam
