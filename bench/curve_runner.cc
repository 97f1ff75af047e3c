#include "bench/curve_runner.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/cpu_time.h"
#include "bench/curve_scorer.h"
#include "bench/disguise.h"
#include "core/curve_history.h"
#include "core/history.h"
#include "core/status_macros.h"
#include "earlystop/early_stopper.h"
#include "earlystop/registry.h"
#include "suggestion/fidelity/resource.h"

namespace qalam::bench {
namespace {

// Less than this of the budget is no room for a trial, but a rounding error.
constexpr double kBudgetRounding = 1e-9;

// `Descriptor`: of an algorithm or a stopping rule.
template <typename Descriptor>
bool HasSetting(const Descriptor& descriptor, absl::string_view name) {
  return std::any_of(descriptor.settings.begin(), descriptor.settings.end(),
                     [&](const SettingSpec& setting) { return setting.name == name; });
}

// Simulated workers around one suggester, until the budget's epochs are used.
class CurveSimulation {
 public:
  // `stopper`: null where none is to judge.
  CurveSimulation(const RunSpec& spec, const AlgorithmDescriptor& algorithm, Resource resource,
                  Disguise disguise, std::unique_ptr<EarlyStopper> stopper)
      : spec_(spec),
        problem_(*spec.problem),
        full_(problem_.info().length->full),
        algorithm_(algorithm),
        resource_(std::move(resource)),
        disguise_(std::move(disguise)),
        space_(algorithm.capabilities.multi_fidelity ? disguise_.space()
                                                     : resource_.configurations()),
        history_(space_, ObjectiveOf(problem_.info())),
        stopper_(std::move(stopper)),
        reports_(history_.objective()),
        scorer_(problem_, spec.budget) {}

  absl::StatusOr<std::vector<CurvePoint>> Run() {
    QALAM_ASSIGN_OR_RETURN(suggester_, CreateSuggester(algorithm_.name, MakeSpec()));
    while (!scorer_.done()) {
      QALAM_RETURN_IF_ERROR(FillWorkers());
      if (running_.empty()) break;
      AdvanceNext();
    }
    return scorer_.Finish(state_);
  }

 private:
  struct Running {
    TrialRecord trial;
    Assignment original;  // of the problem's space, as long as it is to be trained
    double begun = 0;     // on the simulated clock
    double seconds = 0;   // of a whole training
    double first = 0;     // epochs before it
    double epochs = 0;    // after the evaluation that comes next
    double next = 0;      // when that comes, on the simulated clock
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
    } else if (stopper_ == nullptr) {
      spec.max_trial_count = spec_.budget;
    }
    spec.seed = spec_.seed;
    spec.parallel_trial_count = spec_.parallel;
    return spec;
  }

  absl::Status FillWorkers() {
    while (static_cast<int>(running_.size()) < spec_.parallel &&
           started_cost_ < spec_.budget - kBudgetRounding) {
      const double before = ThreadCpuSeconds();
      QALAM_ASSIGN_OR_RETURN(const std::vector<Suggestion> suggestions,
                             suggester_->Suggest(history_, 1));
      ask_seconds_ += ThreadCpuSeconds() - before;
      if (suggestions.empty()) break;
      Start(suggestions.front());
    }
    return absl::OkStatus();
  }

  void Start(const Suggestion& suggestion) {
    Running running;
    running.trial.number = history_.next_number();
    running.trial.assignment = suggestion.assignment;
    running.trial.labels = suggestion.labels;
    running.trial.condition = TrialCondition::kRunning;
    running.original = disguise_.Original(suggestion.assignment);
    RandomStream noise = NoiseOf(running);
    running.seconds = SimulatedSeconds(noise);
    running.begun = clock_;
    running.first = scorer_.EpochsBefore(running.original);
    started_cost_ += scorer_.CostOf(scorer_.EpochsOf(running.original) - running.first);
    if (stopper_ != nullptr) {
      reports_.Start(running.trial.number);
      for (double epochs = 1; epochs <= running.first; ++epochs) Report(running, epochs);
    }
    PlanNext(running.first, &running);
    history_.Put(running.trial);
    running_.push_back(std::move(running));
  }

  // Who is judged is evaluated at every epoch, others only at their end.
  void PlanNext(double epochs, Running* running) const {
    running->epochs = stopper_ != nullptr ? epochs + 1 : scorer_.EpochsOf(running->original);
    running->next =
        running->begun + scorer_.CostOf(running->epochs - running->first) * running->seconds;
  }

  RandomStream NoiseOf(const Running& running) const {
    return NoiseStream(spec_.seed, static_cast<int>(running.trial.number));
  }

  Evaluation EvaluateAt(const Running& running, double epochs) {
    Assignment shorter = running.original;
    shorter[static_cast<size_t>(problem_.info().length->parameter)] = epochs;
    RandomStream noise = NoiseOf(running);
    return problem_.Evaluate(shorter, spec_.mode, noise, state_);
  }

  Evaluation Report(const Running& running, double epochs) {
    Evaluation evaluation = EvaluateAt(running, epochs);
    reports_.Report(running.trial.number, evaluation.failed ? std::nan("") : evaluation.observed);
    return evaluation;
  }

  void AdvanceNext() {
    const auto next =
        std::min_element(running_.begin(), running_.end(), [](const Running& a, const Running& b) {
          return a.next != b.next ? a.next < b.next : a.trial.number < b.trial.number;
        });
    clock_ = next->next;
    const bool at_end = next->epochs >= scorer_.EpochsOf(next->original);
    bool stopped = false;
    Evaluation evaluation;
    if (stopper_ == nullptr) {
      evaluation = EvaluateAt(*next, next->epochs);
    } else {
      evaluation = Report(*next, next->epochs);
      stopped = stopper_->Judge(*reports_.Find(next->trial.number), reports_).stop;
    }
    if (!stopped && !at_end) {
      PlanNext(next->epochs, &*next);
      return;
    }
    End(*next, evaluation, stopped);
    running_.erase(next);
  }

  void End(Running& running, const Evaluation& evaluation, bool stopped) {
    TrialRecord& trial = running.trial;
    trial.condition = stopped             ? TrialCondition::kEarlyStopped
                      : evaluation.failed ? TrialCondition::kFailed
                                          : TrialCondition::kSucceeded;
    if (!evaluation.failed) trial.objective = evaluation.observed;
    history_.Put(trial);
    if (stopper_ != nullptr) reports_.End(trial.number, trial.condition);
    started_cost_ -= scorer_.CostOf(scorer_.EpochsOf(running.original) - running.epochs);
    running.original[static_cast<size_t>(problem_.info().length->parameter)] = running.epochs;
    scorer_.Add(running.original, evaluation, scorer_.CostOf(running.epochs - running.first),
                clock_, ask_seconds_);
  }

  const RunSpec& spec_;
  const Problem& problem_;
  const double full_;
  const AlgorithmDescriptor& algorithm_;
  const Resource resource_;
  const Disguise disguise_;
  const std::shared_ptr<const SearchSpace> space_;
  History history_;
  const std::unique_ptr<EarlyStopper> stopper_;
  CurveHistory reports_;  // empty without a stopper
  CurveScorer scorer_;
  std::unique_ptr<Suggester> suggester_;
  RunState state_;
  std::vector<Running> running_;  // in order of number
  double started_cost_ = 0;       // of all trials, what running ones may still come to included
  double clock_ = 0;
  double ask_seconds_ = 0;
};

// Null for none.
absl::StatusOr<std::unique_ptr<EarlyStopper>> MakeStopper(const RunSpec& spec,
                                                          const AlgorithmDescriptor& algorithm) {
  if (spec.stopper.label.empty()) return std::unique_ptr<EarlyStopper>();
  if (algorithm.capabilities.multi_fidelity) {
    return absl::InvalidArgumentError(absl::StrCat(
        "algorithm ", algorithm.name, " chooses itself how far it trains each trial, and stopper ",
        spec.stopper.name, " would stop what it waits for; run it without --stopper"));
  }
  QALAM_ASSIGN_OR_RETURN(const StopperDescriptor* const stopper, FindStopper(spec.stopper.name));
  StopperSpec stopper_spec{.objective = ObjectiveOf(spec.problem->info()),
                           .settings = spec.stopper.settings};
  if (HasSetting(*stopper, "max_resource")) {
    stopper_spec.settings.insert({"max_resource", FormatNumber(spec.problem->info().length->full)});
  }
  return CreateStopper(stopper->name, stopper_spec);
}

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
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<EarlyStopper> stopper, MakeStopper(spec, *algorithm));
  return CurveSimulation(spec, *algorithm, std::move(resource), std::move(disguise),
                         std::move(stopper))
      .Run();
}

}  // namespace qalam::bench
