#include "trials/runners/resource_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<int64_t> Ids(const std::vector<ResourceLedger::Grant>& grants) {
  std::vector<int64_t> ids;
  for (const auto& grant : grants) ids.push_back(grant.id);
  return ids;
}

TEST(ResourceLedgerTest, GrantsInOrderWhileThereIsRoom) {
  ResourceLedger ledger({.cpus = 2});
  for (int id = 1; id <= 3; ++id) ledger.Enqueue(id, {.cpus = 1});
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(1, 2));
  EXPECT_THAT(ledger.TakeGrants(), IsEmpty());
  ledger.Release(1);
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(3));
}

TEST(ResourceLedgerTest, BigRequestIsNotOvertakenBySmallOnes) {
  ResourceLedger ledger({.cpus = 2});
  ledger.Enqueue(1, {.cpus = 1});
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(1));
  ledger.Enqueue(2, {.cpus = 2});
  ledger.Enqueue(3, {.cpus = 1});
  EXPECT_THAT(ledger.TakeGrants(), IsEmpty());
  ledger.Release(1);
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(2));
  ledger.Release(2);
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(3));
}

TEST(ResourceLedgerTest, WithdrawnRequestMakesWayForThoseBehind) {
  ResourceLedger ledger({.cpus = 2, .memory_bytes = 100});
  ledger.Enqueue(1, {.cpus = 1, .memory_bytes = 60});
  ledger.Enqueue(2, {.memory_bytes = 60});
  ledger.Enqueue(3, {.memory_bytes = 40});
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(1));
  ledger.Release(2);
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(3));
}

TEST(ResourceLedgerTest, TenTenthsAreOneCpu) {
  ResourceLedger ledger({.cpus = 1});
  for (int id = 0; id < 11; ++id) ledger.Enqueue(id, {.cpus = 0.1});
  EXPECT_EQ(ledger.TakeGrants().size(), 10u);
}

TEST(ResourceLedgerTest, AdoptedJobMayTakeMoreThanIsFreeButOthersWait) {
  ResourceLedger ledger({.cpus = 2, .gpus = {"a", "b"}});
  ledger.Adopt(1, {.cpus = 3, .gpus = 1}, {"b"});
  ledger.Enqueue(2, {.gpus = 1});  // wants no CPU
  ledger.Enqueue(3, {.cpus = 0.5});
  const auto grants = ledger.TakeGrants();
  ASSERT_THAT(Ids(grants), ElementsAre(2));
  EXPECT_THAT(grants[0].gpus, ElementsAre("a"));
  ledger.Release(1);
  EXPECT_THAT(Ids(ledger.TakeGrants()), ElementsAre(3));
}

TEST(ResourceLedgerTest, AdoptionTakesARequestOutOfTheQueue) {
  ResourceLedger ledger({.cpus = 1});
  ledger.Adopt(1, {.cpus = 1}, {});
  ledger.Enqueue(2, {.cpus = 1});
  ledger.Adopt(2, {.cpus = 1}, {});
  ledger.Release(1);
  EXPECT_THAT(ledger.TakeGrants(), IsEmpty());
}

TEST(ResourceLedgerTest, RequestsAreOfAllPodsAtTheSameTime) {
  Job job;
  job.pod.resources = {.cpus = 2, .memory_bytes = 10, .gpus = 1};
  job.parallelism = 4;
  job.completions = 3;
  EXPECT_EQ(RequestOf(job).cpus, 6);
  EXPECT_EQ(RequestOf(job).memory_bytes, 30);
  EXPECT_EQ(RequestOf(job).gpus, 3);
}

TEST(ResourceLedgerTest, WhatCanNeverBeGrantedIsNamed) {
  const ResourceLedger ledger({.cpus = 2, .memory_bytes = int64_t{8} << 20, .gpus = {"0"}});
  EXPECT_OK(ledger.CheckFits({.cpus = 2, .memory_bytes = int64_t{8} << 20, .gpus = 1}));
  EXPECT_THAT(ledger.CheckFits({.cpus = 2.01}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2.01 of cpu")));
  EXPECT_THAT(ledger.CheckFits({.memory_bytes = int64_t{9} << 20}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::AllOf(HasSubstr("9 MiB of memory"), HasSubstr("has 8 MiB"))));
  EXPECT_THAT(ledger.CheckFits({.gpus = 2}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2 of gpu")));
}

TEST(ResourceLedgerTest, NeverHandsOutMoreThanThereIsAndEverybodyIsServedInOrder) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
    const auto next = [&state](uint64_t bound) {
      state = state * 6364136223846793005 + 1442695040888963407;
      return (state >> 33) % bound;
    };
    ResourceLedger ledger({.cpus = 4, .memory_bytes = 100, .gpus = {"0", "1", "2"}});
    std::map<int64_t, ResourceRequest> requests;
    std::map<int64_t, std::vector<std::string>> running;
    int64_t last_granted = -1;
    for (int64_t id = 0; last_granted < 59 || !running.empty(); ++id) {
      if (id < 60) {
        requests[id] = {.cpus = 0.5 * static_cast<double>(next(9)),
                        .memory_bytes = static_cast<int64_t>(next(101)),
                        .gpus = static_cast<int>(next(4))};
        ledger.Enqueue(id, requests[id]);
      }
      for (const auto& grant : ledger.TakeGrants()) {
        EXPECT_EQ(grant.id, last_granted + 1);
        last_granted = grant.id;
        running[grant.id] = grant.gpus;
        EXPECT_EQ(static_cast<int>(grant.gpus.size()), requests[grant.id].gpus);
      }
      ResourceRequest sum;
      std::set<std::string> gpus;
      for (const auto& [one, ids] : running) {
        sum.cpus += requests[one].cpus;
        sum.memory_bytes += requests[one].memory_bytes;
        for (const std::string& gpu : ids) EXPECT_TRUE(gpus.insert(gpu).second);
      }
      EXPECT_LE(sum.cpus, 4);
      EXPECT_LE(sum.memory_bytes, 100);
      if (!running.empty() && (id >= 60 || next(2) == 0)) {
        auto done = running.begin();
        std::advance(done, next(running.size()));
        ledger.Release(done->first);
        running.erase(done);
      }
    }
    EXPECT_EQ(last_granted, 59);
  }
}

}  // namespace
}  // namespace qalam
