#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "trials/metrics/collector.h"
#include "trials/metrics/metric_value.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A point as a parser makes it, at second `second`.
MetricPoint Point(const std::string& metric, const std::string& text, int second = 0) {
  MetricPoint point;
  point.metric = metric;
  point.text = text;
  point.value = MetricNumber(text).value_or(std::nan(""));
  point.time = absl::FromUnixSeconds(second);
  return point;
}

ObservationBuilder Observe(MetricStrategy strategy, const std::vector<MetricPoint>& points) {
  ObservationBuilder builder({{"loss", strategy}, {"accuracy", MetricStrategy::kMax}});
  for (const MetricPoint& point : points) builder.Add(point);
  return builder;
}

TEST(ObservationTest, KeepsTextsAsLoggedInTheOrderOfTheSpecs) {
  const ObservationBuilder builder =
      Observe(MetricStrategy::kMin,
              {Point("accuracy", "0.90", 1), Point("loss", "2.0", 1), Point("loss", "1.50", 2),
               Point("loss", "1.7", 3), Point("unknown", "9", 3)});
  EXPECT_THAT(builder.Observation(),
              ElementsAre(MetricSummary{"loss", "1.50", "2.0", "1.7"},
                          MetricSummary{"accuracy", "0.90", "0.90", "0.90"}));
}

TEST(ObservationTest, MetricsThatWereNeverSeenAreAbsent) {
  const ObservationBuilder builder = Observe(MetricStrategy::kMin, {Point("accuracy", "1")});
  EXPECT_THAT(builder.Observation(), ElementsAre(MetricSummary{"accuracy", "1", "1", "1"}));
  EXPECT_EQ(builder.Objective(), std::nullopt);
  EXPECT_THAT(Observe(MetricStrategy::kMin, {}).Observation(), IsEmpty());
  EXPECT_EQ(ObservationBuilder({}).Objective(), std::nullopt);
}

TEST(ObservationTest, TheStrategyPicksTheObjective) {
  const std::vector<MetricPoint> points = {Point("loss", "2", 1), Point("loss", "1", 2),
                                           Point("loss", "3", 3), Point("loss", "1.5", 4)};
  EXPECT_EQ(Observe(MetricStrategy::kMin, points).Objective(), 1);
  EXPECT_EQ(Observe(MetricStrategy::kMax, points).Objective(), 3);
  EXPECT_EQ(Observe(MetricStrategy::kLatest, points).Objective(), 1.5);
}

TEST(ObservationTest, LatestIsByTimeAndTheLastFedOfEqualTimes) {
  const ObservationBuilder builder = Observe(
      MetricStrategy::kLatest,
      {Point("loss", "1", 5), Point("loss", "2", 7), Point("loss", "3", 7), Point("loss", "4", 6)});
  EXPECT_EQ(builder.Observation()[0].latest, "3");
  EXPECT_EQ(builder.Objective(), 3);
}

TEST(ObservationTest, NanGivesWayToAnyNumberWhereverItStands) {
  for (const std::vector<MetricPoint>& points :
       {std::vector<MetricPoint>{Point("loss", "nan"), Point("loss", "5"), Point("loss", "6")},
        std::vector<MetricPoint>{Point("loss", "5"), Point("loss", "6"), Point("loss", "nan")}}) {
    const ObservationBuilder builder = Observe(MetricStrategy::kMin, points);
    EXPECT_EQ(builder.Observation()[0].min, "5");
    EXPECT_EQ(builder.Observation()[0].max, "6");
    EXPECT_EQ(builder.Objective(), 5);
  }
  const ObservationBuilder only_nan = Observe(MetricStrategy::kMin, {Point("loss", "NaN")});
  EXPECT_EQ(only_nan.Observation()[0].min, "NaN");
  EXPECT_TRUE(std::isnan(only_nan.Objective().value()));
}

TEST(ObservationTest, TextsThatAreNoNumbersOnlySetLatest) {
  const ObservationBuilder mixed =
      Observe(MetricStrategy::kMax, {Point("loss", "1", 1), Point("loss", "Genotype(x)", 2)});
  EXPECT_THAT(mixed.Observation(), ElementsAre(MetricSummary{"loss", "1", "1", "Genotype(x)"}));
  EXPECT_EQ(mixed.Objective(), 1);
  const ObservationBuilder only_text =
      Observe(MetricStrategy::kMin, {Point("loss", "Genotype(x)")});
  EXPECT_THAT(only_text.Observation(), ElementsAre(MetricSummary{"loss", "", "", "Genotype(x)"}));
  EXPECT_TRUE(std::isnan(only_text.Objective().value()));
}

TEST(ObservationTest, InfinitiesAreNumbers) {
  const ObservationBuilder builder = Observe(
      MetricStrategy::kMin, {Point("loss", "-inf"), Point("loss", "0"), Point("loss", "inf")});
  EXPECT_EQ(builder.Observation()[0].min, "-inf");
  EXPECT_EQ(builder.Observation()[0].max, "inf");
}

}  // namespace
}  // namespace qalam
