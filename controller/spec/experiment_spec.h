#ifndef QALAM_CONTROLLER_SPEC_EXPERIMENT_SPEC_H_
#define QALAM_CONTROLLER_SPEC_EXPERIMENT_SPEC_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/json.h"
#include "core/objective.h"
#include "core/outcomes.h"
#include "core/search_space.h"
#include "core/trial.h"
#include "suggestion/registry.h"
#include "trials/manifest.h"
#include "trials/metrics/collector.h"

namespace qalam {

// spec.algorithm and spec.earlyStopping: a name and its settings.
struct AlgorithmSpec {
  std::string name;
  Settings settings;
};

// A trial of spec.initialTrials.
struct InitialTrial {
  NamedValues values;  // of the parameters that exist there, in the space's order
  // Its result where it is known, else absent: then the trial is run.
  std::optional<double> objective;
  std::vector<MetricSummary> observation;
  bool known() const { return objective.has_value(); }
  friend bool operator==(const InitialTrial&, const InitialTrial&) = default;
};

// An item of spec.warmStartFrom: an experiment by name or, when that is empty, all of the namespace
// that have the labels.
struct WarmStartRef {
  std::string ns;
  std::string name;
  std::map<std::string, std::string> labels;
  friend bool operator==(const WarmStartRef&, const WarmStartRef&) = default;
};

enum class ResumePolicy { kNever, kLongRunning, kFromVolume };

// The limits of an experiment, the only part that may be edited later.
struct Budget {
  std::optional<int64_t> max_trial_count;  // absent: unlimited
  int64_t parallel_trial_count = 3;
  std::optional<int64_t> max_failed_trial_count;  // absent: unlimited
  friend bool operator==(const Budget&, const Budget&) = default;
};

// What ends an experiment before its trials are done; not in Katib.
struct EndRules {
  // spec.maxDurationSeconds: since it began to run, or went on after it was stopped or finished.
  std::optional<absl::Duration> max_duration;
  // spec.terminator.trialsWithoutImprovement: completed trials since there was a better one.
  std::optional<int64_t> trials_without_improvement;
  // spec.terminator.improvementBelow: nothing is likely to be better by so much any more, or by
  // more than the noise of the results (see suggestion/gp/outlook.h).
  struct ImprovementBelow {
    std::optional<double> amount;  // finite, above 0; absent: noise
    friend bool operator==(const ImprovementBelow&, const ImprovementBelow&) = default;
  };
  std::optional<ImprovementBelow> improvement_below;
  // spec.maxCost: of all trials that have ended, by the latest values of a metric.
  struct MaxCost {
    std::string metric;
    double total = 0;  // finite, above 0
    friend bool operator==(const MaxCost&, const MaxCost&) = default;
  };
  std::optional<MaxCost> max_cost;
  friend bool operator==(const EndRules&, const EndRules&) = default;
};

// An Experiment, read, completed with defaults and valid. Immutable once made.
struct ExperimentSpec {
  std::string ns;
  std::string name;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;

  std::shared_ptr<const SearchSpace> space;
  Objective objective;
  FurtherGoals further_goals;
  // Trials that come before the algorithm is asked, known ones first.
  std::vector<InitialTrial> initial_trials;
  AlgorithmSpec algorithm;
  DuplicatePolicy duplicates = DuplicatePolicy::kAvoid;
  // Earlier experiments to learn from: what was asked for, and what came of it when the experiment
  // was created (see warm_start.h), which is stored with it.
  std::vector<WarmStartRef> warm_start_from;
  std::vector<std::shared_ptr<const SourceTrials>> sources;
  std::optional<AlgorithmSpec> early_stopping;
  Budget budget;
  // As in the manifest, whatever `budget` was edited to since: what algorithms plan with.
  Budget submitted_budget;
  EndRules end_rules;
  ResumePolicy resume_policy = ResumePolicy::kNever;
  MetricsCollectorSpec collector;
  TrialTemplate trial_template;
  CompanionObjects companions;
  // Names every random choice. spec.seed where given, else the setting random_state, else derived
  // from namespace and name: the same file gives the same run.
  uint64_t seed = 0;

  // The object as written, with defaults filled in ("metadata" and "spec"; unknown fields kept).
  std::shared_ptr<const Json> manifest;
  // The ConfigMaps and Secrets that came with it, as a JSON array.
  std::shared_ptr<const Json> companion_objects;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_EXPERIMENT_SPEC_H_
