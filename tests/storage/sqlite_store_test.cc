#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using SqliteStoreTest = StoreTest;

TEST_F(SqliteStoreTest, FilesAreForTheirOwnerOnly) {
  Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)}});
  for (const char* suffix : {"", "-wal", "-shm"}) {
    SCOPED_TRACE(suffix);
    struct stat info;
    ASSERT_EQ(stat((path_ + suffix).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
  }
}

TEST_F(SqliteStoreTest, ClosingLeavesOneFile) {
  store_.reset();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ElementsAre("qalam.db"));
}

TEST_F(SqliteStoreTest, ExperimentComesBackAsWritten) {
  ExperimentRecord record = SampleExperiment("full");
  record.ns = "team-ä";
  record.companions = R"([{"kind":"ConfigMap","data":{"a":"\u0000"}}])";
  record.generation = 7;
  record.max_trial_count = std::nullopt;
  record.parallel_trial_count = 11;
  record.max_failed_trial_count = 0;
  record.condition = "Restarting";
  record.conditions.push_back({.type = "Running",
                               .status = false,
                               .reason = "quote\"",
                               .message = "two\nlines",
                               .last_update = At(1.000000001),
                               .last_transition = At(-1)});
  record.started = At(2);
  record.completed = At(3);
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord created, store_->CreateExperiment(record));
  record.id = created.id;
  record.resource_version = created.resource_version;
  EXPECT_EQ(created, record);
  EXPECT_EQ(created.resource_version, *store_->LastSequence());
  Reopen();
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord read, store_->GetExperiment("team-ä", "full"));
  EXPECT_EQ(read, record);
}

TEST_F(SqliteStoreTest, TakenNameIsRefusedAndAnotherNamespaceIsNot) {
  EXPECT_THAT(store_->CreateExperiment(SampleExperiment("sample")),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("default/sample")));
  ExperimentRecord other = SampleExperiment("sample");
  other.ns = "other";
  EXPECT_OK(store_->CreateExperiment(other));
  EXPECT_THAT(store_->GetExperiment("default", "none"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("default/none")));
}

TEST_F(SqliteStoreTest, ExperimentsAreListedByNamespaceAndName) {
  for (const char* name : {"b", "a"}) {
    ExperimentRecord record = SampleExperiment(name);
    record.ns = "aaa";
    ASSERT_OK(store_->CreateExperiment(record));
  }
  ASSERT_OK_AND_ASSIGN(const auto records, store_->ListExperiments());
  std::vector<std::string> names;
  for (const ExperimentRecord& record : records) names.push_back(record.ns + "/" + record.name);
  EXPECT_THAT(names, ElementsAre("aaa/a", "aaa/b", "default/sample"));
}

TEST_F(SqliteStoreTest, ChangeOverwritesWhatChangesOfAnExperimentAndNothingElse) {
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord before, store_->GetExperiment("default", "sample"));
  ExperimentRecord changed = before;
  changed.manifest = "{}";  // belongs to what never changes
  changed.generation = 2;
  changed.max_trial_count = std::nullopt;
  changed.parallel_trial_count = 5;
  changed.max_failed_trial_count = 4;
  changed.condition = "Succeeded";
  changed.conditions.clear();
  changed.started = At(1);
  changed.completed = At(2);
  Commit({ExperimentChange{.experiment = experiment_, .record = changed}});
  changed.manifest = before.manifest;
  changed.resource_version = *store_->LastSequence();
  EXPECT_EQ(*store_->GetExperiment("default", "sample"), changed);
  EXPECT_GT(changed.resource_version, before.resource_version);
}

TEST_F(SqliteStoreTest, TrialComesBackAsWritten) {
  StoredTrial trial = SampleTrial(4294967295);
  trial.assignment = {{"z", "1e-05"}, {"a", "ünïcode \"quoted\""}, {"empty", ""}};
  trial.labels = {{"hyperband.s", "3"}, {"parent", "default-1"}};
  trial.explanation = "predicts \"0.12\"\nnear ä";
  trial.condition = TrialCondition::kMetricsUnavailable;
  trial.reason = "r";
  trial.message = std::string("nul\0inside", 10);
  trial.conditions = {{.type = "Created", .last_update = At(1), .last_transition = At(2)},
                      {.type = "Running", .status = false, .reason = "x", .message = "y"}};
  trial.attempt = 3;
  trial.asked_at = 41;
  trial.started = At(1);
  trial.completed = At(2.5);
  trial.observation = {{.name = "loss", .min = "-1", .max = "nan", .latest = ""},
                       {.name = "acc", .min = "a", .max = "b", .latest = "c"}};
  trial.objective = -1e-300;
  Commit({TrialCreated{.experiment = experiment_, .trial = trial}});
  trial.resource_version = *store_->LastSequence();
  EXPECT_EQ(*store_->GetTrial(experiment_, trial.name), trial);
  Reopen();
  EXPECT_EQ(*store_->GetTrialByNumber(experiment_, trial.number), trial);
}

TEST_F(SqliteStoreTest, ObjectiveIsExactForEveryDouble) {
  const std::vector<double> values = {0.0,     -0.0,      1.0,        0.1, 1e308,
                                      -5e-324, kInfinity, -kInfinity, kNan};
  for (size_t i = 0; i < values.size(); ++i) {
    StoredTrial trial = SampleTrial(static_cast<int64_t>(i));
    trial.objective = values[i];
    Commit({TrialCreated{.experiment = experiment_, .trial = trial}});
  }
  for (const StoredTrial& trial : Trials(*store_, experiment_, {})) {
    SCOPED_TRACE(trial.number);
    const double expected = values[trial.number];
    ASSERT_TRUE(trial.objective.has_value());
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(*trial.objective));
    } else {
      EXPECT_EQ(*trial.objective, expected);
    }
  }
}

TEST_F(SqliteStoreTest, BytesThatAreNotUtf8DoNotStopACommit) {
  StoredTrial trial = SampleTrial(0);
  trial.assignment = {{"x", "a\xff"}};
  trial.message = "m\xfe";
  Commit({TrialCreated{.experiment = experiment_, .trial = trial}});
  ASSERT_OK_AND_ASSIGN(const StoredTrial read, store_->GetTrialByNumber(experiment_, 0));
  EXPECT_EQ(read.assignment[0].second, "a\xEF\xBF\xBD");
  EXPECT_EQ(read.message, "m\xfe");
}

TEST_F(SqliteStoreTest, MissingTrialsAreNotFound) {
  EXPECT_THAT(store_->GetTrial(experiment_, "none"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("trial none")));
  for (const int64_t number : {int64_t{0}, int64_t{-1}, int64_t{1} << 32, int64_t{1} << 62}) {
    EXPECT_THAT(store_->GetTrialByNumber(experiment_, number),
                StatusIs(absl::StatusCode::kNotFound, HasSubstr("trial")));
    EXPECT_THAT(store_->Commit({Moved(experiment_, number, TrialCondition::kRunning, 1)}),
                StatusIs(absl::StatusCode::kNotFound, HasSubstr("trial")));
  }
  EXPECT_THAT(store_->Commit({EventAppended{.experiment = 99}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("experiment 99")));
  EXPECT_THAT(Trials(*store_, 99, {}), IsEmpty());
  EXPECT_EQ(*store_->CountTrials(99), TrialCounts());
}

TEST_F(SqliteStoreTest, ACommitIsAllOrNothing) {
  const std::string before = Describe(*store_);
  EXPECT_THAT(store_->Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)},
                              MetricsAppended{.experiment = experiment_,
                                              .number = 0,
                                              .points = {Point("never-seen", "1", 0)}},
                              TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)}}),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("0-trial")));
  EXPECT_EQ(Describe(*store_), before);
  EXPECT_EQ(*store_->CountTrials(experiment_), TrialCounts());
  // The metric's name, first met in the transaction that was taken back, is given again.
  Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)},
          MetricsAppended{
              .experiment = experiment_, .number = 0, .points = {Point("never-seen", "1", 0)}}});
  EXPECT_THAT(Metrics(*store_, experiment_, 0, {}), ElementsAre(Point("never-seen", "1", 0)));
}

TEST_F(SqliteStoreTest, EachChangeTakesTheNextSequenceNumber) {
  const int64_t before = *store_->LastSequence();
  ASSERT_OK_AND_ASSIGN(
      const int64_t after,
      store_->Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)},
                      TrialCreated{.experiment = experiment_, .trial = SampleTrial(1)},
                      EventAppended{.experiment = experiment_}}));
  EXPECT_EQ(after, before + 3);
  EXPECT_EQ(*store_->LastSequence(), after);
  EXPECT_EQ(store_->GetTrialByNumber(experiment_, 0)->resource_version, before + 1);
  EXPECT_EQ(store_->GetTrialByNumber(experiment_, 1)->resource_version, before + 2);
  EXPECT_EQ(store_->ListEvents(experiment_, std::nullopt, 1)->at(0).sequence, after);
  EXPECT_EQ(*store_->Commit({}), after);
}

TEST_F(SqliteStoreTest, QueriesChooseTrials) {
  for (int i = 0; i < 6; ++i) {
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(i)}});
  }
  Commit({Moved(experiment_, 1, TrialCondition::kRunning, 10), Succeeded(experiment_, 2, 0.5, 11),
          Moved(experiment_, 3, TrialCondition::kFailed, 12),
          Moved(experiment_, 4, TrialCondition::kKilled, 13)});
  const auto numbers = [this](const TrialQuery& query) {
    std::vector<int64_t> result;
    for (const StoredTrial& trial : Trials(*store_, experiment_, query)) {
      result.push_back(trial.number);
    }
    return result;
  };
  EXPECT_THAT(numbers({}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(numbers({.first_number = 4}), ElementsAre(4, 5));
  EXPECT_THAT(numbers({.first_number = 1, .limit = 2}), ElementsAre(1, 2));
  EXPECT_THAT(numbers({.limit = 0}), IsEmpty());
  EXPECT_THAT(numbers({.first_number = -5, .limit = 1}), ElementsAre(0));
  EXPECT_THAT(numbers({.active_only = true}), ElementsAre(0, 1, 5));
  EXPECT_THAT(numbers({.first_number = 1, .limit = 1, .active_only = true}), ElementsAre(1));
  EXPECT_THAT(numbers({.condition = TrialCondition::kCreated}), ElementsAre(0, 5));
  EXPECT_THAT(numbers({.condition = TrialCondition::kFailed}), ElementsAre(3));
  EXPECT_THAT(numbers({.condition = TrialCondition::kFailed, .active_only = true}), IsEmpty());
  EXPECT_THAT(Trials(*store_, experiment_, {.limit = 1, .with_conditions = false})[0].conditions,
              IsEmpty());
  EXPECT_EQ(*store_->CountTrials(experiment_),
            (TrialCounts{.created = 2, .running = 1, .succeeded = 1, .killed = 1, .failed = 1}));
}

TEST_F(SqliteStoreTest, VisitingStopsWhenToldAndMayUseTheStore) {
  for (int i = 0; i < 3; ++i) {
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(i)}});
  }
  int visited = 0;
  EXPECT_OK(store_->VisitTrials(experiment_, {}, [&](const StoredTrial& trial) {
    ++visited;
    EXPECT_OK(store_->GetTrialByNumber(experiment_, trial.number));
    EXPECT_OK(store_->Commit({EventAppended{.experiment = experiment_}}));
    return trial.number < 1;
  }));
  EXPECT_EQ(visited, 2);
}

TEST_F(SqliteStoreTest, BestTrialIsTheFirstOfTheBestFiniteOnes) {
  EXPECT_EQ(*store_->BestTrial(experiment_, true), std::nullopt);
  const std::vector<double> objectives = {kNan, kInfinity, -kInfinity, 2, -1, 3, -1, 3, kNan};
  for (size_t i = 0; i < objectives.size(); ++i) {
    const int64_t number = static_cast<int64_t>(i);
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(number)}});
    if (i == 3) {
      EXPECT_EQ(*store_->BestTrial(experiment_, false), std::nullopt);
    }
    Commit({Succeeded(experiment_, number, objectives[i], 10)});
  }
  EXPECT_EQ((*store_->BestTrial(experiment_, true))->number, 5);
  EXPECT_EQ((*store_->BestTrial(experiment_, false))->number, 4);
  EXPECT_EQ(**store_->BestTrial(experiment_, false), *store_->GetTrialByNumber(experiment_, 4));
}

TEST_F(SqliteStoreTest, TheBestTrialViolatesNothing) {
  EXPECT_EQ(*store_->NearestTrial(experiment_), std::nullopt);
  const std::vector<double> violations = {kInfinity, 5, 0.5, 0.5, 0, 0};
  for (size_t i = 0; i < violations.size(); ++i) {
    const int64_t number = static_cast<int64_t>(i);
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(number)}});
    TrialChanged end = Succeeded(experiment_, number, static_cast<double>(number), 10);
    end.violation = violations[i];
    Commit({end});
    EXPECT_EQ(store_->GetTrialByNumber(experiment_, number)->violation, violations[i]);
    if (i == 0) {
      EXPECT_EQ(*store_->NearestTrial(experiment_), std::nullopt);
    }
    if (i == 3) {
      EXPECT_EQ(*store_->BestTrial(experiment_, false), std::nullopt);
    }
  }
  EXPECT_EQ((*store_->BestTrial(experiment_, false))->number, 4);
  EXPECT_EQ((*store_->BestTrial(experiment_, true))->number, 5);
  EXPECT_EQ((*store_->NearestTrial(experiment_))->number, 2);
}

TEST_F(SqliteStoreTest, TheFrontIsWhatWasPutOnItAndHasNotLeft) {
  EXPECT_THAT(*store_->FrontTrials(experiment_), IsEmpty());
  for (int64_t number = 0; number < 4; ++number) {
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(number)}});
    TrialChanged end = Succeeded(experiment_, number, static_cast<double>(4 - number), 10);
    end.on_front = number != 3;
    Commit({end});
  }
  const auto front = [&] {
    std::vector<int64_t> numbers;
    const std::vector<StoredTrial> trials = store_->FrontTrials(experiment_).value();
    for (const StoredTrial& trial : trials) {
      EXPECT_TRUE(trial.on_front);
      numbers.push_back(trial.number);
    }
    return numbers;
  };
  EXPECT_THAT(front(), ElementsAre(0, 1, 2));
  const int64_t before = store_->GetTrialByNumber(experiment_, 1)->resource_version;
  Commit({FrontLeft{.experiment = experiment_, .numbers = {1, 2}}});
  EXPECT_THAT(front(), ElementsAre(0));
  EXPECT_EQ(store_->GetTrialByNumber(experiment_, 1)->resource_version, before)
      << "it tells when the trial ended";
  EXPECT_EQ((*store_->BestTrial(experiment_, false))->number, 0)
      << "trial 3 has a smaller objective, but is not on the front";
  EXPECT_THAT(store_->Commit(std::vector<Change>{FrontLeft{experiment_, {9}}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("trial 9")));
}

TEST_F(SqliteStoreTest, MetricPointsComeBackAsToldInOrder) {
  const std::vector<MetricPoint> points = {
      Point("loss", "0.5", 0),  Point("loss", "0.50", 1),    Point("acc", "-0", 0),
      Point("loss", "nan", 2),  Point("loss", "NaN", 3),     Point("loss", "inf", 4),
      Point("loss", "-inf", 5), Point("genotype", "ü|x", 0), Point("loss", "1e400", 6),
      Point("loss", "100", 7),  Point("loss", "\xff", 8)};
  Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)},
          MetricsAppended{.experiment = experiment_, .number = 0, .points = points}});
  const std::vector<MetricPoint> read = Metrics(*store_, experiment_, 0, {});
  ASSERT_THAT(read, SizeIs(points.size()));
  for (size_t i = 0; i < points.size(); ++i) {
    SCOPED_TRACE(points[i].text);
    EXPECT_EQ(read[i].metric, points[i].metric);
    EXPECT_EQ(read[i].text, points[i].text);
    EXPECT_EQ(read[i].time, points[i].time);
    EXPECT_EQ(read[i].step, points[i].step);
    if (std::isnan(points[i].value)) {
      EXPECT_TRUE(std::isnan(read[i].value));
    } else {
      EXPECT_EQ(read[i].value, points[i].value);
    }
  }
  EXPECT_THAT(Metrics(*store_, experiment_, 0, {.metric = "genotype"}), SizeIs(1));
  EXPECT_THAT(Metrics(*store_, experiment_, 0, {.metric = "none"}), IsEmpty());
  EXPECT_EQ(*store_->CountMetrics(experiment_, 0, 1), 11);
  EXPECT_EQ(*store_->CountMetrics(experiment_, 0, 2), 0);
}

TEST_F(SqliteStoreTest, PointsToldAgainAreIgnoredAndMissingOnesRefused) {
  Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)}});
  const auto append = [this](int64_t first, std::vector<MetricPoint> points) {
    return store_
        ->Commit({MetricsAppended{
            .experiment = experiment_, .number = 0, .first_ordinal = first, .points = points}})
        .status();
  };
  EXPECT_OK(append(0, {Point("loss", "0", 0), Point("loss", "1", 1)}));
  EXPECT_OK(append(0, {Point("loss", "0", 0), Point("loss", "1", 1)}));
  EXPECT_OK(append(0, {Point("loss", "0", 0)}));
  EXPECT_OK(append(1, {Point("loss", "1", 1), Point("loss", "2", 2)}));
  EXPECT_THAT(append(4, {Point("loss", "4", 4)}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("ordinal 4, but 3 are stored")));
  EXPECT_THAT(append(-1, {}), StatusIs(absl::StatusCode::kInternal, HasSubstr("ordinal -1")));
  EXPECT_THAT(Metrics(*store_, experiment_, 0, {}),
              ElementsAre(Point("loss", "0", 0), Point("loss", "1", 1), Point("loss", "2", 2)));
}

TEST_F(SqliteStoreTest, MetricsOfTheLatestAttemptAreTheUsualOnes) {
  TrialChanged again = Moved(experiment_, 0, TrialCondition::kCreated, 9);
  again.attempt = 2;
  Commit(
      {TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)},
       MetricsAppended{.experiment = experiment_, .number = 0, .points = {Point("loss", "1", 0)}},
       again,
       MetricsAppended{.experiment = experiment_,
                       .number = 0,
                       .attempt = 2,
                       .points = {Point("loss", "2", 0)}}});
  EXPECT_THAT(Metrics(*store_, experiment_, 0, {}), ElementsAre(Point("loss", "2", 0)));
  EXPECT_THAT(Metrics(*store_, experiment_, 0, {.attempt = 1}), ElementsAre(Point("loss", "1", 0)));
  EXPECT_THAT(store_->VisitMetrics(experiment_, 1, {}, [](MetricPoint) { return true; }),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("trial 1")));
}

TEST_F(SqliteStoreTest, EventsAreTheNewestOldestFirst) {
  std::vector<Change> changes;
  for (int i = 0; i < 5; ++i) {
    EventRecord event{
        .warning = i == 4, .reason = "R" + std::to_string(i), .message = "m", .time = At(i)};
    if (i % 2 == 0) event.trial = i / 2;
    changes.emplace_back(EventAppended{.experiment = experiment_, .event = event});
  }
  Commit(changes);
  const auto reasons = [this](std::optional<int64_t> number, int64_t limit) {
    std::vector<std::string> result;
    for (const EventRecord& event : Events(*store_, experiment_, number, limit)) {
      result.push_back(event.reason);
    }
    return result;
  };
  EXPECT_THAT(reasons(std::nullopt, 2), ElementsAre("R3", "R4"));
  EXPECT_THAT(reasons(std::nullopt, 100), SizeIs(5));
  EXPECT_THAT(reasons(1, 100), ElementsAre("R2"));
  ASSERT_OK_AND_ASSIGN(const auto last, store_->ListEvents(experiment_, 2, 1));
  EXPECT_THAT(last, ElementsAre(EventRecord{.sequence = *store_->LastSequence(),
                                            .trial = 2,
                                            .warning = true,
                                            .reason = "R4",
                                            .message = "m",
                                            .time = At(4)}));
}

}  // namespace
}  // namespace qalam
