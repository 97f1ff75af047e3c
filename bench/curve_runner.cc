#include "bench/curve_runner.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "bench/cpu_time.h"
#include "bench/disguise.h"
#include "core/history.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/fidelity/resource.h"

namespace qalam::bench {
namespace {

constexpr double kRounding = 1e-9;

bool HasSetting(const AlgorithmDescriptor& algorithm, absl::string_view name) {
  return std::any_of(algorithm.settings.begin(), algorithm.settings.end(),
                     [&](const SettingSpec& setting) { return setting.name == name; });
}

// Simulated workers around one suggester, until the budget's epochs are used.
class CurveSimulation {
 public:
  CurveSimulation(const RunSpec& spec, const AlgorithmDescriptor& algorithm, Resource resource,
                  Disguise disguise)
      : spec_(spec),
        problem_(*spec.problem),
        full_(problem_.info().length->full),
        algorithm_(algorithm),
        resource_(std::move(resource)),
        disguise_(std::move(disguise)),
        space_(algorithm.capabilities.multi_fidelity ? disguise_.space()
                                                     : resource_.configurations()),
        history_(space_, ObjectiveOf(problem_.info())),
        scorer_(problem_, spec.budget) {}

  absl::StatusOr<std::vector<CurvePoint>> Run() {
    QALAM_ASSIGN_OR_RETURN(suggester_, CreateSuggester(algorithm_.name, MakeSpec()));
    while (!scorer_.done()) {
      QALAM_RETURN_IF_ERROR(FillWorkers());
      if (running_.empty()) break;
      FinishNext();
    }
    scorer_.Exhaust();
    return scorer_.curve();
  }

 private:
  struct Running {
    double end = 0;   // on the simulated clock
    double cost = 0;  // in whole trainings
    TrialRecord trial;
    Evaluation evaluation;
    bool whole = false;
  };

  SuggesterSpec MakeSpec() const {
    SuggesterSpec spec;
    spec.space = space_;
    spec.objective = history_.objective();
    spec.settings = spec_.algorithm.settings;
    if (algorithm_.capabilities.multi_fidelity) {
      spec.settings.insert({"resource_name", resource_.name()});
      if (HasSetting(algorithm_, "r_l")) spec.settings.insert({"r_l", FormatNumber(full_)});
      if (HasSetting(algorithm_, "passes")) spec.settings.insert({"passes", "1000000"});
    } else {
      spec.max_trial_count = spec_.budget;
    }
    spec.seed = spec_.seed;
    spec.parallel_trial_count = spec_.parallel;
    return spec;
  }

  absl::Status FillWorkers() {
    while (static_cast<int>(running_.size()) < spec_.parallel &&
           started_cost_ < spec_.budget - kRounding) {
      const double before = ThreadCpuSeconds();
      QALAM_ASSIGN_OR_RETURN(const std::vector<Suggestion> suggestions,
                             suggester_->Suggest(history_, 1));
      ask_seconds_ += ThreadCpuSeconds() - before;
      if (suggestions.empty()) break;
      Start(suggestions.front());
    }
    return absl::OkStatus();
  }

  // The epochs of the trial that this one goes on from.
  double EpochsBefore(const TrialRecord& trial) const {
    const std::optional<int64_t> parent = ResumedTrial(trial.labels);
    if (!parent.has_value()) return 0;
    return resource_.AmountOf(history_.trial(static_cast<int>(*parent)).assignment);
  }

  void Start(const Suggestion& suggestion) {
    Running running;
    running.trial.number = history_.next_number();
    running.trial.assignment = suggestion.assignment;
    running.trial.labels = suggestion.labels;
    running.trial.condition = TrialCondition::kRunning;
    const double epochs = resource_.AmountOf(suggestion.assignment);
    running.whole = epochs >= full_;
    running.cost = (epochs - EpochsBefore(running.trial)) / full_;
    RandomStream noise = NoiseStream(spec_.seed, history_.size());
    running.evaluation =
        problem_.Evaluate(disguise_.Original(suggestion.assignment), spec_.mode, noise, state_);
    running.end = clock_ + running.cost * SimulatedSeconds(noise);
    started_cost_ += running.cost;
    history_.Put(running.trial);
    running_.push_back(std::move(running));
  }

  void FinishNext() {
    const auto next =
        std::min_element(running_.begin(), running_.end(), [](const Running& a, const Running& b) {
          return a.end != b.end ? a.end < b.end : a.trial.number < b.trial.number;
        });
    cost_ += next->cost;
    // What ends beyond a checkpoint is not known there yet.
    while (!scorer_.done() && scorer_.evaluations() + 1 < cost_ - kRounding) Record(clock_);
    clock_ = next->end;
    TrialRecord& trial = next->trial;
    trial.condition =
        next->evaluation.failed ? TrialCondition::kFailed : TrialCondition::kSucceeded;
    if (!next->evaluation.failed) trial.objective = next->evaluation.observed;
    history_.Put(trial);
    if (next->whole) Improve(next->evaluation);
    running_.erase(next);
    while (!scorer_.done() && scorer_.evaluations() + 1 <= cost_ + kRounding) Record(clock_);
  }

  void Improve(const Evaluation& evaluation) {
    if (evaluation.failed) return;
    if (best_.failed || problem_.Loss(evaluation.observed) < problem_.Loss(best_.observed)) {
      best_ = evaluation;
    }
  }

  // One more whole training's worth of epochs has been used.
  void Record(double clock) { scorer_.Add(best_, clock, ask_seconds_); }

  const RunSpec& spec_;
  const Problem& problem_;
  const double full_;
  const AlgorithmDescriptor& algorithm_;
  const Resource resource_;
  const Disguise disguise_;
  const std::shared_ptr<const SearchSpace> space_;
  History history_;
  Scorer scorer_;
  std::unique_ptr<Suggester> suggester_;
  RunState state_;
  std::vector<Running> running_;  // in order of number
  Evaluation best_{.failed = true};
  double started_cost_ = 0;
  double cost_ = 0;  // of the trials that have ended
  double clock_ = 0;
  double ask_seconds_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<CurvePoint>> RunWithCurves(const RunSpec& spec) {
  const ProblemInfo& info = spec.problem->info();
  QALAM_ASSIGN_OR_RETURN(const AlgorithmDescriptor* const algorithm,
                         FindAlgorithm(spec.algorithm.name));
  Disguise disguise(info.space, spec.seed);
  const int place = disguise.Place(info.length->parameter);
  QALAM_ASSIGN_OR_RETURN(
      Resource resource,
      Resource::Create(disguise.space(), disguise.space()->parameter(place).name));
  return CurveSimulation(spec, *algorithm, std::move(resource), std::move(disguise)).Run();
}

}  // namespace qalam::bench
