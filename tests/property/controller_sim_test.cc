#include <gtest/gtest.h>

#include "tests/property/sim_world.h"

namespace qalam {
namespace {

constexpr int kWorlds = 10000;
constexpr int kMaxSteps = 20000;

TEST(ControllerSimTest, EveryWorldEndsAndKeepsTheRulesOfTheLifeCycle) {
  int succeeded = 0;
  int failed = 0;
  int crashed = 0;
  int with_initial = 0;
  int with_front = 0;
  int infeasible = 0;
  int early_stopped = 0;
  for (uint64_t seed = 0; seed < kWorlds; ++seed) {
    SimWorld world(seed);
    world.Run(kMaxSteps);
    ASSERT_TRUE(world.problems().empty())
        << "seed " << seed << ": " << world.problems().front() << "\n  " << world.Summary();
    succeeded += world.condition() == "Succeeded";
    failed += world.condition() == "Failed";
    crashed += world.crashed();
    with_initial += world.has_initial_trials();
    with_front += world.front_size() > 2;
    infeasible += world.has_infeasible_trials();
    early_stopped += world.has_early_stopped_trials();
  }
  // The worlds differ enough for the test to mean something.
  EXPECT_GT(succeeded, kWorlds / 2);
  EXPECT_GT(failed, kWorlds / 50);
  EXPECT_GT(crashed, kWorlds / 4);
  EXPECT_GT(with_initial, kWorlds / 5);
  EXPECT_GT(with_front, kWorlds / 20);
  EXPECT_GT(infeasible, kWorlds / 10);
  EXPECT_GT(early_stopped, kWorlds / 10);
}

}  // namespace
}  // namespace qalam
