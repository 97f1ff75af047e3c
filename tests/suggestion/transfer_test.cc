// What earlier experiments and a person's beliefs are worth to the algorithms: they help when they
// are right, and cost little when they are wrong. Means over seeds of the decimal logarithm of the
// best loss.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "tests/suggestion/asynchronous_search.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

constexpr int kSeeds = 15;
constexpr int kSoon = 12;  // trials
constexpr int kLate = 80;

std::shared_ptr<const SearchSpace> Mixed(bool believed = false, double mean = 0) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 4; ++i) {
    parameters.push_back(DoubleParameter(absl::StrCat("x", i), 0, 1));
    if (believed) parameters.back().prior = ParameterPrior{.mean = mean, .deviation = 0.15};
  }
  parameters.push_back(ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"}));
  return MakeSpace(parameters);
}

// A bowl, uneven and with a wave in it, whose bottom is near `bottom` in each of the four numbers.
double Bowl(absl::Span<const double> unit, double bottom) {
  double sum = 0.001;
  for (int i = 0; i < 4; ++i) {
    const double d = unit[i] - bottom - 0.03 * i;
    sum += (1 + i) * d * d + 0.01 * (1 - std::cos(20 * d));
  }
  return sum + (unit[4] > 0.66 ? 0 : 0.2);
}

constexpr double kBottom = 0.25;

double Target(absl::Span<const double> unit) { return Bowl(unit, kBottom); }

// 100 random points, and what `loss` says of them.
std::shared_ptr<const SourceTrials> Source(
    const SearchSpace& space, uint64_t seed,
    const std::function<double(absl::Span<const double>)>& loss) {
  SourceTrials source{.name = "earlier", .points = {}, .losses = {}};
  RandomStream random(seed, 0, "source");
  std::vector<double> unit(static_cast<size_t>(space.size()));
  for (int i = 0; i < 100; ++i) {
    for (double& u : unit) u = random.Uniform();
    source.points.push_back(space.FromUnit(unit));
    // Another scale: only their order may count.
    source.losses.push_back(1000 + 50 * loss(unit));
  }
  return std::make_shared<const SourceTrials>(std::move(source));
}

double LogBest(const History& history, int trials) {
  double best = 1e9;
  for (int i = 0; i < trials; ++i) best = std::min(best, *history.trial(i).objective);
  return std::log10(best);
}

// Mean log of the best after kSoon and kLate trials.
struct Quality {
  double soon = 0;
  double late = 0;
};

class TransferTest : public testing::TestWithParam<std::string> {
 protected:
  static Quality Measure(std::shared_ptr<const SearchSpace> space,
                         const std::function<double(absl::Span<const double>)>& earlier = nullptr) {
    Quality quality;
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      AsynchronousSearch search{.algorithm = GetParam(), .trials = kLate, .loss = Target};
      search.spec.space = space;
      search.spec.objective.metrics = {{.name = "loss"}};
      search.spec.seed = seed;
      if (earlier) search.spec.sources = {Source(*space, seed, earlier)};
      const History history = search.Run();
      quality.soon += LogBest(history, kSoon) / kSeeds;
      quality.late += LogBest(history, kLate) / kSeeds;
    }
    return quality;
  }
};

TEST_P(TransferTest, AnEarlierExperimentHelpsWhenItIsAlikeAndCostsLittleWhenItMisleads) {
  const Quality without = Measure(Mixed());
  const Quality same = Measure(Mixed(), Target);
  EXPECT_LT(same.soon, without.soon - 0.1);
  EXPECT_LT(same.late, without.late - 0.05);
  const Quality shifted =
      Measure(Mixed(), [](absl::Span<const double> unit) { return Bowl(unit, kBottom + 0.1); });
  EXPECT_LT(shifted.soon, without.soon - 0.05);
  EXPECT_LT(shifted.late, without.late + 0.15);
  const Quality inverted =
      Measure(Mixed(), [](absl::Span<const double> unit) { return -Target(unit); });
  EXPECT_LT(inverted.late, without.late + 0.3);
}

TEST_P(TransferTest, ABeliefHelpsWhenItIsRightAndIsOverruledWhenItIsWrong) {
  const Quality without = Measure(Mixed());
  const Quality right = Measure(Mixed(/*believed=*/true, kBottom + 0.05));
  EXPECT_LT(right.soon, without.soon - 0.2);
  const Quality wrong = Measure(Mixed(/*believed=*/true, 0.9));
  EXPECT_LT(wrong.late, without.late + 0.3);
}

INSTANTIATE_TEST_SUITE_P(Cheap, TransferTest, testing::Values("tpe", "evolution", "cmaes"),
                         [](const auto& info) { return TestNameOf(info.param); });

}  // namespace
}  // namespace qalam
