#include "bench/latency.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace qalam::bench {
namespace {

TEST(LatencyTest, MeasuresSuggestionsAfterAHistory) {
  ASSERT_OK_AND_ASSIGN(const LatencyResult result,
                       MeasureLatency({.algorithm = ParseAlgorithm("sobol").value(),
                                       .mixed = true,
                                       .dimensions = 10,
                                       .history = 50,
                                       .asks = 5}));
  EXPECT_GT(result.median, 0);
  EXPECT_GE(result.p90, result.median);
  EXPECT_GT(result.resident_bytes, 0);
}

TEST(LatencyTest, SeveralObjectivesNeedAnAlgorithmThatKnowsThem) {
  LatencyCase measured{.algorithm = ParseAlgorithm("nsga2").value(), .objectives = 2};
  ASSERT_OK_AND_ASSIGN(const LatencyResult result, MeasureLatency(measured));
  EXPECT_GT(result.median, 0);
  measured.algorithm = ParseAlgorithm("cmaes").value();
  EXPECT_FALSE(MeasureLatency(measured).ok());
}

TEST(LatencyTest, MixedSpacesHoldEveryKindOfParameter) {
  const std::shared_ptr<const SearchSpace> space = LatencySpace(/*mixed=*/true, 5);
  EXPECT_EQ(space->parameter(0).type, ParameterType::kDouble);
  EXPECT_TRUE(space->parameter(1).is_log());
  EXPECT_EQ(space->parameter(2).type, ParameterType::kInt);
  EXPECT_EQ(space->parameter(3).type, ParameterType::kCategorical);
  EXPECT_EQ(LatencySpace(/*mixed=*/false, 5)->parameter(3).type, ParameterType::kDouble);
}

}  // namespace
}  // namespace qalam::bench
