// patient, any and all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/earlystop/sample_curves.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(PatientTest, AloneStopsWhatDoesNotImprove) {
  SampleCurves curves("patient", {{"patience", "2"}, {"min_delta", "0.5"}});
  EXPECT_FALSE(curves.Stops(0, {5, 4}));
  EXPECT_FALSE(curves.Stops(0, {4.2}));  // best of the last two: 4, before: 5
  const StopDecision decision = curves.Report(0, {3.6});
  EXPECT_EQ(decision.why, "loss has not improved by more than 0.5 in 2 reports");
  EXPECT_FALSE(curves.Stops(0, {3}));
}

TEST(PatientTest, LetsTheInnerRuleStopOnlyWhatDoesNotImprove) {
  SampleCurves curves("patient",
                      {{"rule", "threshold"}, {"threshold.upper", "3"}, {"patience", "2"}});
  EXPECT_FALSE(curves.Stops(0, {9, 8, 7, 6}));
  EXPECT_FALSE(curves.Stops(0, {6}));
  EXPECT_THAT(curves.Report(0, {6}).why,
              testing::AllOf(HasSubstr("above the upper bound 3"), HasSubstr("has not improved")));
  EXPECT_FALSE(curves.Stops(1, {3, 3, 3, 3, 3}));
}

TEST(PatientTest, NanIsNoImprovement) {
  const double nan = std::nan("");
  SampleCurves curves("patient", {{"patience", "2"}});
  EXPECT_TRUE(curves.Stops(0, {5, nan, nan}));
  EXPECT_TRUE(curves.Stops(1, {nan, nan, nan}));
}

TEST(AnyTest, OneIsEnough) {
  SampleCurves curves("any", {{"rules", "medianstop, threshold"},
                              {"medianstop.start_step", "1"},
                              {"medianstop.min_trials_required", "1"},
                              {"threshold.upper", "100"}});
  ASSERT_EQ(curves.problem(), "");
  EXPECT_FALSE(curves.Stops(0, {1}));
  EXPECT_THAT(curves.Report(1, {2}).why, HasSubstr("the median"));
  EXPECT_THAT(curves.Report(0, {200}).why, HasSubstr("the upper bound"));
  EXPECT_THAT(curves.Rules(), SizeIs(1));
}

TEST(AllTest, TheyMustAgree) {
  SampleCurves curves("all", {{"rules", "medianstop,threshold"},
                              {"medianstop.start_step", "1"},
                              {"medianstop.min_trials_required", "1"},
                              {"threshold.upper", "10"}});
  EXPECT_FALSE(curves.Stops(0, {1}));
  EXPECT_FALSE(curves.Stops(1, {2}));
  EXPECT_THAT(curves.Report(2, {20}).why,
              testing::AllOf(HasSubstr("the median"), HasSubstr("; and loss is 20")));
  EXPECT_FALSE(curves.Stops(0, {20, 20}));
  EXPECT_THAT(curves.Rules(), SizeIs(2));
}

TEST(CompositionTest, CanBeNested) {
  SampleCurves curves("any", {{"rules", "threshold,patient"},
                              {"patient.rule", "medianstop"},
                              {"patient.patience", "1"},
                              {"patient.medianstop.start_step", "2"},
                              {"patient.medianstop.min_trials_required", "1"}});
  ASSERT_EQ(curves.problem(), "");
  curves.Report(0, {1, 1, 1});
  EXPECT_FALSE(curves.Stops(1, {9, 8}));
  EXPECT_TRUE(curves.Stops(1, {8}));
}

}  // namespace
}  // namespace qalam
