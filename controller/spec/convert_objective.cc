// spec.objective, the limits, the collector, and the seed.
#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"
#include "core/random_stream.h"

namespace qalam {
namespace {

void ReadMetricNames(const SpecField& field, Objective* objective) {
  const SpecField name = field.At("objectiveMetricName");
  if (name.Text().empty()) name.Error("is missing; name the metric that the trials report");
  objective->metrics.push_back({name.Text()});
  std::set<std::string> seen;
  for (const SpecField& item : field.At("additionalMetricNames").Items()) {
    if (item.Text().empty()) {
      item.Error("is empty; name a metric that the trials report");
    } else if (item.Text() == name.Text()) {
      item.Error(absl::StrCat(Quote(item.Text()),
                              " is the objective metric already; remove it from this list"));
    } else if (!seen.insert(item.Text()).second) {
      item.Warn(absl::StrCat(Quote(item.Text()), " is listed twice"));
    } else {
      objective->metrics.push_back({item.Text()});
    }
  }
}

void ReadStrategies(const SpecField& strategies, Objective* objective) {
  std::set<std::string> seen;
  std::vector<std::string> names;
  for (const MetricSpec& metric : objective->metrics) names.push_back(metric.name);
  for (const SpecField& item : strategies.Items()) {
    const SpecField name = item.At("name");
    const SpecField value = item.At("value");
    if (name.Text().empty()) name.Error("is missing; name the metric that the strategy is for");
    if (value.Text().empty()) value.Error("is missing; allowed: min, max or latest");
    if (name.Text().empty()) continue;
    if (!seen.insert(name.Text()).second) {
      name.Error(absl::StrCat("the metric ", Quote(name.Text()), " has a strategy already"));
      continue;
    }
    const auto metric = std::find(names.begin(), names.end(), name.Text());
    if (metric == names.end()) {
      name.Warn(absl::StrCat(Quote(name.Text()), " is no metric of this experiment.",
                             DidYouMean(name.Text(), names), " The strategy is ignored."));
      continue;
    }
    const std::optional<MetricStrategy> strategy = ParseMetricStrategy(value.Text());
    if (strategy) objective->metrics[metric - names.begin()].strategy = *strategy;
  }
}

void ReadFile(const SpecField& file, MetricsCollectorSpec* collector) {
  const SpecField path = file.At("path");
  if (path.Text().empty()) {
    collector->path = "/var/log/katib/metrics.log";
  } else if (!absl::StartsWith(path.Text(), "/") || absl::EndsWith(path.Text(), "/")) {
    path.Error(absl::StrCat(Quote(path.Text()), " is not the absolute path of a file"));
  } else {
    collector->path = path.Text();
  }
  const SpecField kind = file.At("kind");
  if (kind.Text() == "Directory") kind.Error("a File collector reads a File, not a Directory");
  if (file.At("format").Text() == "JSON") collector->format = FileFormat::kJson;
}

void ReadFilters(const SpecField& filter, MetricsCollectorSpec* collector) {
  const SpecField formats = filter.At("metricsFormat");
  if (collector->format == FileFormat::kJson && formats.present()) {
    filter.Error("is not allowed with format JSON, whose lines name their metrics");
    return;
  }
  // Each is compiled, which a hostile one makes costly.
  constexpr size_t kMaxFilters = 100;
  collector->filters = formats.Texts();
  if (collector->filters.size() > kMaxFilters) {
    formats.Error(absl::StrCat(collector->filters.size(), " expressions are too many; at most ",
                               kMaxFilters, " are allowed"));
    collector->filters.clear();
  }
}

}  // namespace

std::optional<double> ReadGoal(const SpecField& goal) {
  if (!goal.present()) return std::nullopt;
  const std::optional<double> number = ParseNumber(goal.Text());
  if (!number || std::isfinite(*number)) return number;
  goal.Error(absl::StrCat("the goal is ", Quote(goal.Text()),
                          ", which no trial can reach or miss; it must be a finite number"));
  return std::nullopt;
}

Objective ReadObjective(const SpecField& spec, FurtherGoals* further_goals) {
  Objective objective;
  const SpecField field = spec.At("objective");
  const SpecField list = spec.At("objectives");
  if (!field.present() && !list.present()) {
    field.Error("is missing; give type (minimize or maximize) and objectiveMetricName");
    return objective;
  }
  if (field.present()) {
    const SpecField type = field.At("type");
    if (type.Text().empty()) type.Error("is missing; allowed: minimize or maximize");
    objective.direction = ParseDirection(type.Text()).value_or(Direction::kMinimize);
    objective.goal = ReadGoal(field.At("goal"));
    ReadMetricNames(field, &objective);
  }
  const bool maximize = objective.direction == Direction::kMaximize;
  for (MetricSpec& metric : objective.metrics) {
    metric.strategy = maximize ? MetricStrategy::kMax : MetricStrategy::kMin;
  }
  ReadObjectiveList(list, field, &objective, further_goals);
  ReadOutcomeConstraints(spec.At("constraints"), &objective);
  ReadStrategies(field.At("metricStrategies"), &objective);
  ReadOwnStrategies(spec, &objective);
  return objective;
}

Budget ReadBudget(const SpecField& spec) {
  Budget budget;
  budget.max_trial_count = spec.At("maxTrialCount").Integer();
  budget.max_failed_trial_count = spec.At("maxFailedTrialCount").Integer();
  // Katib's default, but never more than there will be trials.
  budget.parallel_trial_count = 3;
  if (budget.max_trial_count.value_or(0) > 0) {
    budget.parallel_trial_count = std::min<int64_t>(3, *budget.max_trial_count);
  }
  if (const auto parallel = spec.At("parallelTrialCount").Integer()) {
    budget.parallel_trial_count = *parallel;
  }
  return budget;
}

namespace {

// A whole number of at least 1; nothing, and an error, where it is another.
std::optional<int64_t> ReadPositive(const SpecField& field) {
  const std::optional<int64_t> number = field.Integer();
  if (!number || *number >= 1) return number;
  field.Error(absl::StrCat(*number, " is not allowed; it must be at least 1"));
  return std::nullopt;
}

std::optional<EndRules::MaxCost> ReadMaxCost(const SpecField& field, const Objective& objective) {
  if (!field.present()) return std::nullopt;
  const SpecField metric = field.At("metricName");
  const SpecField total = field.At("total");
  EndRules::MaxCost cost{.metric = metric.Text(), .total = ParseNumber(total.Text()).value_or(0)};
  const auto is_cost = [&](const MetricSpec& known) { return known.name == cost.metric; };
  if (cost.metric.empty()) {
    metric.Error("is missing; name the metric by which trials report what they cost");
  } else if (std::none_of(objective.metrics.begin(), objective.metrics.end(), is_cost)) {
    metric.Error(absl::StrCat(Quote(cost.metric),
                              " is not read from the trials; add it to "
                              "spec.objective.additionalMetricNames"));
  }
  if (!total.present()) {
    total.Error("is missing; give what all trials may cost together");
  } else if (!std::isfinite(cost.total) || cost.total <= 0) {
    total.Error(absl::StrCat(Quote(total.Text()), " is not allowed; it must be a number above 0"));
  }
  return cost;
}

constexpr char kNoise[] = "noise";

std::optional<EndRules::ImprovementBelow> ReadImprovementBelow(const SpecField& field,
                                                               const Objective& objective) {
  if (!field.present()) return std::nullopt;
  EndRules::ImprovementBelow below;
  if (field.Text() != kNoise) {
    below.amount = ParseNumber(field.Text()).value_or(0);
    if (!std::isfinite(*below.amount) || *below.amount <= 0) {
      field.Error(absl::StrCat(Quote(field.Text()), " is not allowed; it must be ", kNoise,
                               ", or a number above 0"));
    }
  }
  if (objective.count() > 1) {
    field.Error(
        "works with one objective, and there are several; use trialsWithoutImprovement, which "
        "looks at their Pareto front");
  }
  return below;
}

}  // namespace

EndRules ReadEndRules(const SpecField& spec, const Objective& objective) {
  EndRules rules;
  if (const auto seconds = ReadPositive(spec.At("maxDurationSeconds"))) {
    rules.max_duration = absl::Seconds(*seconds);
  }
  rules.trials_without_improvement =
      ReadPositive(spec.At("terminator").At("trialsWithoutImprovement"));
  rules.improvement_below =
      ReadImprovementBelow(spec.At("terminator").At("improvementBelow"), objective);
  rules.max_cost = ReadMaxCost(spec.At("maxCost"), objective);
  return rules;
}

std::vector<absl::Status> ValidateBudget(const Budget& budget, int64_t existing_trials) {
  std::vector<absl::Status> problems;
  const auto problem = [&](const auto&... parts) {
    problems.push_back(absl::InvalidArgumentError(absl::StrCat("spec.", parts...)));
  };
  const std::optional<int64_t>& max = budget.max_trial_count;
  const std::optional<int64_t>& max_failed = budget.max_failed_trial_count;
  if (max && *max <= 0) {
    problem("maxTrialCount: ", *max,
            " is not allowed; it must be greater than 0, or absent for no limit");
  } else if (max && *max < existing_trials) {
    problem("maxTrialCount: ", *max, " is less than the ", existing_trials,
            " trials that there are already");
  }
  if (budget.parallel_trial_count <= 0) {
    problem("parallelTrialCount: ", budget.parallel_trial_count,
            " is not allowed; it must be greater than 0");
  } else if (max && *max > 0 && budget.parallel_trial_count > *max) {
    problem("parallelTrialCount: ", budget.parallel_trial_count, " is more than maxTrialCount, ",
            *max);
  }
  if (max_failed && *max_failed < 0) {
    problem("maxFailedTrialCount: ", *max_failed, " is not allowed; it must not be negative");
  } else if (max && *max > 0 && max_failed && *max_failed > *max) {
    problem("maxFailedTrialCount: ", *max_failed, " is more than maxTrialCount, ", *max);
  }
  return problems;
}

MetricsCollectorSpec ReadCollector(const SpecField& field) {
  MetricsCollectorSpec collector;
  const SpecField kind = field.At("collector").At("kind");
  const SpecField source = field.At("source");
  const std::string name = kind.Text();
  if (name == "File") {
    collector.kind = CollectorKind::kFile;
    ReadFile(source.At("fileSystemPath"), &collector);
  } else if (name == "None") {
    collector.kind = CollectorKind::kNone;
  } else if (name == "TensorFlowEvent" || name == "PrometheusMetric" || name == "Custom" ||
             name == "Push") {
    kind.Error(
        absl::StrCat("the collector ", name, " is not supported yet; supported: StdOut, File"));
    return collector;  // what it reads has other rules
  } else if (!name.empty() && name != "StdOut") {
    kind.Error(NotAllowed(name, {"StdOut", "File", "None"}));
  }
  if (name != "File" && source.At("fileSystemPath").present()) {
    source.At("fileSystemPath").Warn("is ignored; only the collector kind File reads a file");
  }
  ReadFilters(source.At("filter"), &collector);
  return collector;
}

uint64_t ReadSeed(const SpecField& seed, const ExperimentSpec& spec) {
  if (const std::optional<int64_t> number = seed.Integer()) {
    if (*number >= 0) return static_cast<uint64_t>(*number);
    seed.Error(absl::StrCat(*number, " is not allowed; a seed must not be negative"));
    return 0;
  }
  const auto setting = spec.algorithm.settings.find("random_state");
  uint64_t number = 0;
  if (setting != spec.algorithm.settings.end() && absl::SimpleAtoi(setting->second, &number)) {
    return number;
  }
  return StableHash(absl::StrCat(spec.ns, "/", spec.name));
}

}  // namespace qalam
