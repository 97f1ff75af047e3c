// The engine with a real store and real processes.
#include "controller/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controller/data_dir.h"
#include "controller/spec/load.h"
#include "core/mutex.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "trials/runners/local_runner.h"

namespace qalam {
namespace {

using ::testing::HasSubstr;

constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: $NAME}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  resumePolicy: LongRunning
  parallelTrialCount: $PARALLEL
  maxTrialCount: $TRIALS
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: x, reference: x}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - {name: main, image: none, command: [sh, -c, "$COMMAND # ${trialParameters.x}"]}
            restartPolicy: Never
)";

// Passes everything on; fails commits on demand.
class FaultyStore final : public Store {
 public:
  explicit FaultyStore(Store* base) : base_(base) {}
  // The next `count` commits fail with `status`.
  void FailCommits(int count, const absl::Status& status) {
    MutexLock lock(&mutex_);
    failures_ = count;
    status_ = status;
  }
  absl::StatusOr<int64_t> Commit(absl::Span<const Change> changes) override {
    {
      MutexLock lock(&mutex_);
      if (failures_ > 0) {
        --failures_;
        return status_;
      }
    }
    return base_->Commit(changes);
  }
  absl::StatusOr<ExperimentRecord> CreateExperiment(const ExperimentRecord& record) override {
    return base_->CreateExperiment(record);
  }
  absl::Status DeleteExperiment(int64_t id) override { return base_->DeleteExperiment(id); }
  absl::StatusOr<int64_t> LastSequence() const override { return base_->LastSequence(); }
  absl::StatusOr<std::vector<ExperimentRecord>> ListExperiments() const override {
    return base_->ListExperiments();
  }
  absl::StatusOr<ExperimentRecord> GetExperiment(absl::string_view ns,
                                                 absl::string_view name) const override {
    return base_->GetExperiment(ns, name);
  }
  absl::StatusOr<TrialCounts> CountTrials(int64_t id) const override {
    return base_->CountTrials(id);
  }
  absl::Status VisitTrials(int64_t id, const TrialQuery& query,
                           const std::function<bool(StoredTrial)>& visit) const override {
    return base_->VisitTrials(id, query, visit);
  }
  absl::StatusOr<StoredTrial> GetTrial(int64_t id, absl::string_view name) const override {
    return base_->GetTrial(id, name);
  }
  absl::StatusOr<StoredTrial> GetTrialByNumber(int64_t id, int64_t number) const override {
    return base_->GetTrialByNumber(id, number);
  }
  absl::StatusOr<std::optional<StoredTrial>> BestTrial(int64_t id, bool maximize) const override {
    return base_->BestTrial(id, maximize);
  }
  absl::StatusOr<std::optional<StoredTrial>> NearestTrial(int64_t id) const override {
    return base_->NearestTrial(id);
  }
  absl::StatusOr<std::vector<StoredTrial>> FrontTrials(int64_t id) const override {
    return base_->FrontTrials(id);
  }
  absl::Status VisitMetrics(int64_t id, int64_t number, const MetricQuery& query,
                            const std::function<bool(MetricPoint)>& visit) const override {
    return base_->VisitMetrics(id, number, query, visit);
  }
  absl::StatusOr<int64_t> CountMetrics(int64_t id, int64_t number, int attempt) const override {
    return base_->CountMetrics(id, number, attempt);
  }
  absl::StatusOr<std::vector<EventRecord>> ListEvents(int64_t id, std::optional<int64_t> number,
                                                      int64_t limit) const override {
    return base_->ListEvents(id, number, limit);
  }

 private:
  Store* const base_;
  Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

// Remembers what it was told, and lets tests wait for it.
class Watcher final : public EngineObserver {
 public:
  void OnCommitted(const ExperimentView& view, const std::vector<Change>&) override { Note(view); }
  void OnFinished(const ExperimentView& view) override { Note(view); }
  void OnNotice(const ExperimentView& view, const std::string& text) override {
    MutexLock lock(&mutex_);
    notices_ += absl::StrCat(text, "\n");
    last_ = view;
    changed_.NotifyAll();
  }
  void WaitFor(const std::function<bool(const ExperimentView&)>& holds) {
    MutexLock lock(&mutex_);
    while (!holds(last_)) changed_.Wait(&mutex_);
  }
  std::string notices() {
    MutexLock lock(&mutex_);
    return notices_;
  }
  ExperimentView last() {
    MutexLock lock(&mutex_);
    return last_;
  }

 private:
  void Note(const ExperimentView& view) {
    MutexLock lock(&mutex_);
    last_ = view;
    changed_.NotifyAll();
  }
  Mutex mutex_;
  CondVar changed_;
  ExperimentView last_ ABSL_GUARDED_BY(mutex_);
  std::string notices_ ABSL_GUARDED_BY(mutex_);
};

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const DataDir data_dir, DataDir::Open(dir_.path()));
    ASSERT_OK_AND_ASSIGN(sqlite_, OpenSqliteStore(data_dir.StorePath()));
    store_ = std::make_unique<FaultyStore>(sqlite_.get());
    NewEngine();
  }

  // Replaces the engine, as a restart of the process would; running trials are left alone.
  void NewEngine() {
    engine_.reset();
    ASSERT_OK_AND_ASSIGN(engine_, CreateEngine({.store = store_.get(),
                                                .clock = &clock_,
                                                .observer = &watcher_,
                                                .data_dir = dir_.path()}));
    ASSERT_OK_AND_ASSIGN(auto runner, CreateLocalRunner({}, engine_->sink()));
    engine_->UseRunner(std::move(runner));
  }

  ExperimentSpec Spec(const std::string& name, int trials, const std::string& command) {
    const std::string text =
        absl::StrReplaceAll(kExperiment, {{"$NAME", name},
                                          {"$TRIALS", absl::StrCat(trials)},
                                          {"$PARALLEL", absl::StrCat(std::min(trials, 3))},
                                          {"$COMMAND", command}});
    LoadResult loaded = LoadExperiments("test.yaml", text, {}, {});
    EXPECT_EQ(loaded.experiments.size(), 1) << FormatDiagnostics(loaded.diagnostics);
    return loaded.experiments.at(0);
  }

  void Start(const ExperimentSpec& spec) {
    auto record = CreateExperiment(store_.get(), spec, clock_.Now());
    ASSERT_OK(record);
    ASSERT_OK(engine_->Start(*record, spec));
  }

  ExperimentRecord Stored(const std::string& name) {
    auto record = store_->GetExperiment("default", name);
    EXPECT_OK(record);
    return *record;
  }
  TrialCounts Counts(const std::string& name) { return *store_->CountTrials(Stored(name).id); }

  TempDir dir_;
  SystemClock clock_;
  Watcher watcher_;
  std::unique_ptr<Store> sqlite_;
  std::unique_ptr<FaultyStore> store_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, RunsAnExperimentToItsEnd) {
  Start(Spec("a", 10, "echo loss=${trialParameters.x}"));
  engine_->WaitUntilIdle();
  EXPECT_EQ(Stored("a").condition, "Succeeded");
  EXPECT_EQ(Counts("a").succeeded, 10);
  ASSERT_OK_AND_ASSIGN(const auto best, store_->BestTrial(Stored("a").id, false));
  ASSERT_TRUE(best.has_value());
  EXPECT_EQ(best->assignment[0].second, best->observation[0].latest);
}

TEST_F(EngineTest, ANewEngineKnowsTheFrontAndWhatIsNearest) {
  const std::string text = absl::StrReplaceAll(
      kExperiment, {{"$NAME", "a"},
                    {"$TRIALS", "12"},
                    {"$PARALLEL", "3"},
                    {"  objective: {type: minimize, objectiveMetricName: loss}\n",
                     "  objectives:\n"
                     "  - {objectiveMetricName: loss, type: minimize}\n"
                     "  - {objectiveMetricName: size, type: maximize}\n"
                     "  constraints: [loss <= 0.8]\n"},
                    {"$COMMAND", "x=${trialParameters.x}; echo loss=$x size=$x"}});
  LoadResult loaded = LoadExperiments("test.yaml", text, {}, {});
  ASSERT_EQ(loaded.experiments.size(), 1) << FormatDiagnostics(loaded.diagnostics);
  const ExperimentSpec& spec = loaded.experiments[0];
  Start(spec);
  engine_->WaitUntilIdle();
  const auto front = [&] {
    std::vector<std::string> names;
    for (const auto& trial : watcher_.last().front) names.push_back(trial->name);
    return names;
  };
  const std::vector<std::string> before = front();
  ASSERT_GT(before.size(), 3U) << "all that keep to the bound are on the front";
  ASSERT_LT(before.size(), 12U) << "some do not keep to it";
  ASSERT_TRUE(watcher_.last().nearest.has_value());
  const double nearest = watcher_.last().nearest->violation;

  NewEngine();
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord edited,
                       EditStoredExperiment(store_.get(), Stored("a"), spec,
                                            Budget{24, 3, std::nullopt}, clock_.Now()));
  ASSERT_OK(engine_->Start(edited, spec));
  engine_->WaitUntilIdle();
  const std::vector<std::string> after = front();
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin())) << "by number";
  EXPECT_GT(after.size(), before.size());
  EXPECT_LE(watcher_.last().nearest->violation, nearest);
  const std::optional<StoredTrial> best = watcher_.last().best;
  ASSERT_TRUE(best.has_value());
  EXPECT_EQ(best->name, (*store_->BestTrial(edited.id, /*maximize=*/false))->name);
  for (const auto& trial : watcher_.last().front) EXPECT_GE(*trial->objective, *best->objective);
}

TEST_F(EngineTest, DrivesTwoExperimentsAtOnce) {
  Start(Spec("a", 6, "echo loss=1"));
  Start(Spec("b", 6, "echo loss=2"));
  engine_->WaitUntilIdle();
  EXPECT_EQ(Counts("a").succeeded, 6);
  EXPECT_EQ(Counts("b").succeeded, 6);
}

TEST_F(EngineTest, SameSpecAndSeedGiveTheSameTrials) {
  const auto assignments = [&](const std::string& name) {
    std::vector<NamedValues> all;
    EXPECT_OK(store_->VisitTrials(Stored(name).id, {}, [&](const StoredTrial& trial) {
      all.push_back(trial.assignment);
      return true;
    }));
    return all;
  };
  ExperimentSpec first = Spec("a", 6, "echo loss=1");
  ExperimentSpec second = Spec("b", 6, "echo loss=2");
  second.seed = first.seed;
  Start(first);
  Start(second);
  engine_->WaitUntilIdle();
  EXPECT_EQ(assignments("a"), assignments("b"));
}

TEST_F(EngineTest, TellsFailuresApart) {
  Start(Spec("a", 3, "exit 3"));
  engine_->WaitUntilIdle();
  ASSERT_OK_AND_ASSIGN(const StoredTrial trial, store_->GetTrialByNumber(Stored("a").id, 0));
  EXPECT_EQ(trial.condition, TrialCondition::kFailed);
  EXPECT_EQ(trial.reason, "ExitCode");
  EXPECT_THAT(trial.message, HasSubstr("3"));
}

TEST_F(EngineTest, AStoppedExperimentGoesOnWhereItStood) {
  const std::string gate = absl::StrCat(dir_.path(), "/gate");
  const ExperimentSpec spec =
      Spec("a", 6, absl::StrCat("while [ ! -e ", gate, " ]; do sleep 0.02; done; echo loss=1"));
  Start(spec);
  watcher_.WaitFor([](const ExperimentView& view) { return view.counts.running == 3; });
  ASSERT_OK(engine_->Stop("default", "a", StopMode::kGraceful));
  engine_->WaitUntilIdle();
  EXPECT_EQ(Stored("a").condition, "Suspended");
  EXPECT_EQ(Counts("a").created, 3);

  std::ofstream(gate).put('\n');
  ASSERT_OK(engine_->Start(Stored("a"), spec));
  engine_->WaitUntilIdle();
  EXPECT_EQ(Stored("a").condition, "Succeeded");
  EXPECT_EQ(Counts("a").succeeded, 6);
  ASSERT_OK_AND_ASSIGN(const StoredTrial trial, store_->GetTrialByNumber(Stored("a").id, 0));
  EXPECT_EQ(trial.attempt, 2);
}

TEST_F(EngineTest, ANewEngineAdoptsTheTrialsThatRun) {
  const std::string gate = absl::StrCat(dir_.path(), "/gate");
  const std::string runs = absl::StrCat(dir_.path(), "/runs");
  const ExperimentSpec spec =
      Spec("a", 4,
           absl::StrCat("echo run >> ", runs, "; echo loss=2; while [ ! -e ", gate,
                        " ]; do sleep 0.02; done; echo loss=1"));
  Start(spec);
  watcher_.WaitFor([](const ExperimentView& view) {
    return view.active.size() == 3 && view.active[2].points == 1 && view.active[1].points == 1 &&
           view.active[0].points == 1;
  });
  NewEngine();
  ASSERT_OK(engine_->Start(Stored("a"), spec));
  std::ofstream(gate).put('\n');
  engine_->WaitUntilIdle();
  EXPECT_EQ(Counts("a").succeeded, 4);
  std::ifstream lines(runs);
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(lines), {}, '\n'), 4);
  for (int number = 0; number < 4; ++number) {
    EXPECT_EQ(*store_->CountMetrics(Stored("a").id, number, 1), 2);
  }
}

TEST_F(EngineTest, EditedLimitsTakeEffectAtOnce) {
  const std::string gate = absl::StrCat(dir_.path(), "/gate");
  Start(Spec("a", 4, absl::StrCat("while [ ! -e ", gate, " ]; do sleep 0.02; done; echo loss=1")));
  watcher_.WaitFor([](const ExperimentView& view) { return view.active.size() == 3; });
  ASSERT_OK(engine_->Edit("default", "a", Budget{5, 5, std::nullopt}));
  watcher_.WaitFor([](const ExperimentView& view) { return view.active.size() == 5; });
  EXPECT_THAT(engine_->Edit("default", "a", Budget{2, 1, std::nullopt}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("maxTrialCount")));
  std::ofstream(gate).put('\n');
  engine_->WaitUntilIdle();
  EXPECT_EQ(Counts("a").succeeded, 5);
}

TEST_F(EngineTest, AFullDiskPausesTheExperimentUntilThereIsRoom) {
  const ExperimentSpec spec = Spec("a", 5, "echo loss=1");
  auto record = CreateExperiment(store_.get(), spec, clock_.Now());
  store_->FailCommits(2, absl::ResourceExhaustedError("the disk of the store is full"));
  ASSERT_OK(engine_->Start(*record, spec));
  engine_->WaitUntilIdle();
  EXPECT_EQ(Counts("a").succeeded, 5);
  EXPECT_THAT(watcher_.notices(), HasSubstr("paused: the disk of the store is full"));
  EXPECT_THAT(watcher_.notices(), HasSubstr("going on"));
}

TEST_F(EngineTest, StoppingAtOnceWorksWhilePaused) {
  const ExperimentSpec spec = Spec("a", 5, "echo loss=1");
  auto record = CreateExperiment(store_.get(), spec, clock_.Now());
  store_->FailCommits(1000000, absl::ResourceExhaustedError("the disk of the store is full"));
  std::thread starter([&] { (void)engine_->Start(*record, spec); });
  watcher_.WaitFor([](const ExperimentView& view) { return !view.paused.empty(); });
  (void)engine_->Stop("default", "a", StopMode::kNow);
  engine_->WaitUntilIdle();
  starter.join();
  EXPECT_THAT(watcher_.last().paused, HasSubstr("stopped while paused"));
  EXPECT_EQ(Stored("a").condition, "Created");
}

TEST_F(EngineTest, ADamagedStoreEndsTheRunAndSaysWhy) {
  const ExperimentSpec spec = Spec("a", 5, "echo loss=1");
  auto record = CreateExperiment(store_.get(), spec, clock_.Now());
  store_->FailCommits(1, absl::DataLossError("the file is damaged"));
  EXPECT_FALSE(engine_->Start(*record, spec).ok());
  engine_->WaitUntilIdle();
  EXPECT_THAT(watcher_.last().paused, HasSubstr("the file is damaged"));
}

TEST_F(EngineTest, AFinishedExperimentIsNotStartedAgain) {
  const ExperimentSpec spec = Spec("a", 1, "echo loss=1");
  Start(spec);
  engine_->WaitUntilIdle();
  EXPECT_THAT(engine_->Start(Stored("a"), spec),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("finished")));
}

TEST_F(EngineTest, AFinishedExperimentRestartsWithMoreTrialsWhenItsPolicyAllows) {
  const ExperimentSpec spec = Spec("a", 2, "echo loss=1");
  Start(spec);
  engine_->WaitUntilIdle();
  EXPECT_THAT(EditStoredExperiment(store_.get(), Stored("a"), spec, Budget{2, 1, std::nullopt},
                                   clock_.Now()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("greater than the 2")));
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord edited,
                       EditStoredExperiment(store_.get(), Stored("a"), spec,
                                            Budget{5, 2, std::nullopt}, clock_.Now()));
  EXPECT_EQ(edited.condition, "Restarting");
  ASSERT_OK(engine_->Start(edited, spec));
  engine_->WaitUntilIdle();
  EXPECT_EQ(Counts("a").succeeded, 5);

  ExperimentSpec never = spec;
  never.resume_policy = ResumePolicy::kNever;
  EXPECT_THAT(EditStoredExperiment(store_.get(), Stored("a"), never, Budget{9, 2, std::nullopt},
                                   clock_.Now()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("resumePolicy")));
}

}  // namespace
}  // namespace qalam
