#include "tests/storage/sample_store.h"

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/parameter.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

std::string DescribeTime(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::StrCat(absl::ToUnixNanos(*time)) : "-";
}

std::string DescribeConditions(const std::vector<ConditionRecord>& conditions) {
  return absl::StrJoin(conditions, " ", [](std::string* out, const ConditionRecord& c) {
    absl::StrAppend(out, c.type, "=", c.status, "/", c.reason, "/", c.message, "@",
                    absl::ToUnixNanos(c.last_update), "/", absl::ToUnixNanos(c.last_transition));
  });
}

std::string DescribeTrial(const StoredTrial& trial) {
  std::string text = absl::StrCat(trial.number, " ", trial.name, " ", trial.uid, " ");
  absl::StrAppend(&text, absl::StrJoin(trial.assignment, ",", absl::PairFormatter("=")), " ",
                  absl::StrJoin(trial.labels, ",", absl::PairFormatter("=")), " ",
                  TrialConditionName(trial.condition), "/", trial.reason, "/", trial.message, " ",
                  trial.attempt, " ", trial.asked_at, " ", DescribeTime(trial.created), " ",
                  DescribeTime(trial.started), " ", DescribeTime(trial.completed), " ");
  absl::StrAppend(&text, trial.explanation, " ");
  for (const MetricSummary& m : trial.observation) {
    absl::StrAppend(&text, m.name, ":", m.min, ":", m.max, ":", m.latest, " ");
  }
  absl::StrAppend(&text, trial.objective.has_value() ? FormatNumber(*trial.objective) : "-",
                  trial.violation > 0 ? absl::StrCat(" violates ", trial.violation) : "",
                  trial.on_front ? " on the front" : "", " rv", trial.resource_version, " ",
                  DescribeConditions(trial.conditions));
  return text;
}

void DescribeExperiment(const Store& store, const ExperimentRecord& record, std::string* out) {
  absl::StrAppend(out, "experiment ", record.id, " ", record.ns, "/", record.name, " ", record.uid,
                  " ", DescribeTime(record.created), " ", record.manifest, " ", record.companions,
                  " g", record.generation, " rv", record.resource_version, " ",
                  record.max_trial_count.value_or(-1), " ", record.parallel_trial_count, " ",
                  record.max_failed_trial_count.value_or(-1), " ", record.condition, " ",
                  DescribeConditions(record.conditions), " ", DescribeTime(record.started), " ",
                  DescribeTime(record.completed), "\n");
  for (const StoredTrial& trial : Trials(store, record.id, {})) {
    absl::StrAppend(out, "  trial ", DescribeTrial(trial), "\n");
    for (const MetricPoint& p : Metrics(store, record.id, trial.number, {})) {
      absl::StrAppend(out, "    ", p.metric, " ", p.text, " ", FormatNumber(p.value), " ",
                      DescribeTime(p.time), " ", p.step, "\n");
    }
  }
  for (const EventRecord& event : Events(store, record.id, std::nullopt, -1)) {
    absl::StrAppend(out, "  event ", event.sequence, " ", event.trial.value_or(-1), " ",
                    event.warning, " ", event.reason, " ", event.message, " ",
                    DescribeTime(event.time), "\n");
  }
}

}  // namespace

TempFolder::TempFolder() {
  path_ = testing::TempDir() + "qalam_XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "no temporary folder at " << path_;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

absl::Time At(double seconds) { return absl::FromUnixSeconds(1795428000) + absl::Seconds(seconds); }

ExperimentRecord SampleExperiment(const std::string& name) {
  ExperimentRecord record;
  record.ns = "default";
  record.name = name;
  record.uid = "uid-of-" + name;
  record.created = At(0);
  record.manifest = R"({"metadata":{"name":")" + name + R"("},"spec":{"unknown":[1,"ä"]}})";
  record.companions = "[]";
  record.max_trial_count = 12;
  record.condition = "Created";
  record.conditions = {{.type = "Created",
                        .status = true,
                        .reason = "ExperimentCreated",
                        .message = "Experiment is created",
                        .last_update = At(0),
                        .last_transition = At(0)}};
  return record;
}

StoredTrial SampleTrial(int64_t number) {
  StoredTrial trial;
  trial.number = number;
  trial.name = absl::StrCat(number, "-trial");
  trial.uid = absl::StrCat("uid-of-trial-", number);
  trial.assignment = {{"lr", "0.1"}, {"batch", "64"}};
  trial.labels = {{"rung", "0"}};
  trial.reason = "TrialCreated";
  trial.message = "Trial is created";
  trial.asked_at = 1;
  trial.created = At(static_cast<double>(number));
  return trial;
}

MetricPoint Point(const std::string& metric, const std::string& text, int64_t step) {
  return {.metric = metric,
          .text = text,
          .value = ParseNumber(text).value_or(std::numeric_limits<double>::quiet_NaN()),
          .time = At(100 + static_cast<double>(step)),
          .step = step};
}

TrialChanged Moved(int64_t experiment, int64_t number, TrialCondition condition, double seconds) {
  return {.experiment = experiment,
          .number = number,
          .condition = condition,
          .reason = absl::StrCat("Trial", TrialConditionName(condition)),
          .message = absl::StrCat("Trial is ", TrialConditionName(condition)),
          .time = At(seconds)};
}

TrialChanged Succeeded(int64_t experiment, int64_t number, double objective, double seconds) {
  TrialChanged change = Moved(experiment, number, TrialCondition::kSucceeded, seconds);
  const std::string text = FormatNumber(objective);
  change.observation = {{.name = "loss", .min = text, .max = text, .latest = text}};
  change.objective = objective;
  return change;
}

std::vector<StoredTrial> Trials(const Store& store, int64_t experiment, const TrialQuery& query) {
  std::vector<StoredTrial> trials;
  EXPECT_OK(store.VisitTrials(experiment, query, [&](StoredTrial trial) {
    trials.push_back(std::move(trial));
    return true;
  }));
  return trials;
}

std::vector<MetricPoint> Metrics(const Store& store, int64_t experiment, int64_t number,
                                 const MetricQuery& query) {
  std::vector<MetricPoint> points;
  EXPECT_OK(store.VisitMetrics(experiment, number, query, [&](MetricPoint point) {
    points.push_back(std::move(point));
    return true;
  }));
  return points;
}

std::vector<EventRecord> Events(const Store& store, int64_t experiment,
                                std::optional<int64_t> number, int64_t limit) {
  auto events = store.ListEvents(experiment, number, limit);
  EXPECT_OK(events);
  return events.ok() ? *std::move(events) : std::vector<EventRecord>();
}

std::string Describe(const Store& store) {
  const auto sequence = store.LastSequence();
  const auto records = store.ListExperiments();
  EXPECT_OK(sequence);
  EXPECT_OK(records);
  if (!sequence.ok() || !records.ok()) return "";
  std::string text = absl::StrCat("sequence ", *sequence, "\n");
  for (const ExperimentRecord& record : *records) DescribeExperiment(store, record, &text);
  return text;
}

void FillSampleStore(Store* store) {
  ASSERT_OK_AND_ASSIGN(ExperimentRecord record,
                       store->CreateExperiment(SampleExperiment("golden")));
  ASSERT_OK(store->CreateExperiment(SampleExperiment("second")));
  const int64_t id = record.id;
  record.condition = "Running";
  record.started = At(1);
  TrialChanged lost = Moved(id, 1, TrialCondition::kCreated, 9);
  lost.attempt = 2;
  const std::vector<Change> changes = {
      ExperimentChange{.experiment = id, .record = record},
      TrialCreated{.experiment = id, .trial = SampleTrial(0)},
      TrialCreated{.experiment = id, .trial = SampleTrial(1)},
      Moved(id, 0, TrialCondition::kRunning, 5),
      Moved(id, 1, TrialCondition::kRunning, 6),
      MetricsAppended{.experiment = id,
                      .number = 0,
                      .points = {Point("loss", "0.50", 0), Point("loss", "nan", 1),
                                 Point("genotype", "a|b", 0), Point("loss", "-inf", 2)}},
      EventAppended{.experiment = id,
                    .event = {.trial = 1,
                              .warning = true,
                              .reason = "TrialLost",
                              .message = "The trial's process is gone",
                              .time = At(8)}},
      lost,
      Succeeded(id, 0, 0.25, 10)};
  ASSERT_OK(store->Commit(changes));
}

void StoreTest::SetUp() {
  Reopen();
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord record,
                       store_->CreateExperiment(SampleExperiment("sample")));
  experiment_ = record.id;
}

void StoreTest::Reopen() {
  store_.reset();
  auto store = OpenSqliteStore(path_);
  ASSERT_OK(store);
  store_ = *std::move(store);
}

void StoreTest::Commit(std::vector<Change> changes) { ASSERT_OK(store_->Commit(changes)); }

}  // namespace qalam
