#include "controller/warm_start.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"
#include "core/text.h"
#include "suggestion/registry.h"

namespace qalam {
namespace {

constexpr char kField[] = "spec.warmStartFrom";

std::string FullName(const ExperimentRecord& record) {
  return absl::StrCat(record.ns, "/", record.name);
}

bool HasLabels(const ExperimentRecord& record, const std::map<std::string, std::string>& labels) {
  const Json manifest = Json::parse(record.manifest, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("metadata")) return false;
  const Json& metadata = manifest["metadata"];
  if (!metadata.is_object() || !metadata.contains("labels")) return false;
  const Json& own = metadata["labels"];
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    return own.is_object() && own.contains(label.first) && own[label.first] == label.second;
  });
}

// The place of a source's value in a parameter of ours; nothing where it has none.
std::optional<double> Convert(const Parameter& parameter, const std::string& text) {
  if (parameter.type == ParameterType::kCategorical) {
    const absl::StatusOr<double> value = parameter.ParseValue(text);
    if (value.ok()) return *value;
    return std::nullopt;
  }
  const std::optional<double> number = ParseNumber(text);
  if (!number.has_value() || !std::isfinite(*number)) return std::nullopt;
  if (parameter.is_numeric()) {
    if (parameter.is_log() && *number <= 0) return parameter.min;
    return parameter.type == ParameterType::kInt ? std::round(*number) : *number;
  }
  double nearest = 0;
  for (size_t k = 1; k < parameter.list.size(); ++k) {
    const double value = static_cast<double>(k);
    if (std::fabs(parameter.NumberOf(value) - *number) <
        std::fabs(parameter.NumberOf(nearest) - *number)) {
      nearest = value;
    }
  }
  return nearest;
}

// The trials of one experiment, mapped into the space of another.
class Mapper {
 public:
  explicit Mapper(const SearchSpace& space) : space_(space) {}

  // Nothing when the trial cannot be told in this space.
  std::optional<Assignment> Map(const NamedValues& values) {
    Assignment assignment(static_cast<size_t>(space_.size()));
    for (int i = 0; i < space_.size(); ++i) {
      const Parameter& parameter = space_.parameter(i);
      assignment[i] = space_.tree().canonical(i);
      const auto given = std::find_if(values.begin(), values.end(), [&](const auto& value) {
        return value.first == parameter.name;
      });
      if (given == values.end()) continue;
      shares_parameter_ = true;
      const std::optional<double> value = Convert(parameter, given->second);
      if (!value.has_value()) return std::nullopt;
      assignment[i] = *value;
    }
    return space_.Canonical(std::move(assignment));
  }

  bool shares_parameter() const { return shares_parameter_; }

 private:
  const SearchSpace& space_;
  bool shares_parameter_ = false;
};

// The value of our objective metric in a trial of another experiment.
std::optional<double> ValueOf(const StoredTrial& trial, const Objective& theirs,
                              const std::string& metric) {
  if (!theirs.metrics.empty() && theirs.metrics[0].name == metric) return trial.objective;
  for (const MetricSummary& summary : trial.observation) {
    if (summary.name != metric) continue;
    for (const MetricSpec& spec : theirs.metrics) {
      if (spec.name != metric) continue;
      return ParseNumber(spec.strategy == MetricStrategy::kMin   ? summary.min
                         : spec.strategy == MetricStrategy::kMax ? summary.max
                                                                 : summary.latest);
    }
  }
  return std::nullopt;
}

// Keeps the best half of the room for the best, and spreads the rest of it evenly over the others,
// by rank. The order of the trials stays.
void Limit(SourceTrials& source) {
  const size_t count = source.points.size();
  if (count <= kMaxSourceTrials) return;
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return source.losses[a] < source.losses[b]; });
  constexpr size_t kBest = kMaxSourceTrials / 2;
  std::vector<size_t> kept(order.begin(), order.begin() + kBest);
  constexpr size_t kSpread = kMaxSourceTrials - kBest;
  for (size_t k = 0; k < kSpread; ++k) {
    kept.push_back(order[kBest + (count - kBest) * (k + 1) / kSpread - 1]);
  }
  std::sort(kept.begin(), kept.end());
  SourceTrials limited{.name = source.name, .points = {}, .losses = {}};
  for (const size_t i : kept) {
    limited.points.push_back(std::move(source.points[i]));
    limited.losses.push_back(source.losses[i]);
  }
  source = std::move(limited);
}

class Resolver {
 public:
  Resolver(const Store& store, const ExperimentSpec& spec) : store_(store), spec_(spec) {}

  absl::StatusOr<WarmStart> Resolve() {
    QALAM_ASSIGN_OR_RETURN(experiments_, store_.ListExperiments());
    std::vector<const ExperimentRecord*> found;
    for (const WarmStartRef& ref : spec_.warm_start_from) {
      QALAM_RETURN_IF_ERROR(Find(ref, found));
    }
    if (found.size() > kMaxSources) {
      std::stable_sort(found.begin(), found.end(),
                       [](const auto* a, const auto* b) { return a->created > b->created; });
      Warn(absl::StrCat(found.size(), " experiments are more than ", kMaxSources,
                        "; the newest are used"));
      found.resize(kMaxSources);
    }
    for (const ExperimentRecord* record : found) QALAM_RETURN_IF_ERROR(AddSource(*record));
    WarnOfAlgorithm();
    return std::move(result_);
  }

 private:
  void Warn(absl::string_view what) {
    result_.warnings.push_back(absl::StrCat(kField, ": ", what));
  }

  absl::Status Find(const WarmStartRef& ref, std::vector<const ExperimentRecord*>& found) {
    std::vector<std::string> names;
    bool any = false;
    for (const ExperimentRecord& record : experiments_) {
      if (record.ns != ref.ns) continue;
      names.push_back(record.name);
      const bool is_self = record.ns == spec_.ns && record.name == spec_.name;
      const bool wanted =
          ref.name.empty() ? !is_self && HasLabels(record, ref.labels) : record.name == ref.name;
      if (!wanted) continue;
      any = true;
      if (std::find(found.begin(), found.end(), &record) == found.end()) found.push_back(&record);
    }
    if (any) return absl::OkStatus();
    if (ref.name.empty()) {
      Warn(absl::StrCat("no experiment of namespace ", ref.ns, " has the labels ",
                        absl::StrJoin(ref.labels, ", ", absl::PairFormatter("="))));
      return absl::OkStatus();
    }
    const std::string near = ClosestMatch(ref.name, names);
    return absl::InvalidArgumentError(absl::StrCat(
        kField, ": there is no experiment ", ref.ns, "/", ref.name, " in this data folder",
        near.empty() ? "; `qalam get experiments -A` lists what there is"
                     : absl::StrCat("; did you mean ", near, "?")));
  }

  absl::Status AddSource(const ExperimentRecord& record) {
    QALAM_ASSIGN_OR_RETURN(const ExperimentSpec theirs,
                           RestoreExperiment(record.manifest, record.companions));
    const std::string& metric = spec_.objective.metrics[0].name;
    QALAM_RETURN_IF_ERROR(CheckObjective(record, theirs.objective));
    const double sign = spec_.objective.direction == Direction::kMinimize ? 1 : -1;
    SourceTrials source{.name = FullName(record), .points = {}, .losses = {}};
    Mapper mapper(*spec_.space);
    int64_t finished = 0;
    const auto add = [&](const StoredTrial& trial) {
      if (trial.condition != TrialCondition::kSucceeded) return true;
      const std::optional<double> value = ValueOf(trial, theirs.objective, metric);
      if (!value.has_value() || !std::isfinite(*value)) return true;
      ++finished;
      std::optional<Assignment> point = mapper.Map(trial.assignment);
      if (!point.has_value()) return true;
      source.points.push_back(*std::move(point));
      source.losses.push_back(sign * *value + 0.0);
      return true;
    };
    QALAM_RETURN_IF_ERROR(store_.VisitTrials(record.id, {.with_conditions = false}, add));
    if (finished > 0 && !mapper.shares_parameter()) {
      return absl::InvalidArgumentError(
          absl::StrCat(kField, ": experiment ", FullName(record),
                       " has no parameter in common with this one; leave it out"));
    }
    Describe(record, finished, source);
    Limit(source);
    if (!source.points.empty()) {
      result_.sources.push_back(std::make_shared<const SourceTrials>(std::move(source)));
    }
    return absl::OkStatus();
  }

  absl::Status CheckObjective(const ExperimentRecord& record, const Objective& theirs) {
    const std::string& metric = spec_.objective.metrics[0].name;
    std::vector<std::string> names;
    for (const MetricSpec& spec : theirs.metrics) names.push_back(spec.name);
    if (std::find(names.begin(), names.end(), metric) == names.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(kField, ": experiment ", FullName(record), " does not report the metric \"",
                       metric, "\" (it has ", absl::StrJoin(names, ", "), "); leave it out"));
    }
    if (names[0] == metric && theirs.direction != spec_.objective.direction) {
      Warn(absl::StrCat("experiment ", FullName(record), " was to ",
                        DirectionName(theirs.direction), " ", metric,
                        ", and this one is the other way round; its best trials count as bad"));
    }
    return absl::OkStatus();
  }

  void Describe(const ExperimentRecord& record, int64_t finished, const SourceTrials& source) {
    const int64_t lost = finished - static_cast<int64_t>(source.points.size());
    if (finished == 0) {
      Warn(absl::StrCat("experiment ", FullName(record),
                        " has no succeeded trial yet; nothing is learnt from it"));
    } else if (lost > 0) {
      Warn(absl::StrCat(lost, " of ", finished, " trials of ", FullName(record),
                        " have a value that no parameter of this experiment can have; they are "
                        "left out"));
    }
  }

  void WarnOfAlgorithm() {
    const absl::StatusOr<const AlgorithmDescriptor*> found = FindAlgorithm(spec_.algorithm.name);
    if (!found.ok() || (*found)->capabilities.transfers) return;
    Warn(absl::StrCat("algorithm ", spec_.algorithm.name,
                      " does not learn from earlier experiments"));
  }

  const Store& store_;
  const ExperimentSpec& spec_;
  std::vector<ExperimentRecord> experiments_;
  WarmStart result_;
};

}  // namespace

absl::StatusOr<WarmStart> ResolveWarmStart(const Store& store, const ExperimentSpec& spec) {
  if (spec.warm_start_from.empty()) return WarmStart();
  return Resolver(store, spec).Resolve();
}

absl::StatusOr<std::vector<std::string>> AddSources(const Store& store, ExperimentSpec* spec) {
  QALAM_ASSIGN_OR_RETURN(WarmStart warm_start, ResolveWarmStart(store, *spec));
  spec->sources = std::move(warm_start.sources);
  return std::move(warm_start.warnings);
}

}  // namespace qalam
