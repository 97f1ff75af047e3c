// Experiments that clients run: the engine over a real store, without a network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controller/control.h"
#include "controller/replay.h"
#include "controller/spec/load.h"
#include "core/parameter.h"
#include "server/ask_tell/ask_tell_engine.h"
#include "tests/support/program.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

// A time that tests move on.
class ManualClock final : public Clock {
 public:
  absl::Time Now() const override {
    MutexLock lock(&mutex_);
    return now_;
  }
  void Pass(absl::Duration time) {
    MutexLock lock(&mutex_);
    now_ += time;
  }

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'800'000'000);
};

std::string Manifest(const std::string& algorithm, int max_trials, int parallel) {
  return absl::StrCat(R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bowl}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: )",
                      algorithm, "}\n  maxTrialCount: ", max_trials,
                      "\n  parallelTrialCount: ", parallel, "\n",
                      R"(  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-1", max: "1"}}
    - {name: k, parameterType: int, feasibleSpace: {min: "1", max: "100"}}
)");
}

class AskTellTest : public testing::Test {
 protected:
  AskTellTest() : dir_(DataDir::Open(folder_.path()).value()) { Start(); }

  void Start() {
    store_ = OpenSqliteStore(dir_.StorePath()).value();
    engine_ = std::make_unique<AskTellEngine>(store_.get(), &dir_, &clock_);
  }
  void Restart() {
    engine_.reset();
    store_.reset();
    Start();
  }

  void Create(const std::string& manifest) { ASSERT_OK(engine_->Create(manifest)); }

  AskTellEngine::Asked Ask(const std::string& client, absl::Duration lease = absl::Hours(1)) {
    auto asked = engine_->Ask({kBowl, client, lease, absl::ZeroDuration()}, nullptr);
    EXPECT_OK(asked);
    return asked.value_or(AskTellEngine::Asked());
  }

  AskTellEngine::Told Tell(const std::string& client, const HandedTrial& trial,
                           const std::string& loss) {
    auto told = engine_->Tell({kBowl, {client, trial.name, trial.attempt}, {{"loss", loss}}});
    EXPECT_OK(told);
    return told.value_or(AskTellEngine::Told());
  }

  static std::string LossOf(const HandedTrial& trial) {
    double x = 0;
    EXPECT_TRUE(absl::SimpleAtod(trial.parameters[0].second, &x));
    return FormatNumber(x * x);
  }

  std::vector<StoredTrial> Trials() {
    const ExperimentRecord record = store_->GetExperiment("default", "bowl").value();
    std::vector<StoredTrial> trials;
    EXPECT_OK(store_->VisitTrials(record.id, {}, [&](StoredTrial trial) {
      trials.push_back(std::move(trial));
      return true;
    }));
    return trials;
  }

  std::string Condition() { return store_->GetExperiment("default", "bowl").value().condition; }

  const ExperimentName kBowl = {"default", "bowl"};
  TempDir folder_;
  DataDir dir_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AskTellEngine> engine_;
};

TEST_F(AskTellTest, RunsAnExperimentToItsEnd) {
  Create(Manifest("tpe", 12, 1));
  std::set<std::string> names;
  while (true) {
    const AskTellEngine::Asked asked = Ask("a");
    if (!asked.trial.has_value()) {
      EXPECT_TRUE(asked.ended);
      break;
    }
    EXPECT_TRUE(names.insert(asked.trial->name).second) << "each trial is given once";
    EXPECT_EQ(Tell("a", *asked.trial, LossOf(*asked.trial)).why_not, std::nullopt);
  }
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(Condition(), "Succeeded");
  for (const StoredTrial& trial : Trials()) EXPECT_EQ(trial.condition, TrialCondition::kSucceeded);
}

// What a replay compares is what the algorithm answers to the same history.
TEST_F(AskTellTest, EndsWhenAModelExpectsNothingBetterAlsoAcrossARestart) {
  Create(absl::StrReplaceAll(
      Manifest("random", 200, 1),
      {{"  parameters:", "  terminator: {improvementBelow: 0.05}\n  parameters:"}}));
  for (int told = 0;; ++told) {
    if (told == 22) Restart();
    const AskTellEngine::Asked asked = Ask("a");
    if (!asked.trial.has_value()) {
      EXPECT_TRUE(asked.ended);
      break;
    }
    Tell("a", *asked.trial, LossOf(*asked.trial));
  }
  EXPECT_EQ(Condition(), "Succeeded");
  // Three verdicts in a row, the first after 20 results.
  EXPECT_GE(Trials().size(), 30U);
  EXPECT_LT(Trials().size(), 200U);
}

TEST_F(AskTellTest, EveryTrialIsWhatTheAlgorithmProposesToWhatWasToldBefore) {
  for (const char* algorithm : {"auto", "tpe", "cmaes"}) {
    Create(Manifest(algorithm, 40, 4));
    for (int i = 0; Condition() != "Succeeded"; ++i) {
      if (i % 7 == 3) Restart();
      for (const char* client : {"a", "b", "c", "d"}) Ask(client);
      const std::string client(1, "badc"[i % 4]);
      const AskTellEngine::Asked asked = Ask(client);
      if (asked.trial.has_value()) Tell(client, *asked.trial, LossOf(*asked.trial));
    }
    const ExperimentRecord record = store_->GetExperiment("default", "bowl").value();
    const ExperimentSpec spec = RestoreExperiment(record.manifest, record.companions).value();
    ASSERT_OK_AND_ASSIGN(const ReplayResult replay, ReplayExperiment(*store_, record, spec));
    EXPECT_EQ(replay.trials, 40) << algorithm;
    EXPECT_TRUE(replay.same()) << algorithm << ": " << replay.matched << " match";
    ASSERT_OK(store_->DeleteExperiment(record.id));
  }
}

TEST_F(AskTellTest, AClientThatCrashedGetsItsUnfinishedTrialBack) {
  Create(Manifest("random", 10, 3));
  const HandedTrial first = *Ask("a").trial;
  const HandedTrial other = *Ask("b").trial;
  EXPECT_NE(first.name, other.name);
  EXPECT_EQ(Ask("a").trial->name, first.name);
  Restart();
  EXPECT_EQ(Ask("b").trial->name, other.name) << "the server's crash does not matter either";
  EXPECT_EQ(Ask("a").trial->name, first.name);
  Tell("a", first, "1");
  EXPECT_NE(Ask("a").trial->name, first.name);
}

TEST_F(AskTellTest, WhoTellsMayAskWithTheSameCall) {
  Create(Manifest("tpe", 12, 1));
  std::optional<HandedTrial> trial = Ask("a").trial;
  std::set<std::string> names;
  while (trial.has_value()) {
    EXPECT_TRUE(names.insert(trial->name).second) << "each trial is given once";
    ASSERT_OK_AND_ASSIGN(const AskTellEngine::Told told,
                         engine_->Tell({.experiment = kBowl,
                                        .claim = {"a", trial->name, trial->attempt},
                                        .metrics = {{"loss", LossOf(*trial)}},
                                        .ask = true}));
    EXPECT_EQ(told.why_not, std::nullopt);
    EXPECT_EQ(told.ended, !told.next.has_value());
    trial = told.next;
    if (!trial.has_value()) break;
    EXPECT_EQ(Trials().back().name, trial->name);
    EXPECT_EQ(Trials().back().condition, TrialCondition::kRunning) << "handed out, and written";
    if (names.size() == 5) Restart();
  }
  EXPECT_EQ(names.size(), 12U);
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord record, store_->GetExperiment("default", "bowl"));
  ASSERT_OK_AND_ASSIGN(const ExperimentSpec spec,
                       RestoreExperiment(record.manifest, record.companions));
  ASSERT_OK_AND_ASSIGN(const ReplayResult replay, ReplayExperiment(*store_, record, spec));
  EXPECT_EQ(replay.matched, 12);
}

TEST_F(AskTellTest, WhoTellsAgainIsGivenTheSameTrial) {
  Create(Manifest("random", 10, 2));
  const HandedTrial trial = *Ask("a").trial;
  const TrialClaim claim = {"a", trial.name, trial.attempt};
  ASSERT_OK_AND_ASSIGN(const AskTellEngine::Told first,
                       engine_->Tell({kBowl, claim, {{"loss", "1"}}, false, "", /*ask=*/true}));
  ASSERT_TRUE(first.next.has_value());
  // The answer was lost, and the server died.
  Restart();
  ASSERT_OK_AND_ASSIGN(const AskTellEngine::Told again,
                       engine_->Tell({kBowl, claim, {{"loss", "1"}}, false, "", /*ask=*/true}));
  EXPECT_TRUE(again.why_not.has_value());
  ASSERT_TRUE(again.next.has_value());
  EXPECT_EQ(again.next->name, first.next->name);
  EXPECT_EQ(again.next->parameters, first.next->parameters);
}

// A disk that is full, and room on it again: files of this process grow no more meanwhile.
class FullDisk {
 public:
  FullDisk() {
    signal(SIGXFSZ, SIG_IGN);  // the write fails instead
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

TEST_F(AskTellTest, WhatCannotBeWrittenIsNotAcknowledgedAndCanBeToldAgain) {
  Create(Manifest("tpe", 30, 4));
  std::vector<HandedTrial> trials;
  for (const char* client : {"a", "b", "c"}) trials.push_back(*Ask(client).trial);
  Tell("a", trials[0], "1");
  std::vector<absl::Status> statuses(2);
  {
    const FullDisk full;
    std::vector<std::thread> telling;
    for (int i : {0, 1}) {
      telling.emplace_back([&, i] {
        const HandedTrial& trial = trials[i + 1];
        const std::string client(1, static_cast<char>('b' + i));
        statuses[i] =
            engine_->Tell({kBowl, {client, trial.name, trial.attempt}, {{"loss", "2"}}}).status();
      });
    }
    for (std::thread& thread : telling) thread.join();
  }
  for (const absl::Status& status : statuses) EXPECT_FALSE(status.ok());
  EXPECT_EQ(Ask("b").trial->name, trials[1].name) << "it still is the client's";
  EXPECT_EQ(Tell("b", trials[1], "3").why_not, std::nullopt);
  EXPECT_EQ(Tell("c", trials[2], "4").why_not, std::nullopt);
  EXPECT_EQ(Trials()[1].objective, 3);
  EXPECT_EQ(Trials()[2].objective, 4);
}

// Tells a trial and asks, without waiting; returns what was known ahead, and all.
struct Started {
  std::optional<HandedTrial> ahead;
  absl::StatusOr<AskTellEngine::Told> told;
};

class AheadTest : public AskTellTest {
 protected:
  Started StartTell(const std::string& client, const HandedTrial& trial) {
    Started started;
    std::promise<void> done;
    engine_->StartTell(
        {.experiment = kBowl,
         .claim = {client, trial.name, trial.attempt},
         .metrics = {{"loss", LossOf(trial)}},
         .ask = true},
        [&](const AskTellEngine::Asked& next) { started.ahead = next.trial; },
        [&](absl::StatusOr<AskTellEngine::Told> told) {
          started.told = std::move(told);
          done.set_value();
        });
    clock_.Pass(absl::Seconds(1));  // what is ahead waits for others, not long
    done.get_future().wait();
    return started;
  }
};

TEST_F(AheadTest, AClientAloneNeedNotWaitForTheDiskToGoOn) {
  Create(Manifest("tpe", 10, 4));
  HandedTrial trial = *Ask("a").trial;
  for (int i = 0; i < 5; ++i) {
    const Started started = StartTell("a", trial);
    ASSERT_OK(started.told);
    EXPECT_EQ(started.told->why_not, std::nullopt);
    ASSERT_TRUE(started.ahead.has_value());
    EXPECT_TRUE(started.told->ahead);
    trial = *started.ahead;
    EXPECT_EQ(Trials().back().name, trial.name);
  }
}

TEST_F(AheadTest, WhereAnotherClientCouldBeGivenTheTrialTheDiskComesFirst) {
  Create(Manifest("tpe", 10, 4));
  const HandedTrial first = *Ask("a").trial;
  const HandedTrial other = *Ask("b").trial;
  const Started started = StartTell("a", first);
  EXPECT_EQ(started.ahead, std::nullopt);
  ASSERT_OK(started.told);
  ASSERT_TRUE(started.told->next.has_value());
  Tell("b", other, "1");
  EXPECT_EQ(StartTell("a", *started.told->next).ahead, std::nullopt)
      << "b has no trial, but is expected to ask";
}

TEST_F(AheadTest, ThreadsThatWaitAndThreadsThatDoNotWorkTogether) {
  constexpr int kTrials = 600;
  Create(Manifest("random", kTrials, 8));
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<TrialWatch> watch, engine_->Watch(kBowl));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, client = absl::StrCat("client-", i), waits = i % 2 == 0] {
      while (true) {
        auto asked = engine_->Ask({kBowl, client, absl::Hours(1), absl::Hours(1)}, nullptr);
        ASSERT_OK(asked);
        if (!asked->trial.has_value()) return;
        if (waits) {
          Tell(client, *asked->trial, LossOf(*asked->trial));
        } else {
          ASSERT_OK(StartTell(client, *asked->trial).told);
        }
      }
    });
  }
  int succeeded = 0;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const TrialWatch::Next next, watch->Take(absl::Seconds(60)));
    if (!next.change.has_value()) break;
    if (next.change->condition == "Succeeded") ++succeeded;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(succeeded, kTrials);
  EXPECT_EQ(Condition(), "Succeeded");
}

TEST_F(AskTellTest, ThatAKeptTrialWasHandedOutIsWrittenAMomentLater) {
  Create(Manifest("random", 10, 1));
  for (int i = 0; i < 2; ++i) Tell("a", *Ask("a").trial, "1");
  const HandedTrial trial = *Ask("a").trial;  // it was made when the second one was told
  EXPECT_EQ(Trials().back().name, trial.name);
  EXPECT_EQ(Trials().back().condition, TrialCondition::kCreated);
  clock_.Pass(absl::Seconds(1));
  EXPECT_TRUE(WaitUntil([&] { return Trials().back().condition == TrialCondition::kRunning; }, 20));
}

TEST_F(AskTellTest, NoMoreTrialsAreOutThanMayBe) {
  Create(Manifest("random", 10, 2));
  EXPECT_TRUE(Ask("a").trial.has_value());
  EXPECT_TRUE(Ask("b").trial.has_value());
  const AskTellEngine::Asked third = Ask("c");
  EXPECT_FALSE(third.trial.has_value());
  EXPECT_FALSE(third.ended);
}

TEST_F(AskTellTest, WhoWaitsGetsATrialWhenAnotherEnds) {
  Create(Manifest("random", 10, 1));
  const HandedTrial trial = *Ask("a").trial;
  absl::StatusOr<AskTellEngine::Asked> asked;
  std::thread waiting([&] {
    asked = engine_->Ask({kBowl, "b", absl::Hours(1), absl::Hours(1)}, [] { return true; });
  });
  Tell("a", trial, "1");
  waiting.join();
  ASSERT_OK(asked);
  EXPECT_TRUE(asked->trial.has_value());
}

TEST_F(AskTellTest, WhoHasGoneDoesNotWait) {
  Create(Manifest("random", 10, 1));
  Ask("a");
  ASSERT_OK_AND_ASSIGN(const auto asked, engine_->Ask({kBowl, "b", absl::Hours(1), absl::Hours(1)},
                                                      [] { return false; }));
  EXPECT_FALSE(asked.trial.has_value());
}

TEST_F(AskTellTest, ATrialOfADeadClientGoesToAnotherOne) {
  Create(Manifest("random", 10, 1));
  const HandedTrial trial = *Ask("dead", absl::Minutes(10)).trial;
  clock_.Pass(absl::Minutes(9));
  EXPECT_FALSE(Ask("b").trial.has_value());
  clock_.Pass(absl::Minutes(2));
  const AskTellEngine::Asked asked = Ask("b");
  ASSERT_TRUE(asked.trial.has_value());
  EXPECT_EQ(asked.trial->name, trial.name);
  EXPECT_EQ(asked.trial->parameters, trial.parameters);
  EXPECT_EQ(asked.trial->attempt, 2);
  EXPECT_THAT(Tell("dead", trial, "1").why_not, Optional(HasSubstr("given to another client")));
  EXPECT_EQ(Tell("b", *asked.trial, "2").why_not, std::nullopt);
  EXPECT_EQ(Trials()[0].objective, 2);
}

TEST_F(AskTellTest, ReportsKeepATrialAndItsMetrics) {
  Create(Manifest("random", 10, 1));
  const HandedTrial trial = *Ask("a", absl::Minutes(10)).trial;
  for (const char* loss : {"3", "1", "2"}) {
    clock_.Pass(absl::Minutes(9));
    ASSERT_OK_AND_ASSIGN(const AskTellEngine::Told told,
                         engine_->Report(kBowl, {"a", trial.name, 1}, {{"loss", loss}}));
    EXPECT_EQ(told.why_not, std::nullopt);
  }
  Restart();
  ASSERT_OK(engine_->Tell({kBowl, {"a", trial.name, 1}, {}, /*failed=*/false, ""}));
  const ExperimentRecord record = store_->GetExperiment("default", "bowl").value();
  std::vector<std::string> texts;
  ASSERT_OK(store_->VisitMetrics(record.id, 0, {}, [&](const MetricPoint& point) {
    texts.push_back(point.text);
    return true;
  }));
  EXPECT_THAT(texts, ElementsAre("3", "1", "2"));
  EXPECT_EQ(Trials()[0].objective, 1) << "the least: the strategy of what is minimised";
}

TEST_F(AskTellTest, AStoppingRuleGivesAReportedTrialUpAcrossRestarts) {
  Create(absl::StrCat(Manifest("random", 10, 1), R"(  earlyStopping:
    algorithmName: medianstop
    algorithmSettings:
      - {name: min_trials_required, value: "2"}
      - {name: start_step, value: "2"}
)"));
  const auto report = [&](const HandedTrial& trial, const char* loss) {
    const auto told = engine_->Report(kBowl, {"a", trial.name, trial.attempt}, {{"loss", loss}});
    EXPECT_OK(told);
    return told->why_not;
  };
  for (int i = 0; i < 2; ++i) {
    const HandedTrial good = *Ask("a").trial;
    EXPECT_EQ(report(good, "3"), std::nullopt);
    EXPECT_EQ(report(good, "1"), std::nullopt);
    Tell("a", good, "0.5");
  }
  const HandedTrial bad = *Ask("a").trial;
  EXPECT_EQ(report(bad, "9"), std::nullopt) << "judged from the second report on";
  Restart();
  EXPECT_THAT(report(bad, "8"), Optional(HasSubstr("stopped early: medianstop")));
  const StoredTrial stopped = Trials().back();
  EXPECT_EQ(stopped.name, bad.name);
  EXPECT_EQ(stopped.condition, TrialCondition::kEarlyStopped);
  EXPECT_THAT(stopped.objective, Optional(8.0)) << "what it reported is kept";
  EXPECT_THAT(Tell("a", bad, "0").why_not, Optional(HasSubstr("has ended")));
  EXPECT_NE(Ask("a").trial->name, bad.name);
}

TEST_F(AskTellTest, ATrialIsCompleteWhenItHasMadeAllReportsOfItsRungAcrossRestarts) {
  Create(absl::StrReplaceAll(Manifest("asha", 10, 1), {{"asha}", R"(asha, algorithmSettings: [
    {name: resource_type, value: reports}, {name: min_resource, value: "2"},
    {name: max_resource, value: "6"}]})"}}));
  const auto report = [&](const HandedTrial& trial, int loss) {
    const auto told = engine_->Report(kBowl, {"a", trial.name, trial.attempt},
                                      {{"loss", absl::StrCat(loss)}, {"size", "7"}});
    EXPECT_OK(told);
    return told->why_not;
  };
  for (int i = 0; i < 3; ++i) {
    const HandedTrial trial = *Ask("a").trial;
    EXPECT_EQ(report(trial, 9 - i), std::nullopt);
    Restart();
    EXPECT_THAT(report(trial, 8 - i),
                Optional(Eq("complete: 2 reports of loss were wanted, and made")));
    EXPECT_EQ(Trials().back().condition, TrialCondition::kSucceeded);
    EXPECT_THAT(Trials().back().objective, Optional(8.0 - i));
    EXPECT_THAT(Tell("a", trial, "0").why_not, Optional(HasSubstr("has ended")));
  }
  // The best of three goes on. Its client has no checkpoint of it.
  const HandedTrial promoted = *Ask("a").trial;
  EXPECT_EQ(promoted.parameters, Trials()[2].assignment);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(report(promoted, 5), std::nullopt);
  EXPECT_THAT(report(promoted, 5), Optional(HasSubstr("complete: 6 reports")));
}

TEST_F(AskTellTest, TellingTwiceChangesNothing) {
  Create(Manifest("random", 10, 2));
  const HandedTrial trial = *Ask("a").trial;
  EXPECT_EQ(Tell("a", trial, "1").why_not, std::nullopt);
  EXPECT_THAT(Tell("a", trial, "5").why_not, Optional(HasSubstr("has ended")));
  EXPECT_EQ(Trials()[0].objective, 1);
}

TEST_F(AskTellTest, AFailedTrialIsDataWithItsMessage) {
  Create(Manifest("random", 10, 2));
  const HandedTrial trial = *Ask("a").trial;
  ASSERT_OK(engine_->Tell({kBowl, {"a", trial.name, 1}, {}, /*failed=*/true, "out of memory"}));
  EXPECT_EQ(Trials()[0].condition, TrialCondition::kFailed);
  EXPECT_EQ(Trials()[0].message, "out of memory");
}

TEST_F(AskTellTest, AReachedGoalEndsTheTrialsThatAreOut) {
  std::string manifest = Manifest("random", 10, 2);
  manifest.replace(manifest.find("{type: minimize"), 15, "{type: minimize, goal: 0.5");
  Create(manifest);
  const HandedTrial good = *Ask("a").trial;
  const HandedTrial other = *Ask("b").trial;
  EXPECT_TRUE(Tell("a", good, "0.1").ended);
  EXPECT_EQ(Condition(), "Succeeded");
  ASSERT_OK_AND_ASSIGN(const AskTellEngine::Told told,
                       engine_->Report(kBowl, {"b", other.name, 1}, {{"loss", "1"}}));
  EXPECT_THAT(told.why_not, Optional(HasSubstr("its goal 0.5 was reached")));
  EXPECT_EQ(Trials()[1].condition, TrialCondition::kKilled);
}

// ---- What other processes ask for over the control socket.

class AskTellControlTest : public AskTellTest {
 protected:
  absl::Status Control(const std::string& request) {
    const std::string uid = store_->GetExperiment("default", "bowl").value().uid;
    return SendControl(dir_.ControlPath(uid), Json::parse(request));
  }
};

TEST_F(AskTellControlTest, TellsThatTheExperimentIsDrivenAsLongAsItIs) {
  Create(Manifest("random", 1, 1));
  EXPECT_THAT(Control(R"({"command":"ping"})"),
              StatusIs(absl::StatusCode::kUnavailable, testing::_));
  const HandedTrial trial = *Ask("a").trial;
  EXPECT_OK(Control(R"({"command":"ping"})"));
  EXPECT_TRUE(Tell("a", trial, "1").ended);
  EXPECT_TRUE(WaitUntil([&] { return !Control(R"({"command":"ping"})").ok(); }, 20));
}

TEST_F(AskTellControlTest, AStoppedExperimentHandsNothingOutUntilItIsCreatedAgain) {
  Create(Manifest("random", 10, 2));
  const HandedTrial first = *Ask("a").trial;
  Tell("a", first, "1");
  const HandedTrial out = *Ask("a").trial;
  EXPECT_OK(Control(R"({"command":"stop","mode":"graceful"})"));
  EXPECT_EQ(Condition(), "Suspended");
  EXPECT_TRUE(Ask("b").ended);
  EXPECT_NE(Tell("a", out, "1").why_not, std::nullopt) << "it was taken back";
  Restart();
  Create(Manifest("random", 10, 2));
  EXPECT_EQ(Condition(), "Running");
  EXPECT_OK(Control(R"({"command":"ping"})"));
  const HandedTrial again = *Ask("a").trial;
  EXPECT_EQ(again.name, out.name);
  EXPECT_EQ(again.parameters, out.parameters);
  EXPECT_EQ(Tell("a", again, "2").why_not, std::nullopt);
  EXPECT_EQ(Trials()[0].objective, 1);
}

TEST_F(AskTellControlTest, LimitsCanBeChangedWhileClientsWork) {
  Create(Manifest("random", 2, 1));
  const HandedTrial trial = *Ask("a").trial;
  EXPECT_FALSE(Ask("b").trial.has_value());
  EXPECT_OK(Control(R"({"command":"edit","maxTrialCount":3,"parallelTrialCount":2})"));
  EXPECT_TRUE(Ask("b").trial.has_value());
  EXPECT_THAT(Control(R"({"command":"edit","maxTrialCount":0})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("maxTrialCount")));
  EXPECT_FALSE(Tell("a", trial, "1").ended);
  Restart();
  EXPECT_TRUE(Ask("a").trial.has_value()) << "the third";
}

TEST_F(AskTellTest, WatchersSeeWhatHappensUntilTheEnd) {
  Create(Manifest("random", 2, 1));
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<TrialWatch> watch, engine_->Watch(kBowl));
  for (int i = 0; i < 2; ++i) Tell("a", *Ask("a").trial, absl::StrCat(i));
  std::vector<std::string> seen;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const TrialWatch::Next next, watch->Take(absl::Seconds(20)));
    if (!next.change.has_value()) {
      EXPECT_TRUE(next.ended);
      break;
    }
    seen.push_back(absl::StrCat(next.change->number, " ", next.change->condition));
  }
  EXPECT_THAT(seen, ElementsAre("0 Created", "0 Running", "0 Succeeded", "1 Created", "1 Running",
                                "1 Succeeded"));
}

TEST_F(AskTellTest, CreatingTheSameAgainFindsItAndAnotherOneIsRefused) {
  Create(Manifest("random", 10, 2));
  ASSERT_OK_AND_ASSIGN(const AskTellEngine::Created again,
                       engine_->Create(Manifest("random", 10, 2)));
  EXPECT_TRUE(again.existed);
  EXPECT_THAT(engine_->Create(Manifest("sobol", 10, 2)),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("spec.algorithm")));
}

TEST_F(AskTellTest, AWarmStartBeginsWithWhatWasBestAndOutlivesItsSource) {
  Create(Manifest("random", 10, 1));
  std::pair<double, NamedValues> best = {1e9, {}};
  for (int i = 0; i < 10; ++i) {
    const HandedTrial trial = *Ask("a").trial;
    Tell("a", trial, LossOf(trial));
    best = std::min(best, {ParseNumber(LossOf(trial)).value(), trial.parameters});
  }
  std::string manifest = Manifest("tpe", 10, 1);
  manifest.replace(manifest.find("bowl"), 4, "next");
  manifest += "  warmStartFrom: [bowl]\n";
  Create(manifest);
  ASSERT_OK(store_->DeleteExperiment(store_->GetExperiment("default", "bowl")->id));
  Restart();
  ASSERT_OK_AND_ASSIGN(const AskTellEngine::Created again, engine_->Create(manifest));
  EXPECT_TRUE(again.existed);
  ASSERT_OK_AND_ASSIGN(
      const AskTellEngine::Asked asked,
      engine_->Ask({{"default", "next"}, "a", absl::Hours(1), absl::ZeroDuration()}, nullptr));
  ASSERT_TRUE(asked.trial.has_value());
  EXPECT_EQ(asked.trial->parameters, best.second);
}

TEST_F(AskTellTest, AWarmStartFromNothingIsAMistakeThatIsNamed) {
  EXPECT_THAT(engine_->Create(Manifest("tpe", 10, 1) + "  warmStartFrom: [nobody]\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("spec.warmStartFrom"), HasSubstr("default/nobody"))));
}

TEST_F(AskTellTest, MistakesAreNamed) {
  EXPECT_THAT(engine_->Create("a: 1"), StatusIs(absl::StatusCode::kInvalidArgument, testing::_));
  EXPECT_THAT(engine_->Create(Manifest("gird", 1, 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown algorithm")));
  EXPECT_THAT(engine_->Ask({{"default", "nobody"}, "a", absl::Hours(1), absl::ZeroDuration()}, {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
  Create(Manifest("random", 10, 2));
  EXPECT_THAT(engine_->Ask({kBowl, "", absl::Hours(1), absl::ZeroDuration()}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("client_id")));
}

TEST_F(AskTellTest, AnExperimentIsDrivenByOneServer) {
  Create(Manifest("random", 10, 2));
  Ask("a");
  AskTellEngine second(store_.get(), &dir_, &clock_);
  EXPECT_THAT(second.Ask({kBowl, "b", absl::Hours(1), absl::ZeroDuration()}, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
}

}  // namespace
}  // namespace qalam
