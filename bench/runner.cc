#include "bench/runner.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/cpu_time.h"
#include "bench/curve_runner.h"
#include "bench/disguise.h"
#include "bench/scoring.h"
#include "core/history.h"
#include "core/mutex.h"
#include "core/status_macros.h"
#include "earlystop/registry.h"
#include "suggestion/gp/likely_best.h"

namespace qalam::bench {
namespace {

// One run in progress: simulated workers around one suggester.
class Simulation {
 public:
  explicit Simulation(const RunSpec& spec)
      : spec_(spec),
        problem_(*spec.problem),
        budget_(EffectiveBudget(problem_, spec.budget)),
        disguise_(problem_.info().space, spec.seed),
        history_(disguise_.space(), ObjectiveOf(problem_.info())),
        scorer_(problem_, budget_),
        checkpoints_(Checkpoints(budget_)) {}

  absl::StatusOr<std::vector<CurvePoint>> Run() {
    QALAM_ASSIGN_OR_RETURN(suggester_, CreateSuggester(spec_.algorithm.name, MakeSpec()));
    while (!scorer_.done()) {
      QALAM_RETURN_IF_ERROR(FillWorkers());
      if (running_.empty()) {
        scorer_.Exhaust();
        break;
      }
      FinishNext();
    }
    return scorer_.curve();
  }

 private:
  struct Running {
    double end = 0;  // on the simulated clock
    TrialRecord trial;
    Evaluation evaluation;
  };

  SuggesterSpec MakeSpec() const {
    SuggesterSpec spec;
    spec.space = disguise_.space();
    spec.objective = history_.objective();
    spec.settings = spec_.algorithm.settings;
    spec.seed = spec_.seed;
    // An experiment cannot have more trials than its space has points.
    spec.max_trial_count =
        static_cast<int64_t>(std::min<double>(budget_, spec.space->Cardinality()));
    spec.parallel_trial_count = spec_.parallel;
    return spec;
  }

  absl::Status FillWorkers() {
    while (static_cast<int>(running_.size()) < spec_.parallel && started_ < budget_) {
      const double before = ThreadCpuSeconds();
      QALAM_ASSIGN_OR_RETURN(const std::vector<Suggestion> suggestions,
                             suggester_->Suggest(history_, 1));
      ask_seconds_ += ThreadCpuSeconds() - before;
      if (suggestions.empty()) break;  // waits for running trials, or has nothing left
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
    RandomStream noise = NoiseStream(spec_.seed, started_++);
    running.evaluation =
        problem_.Evaluate(disguise_.Original(suggestion.assignment), spec_.mode, noise, state_);
    running.end = clock_ + running.evaluation.seconds;
    history_.Put(running.trial);
    running_.push_back(std::move(running));
  }

  void FinishNext() {
    const auto next =
        std::min_element(running_.begin(), running_.end(), [](const Running& a, const Running& b) {
          return a.end != b.end ? a.end < b.end : a.trial.number < b.trial.number;
        });
    clock_ = next->end;
    TrialRecord& trial = next->trial;
    trial.condition =
        next->evaluation.failed ? TrialCondition::kFailed : TrialCondition::kSucceeded;
    if (!next->evaluation.failed) {
      trial.objective = next->evaluation.observed;
      trial.further_objectives = next->evaluation.further;
      trial.violations = next->evaluation.violations;
    }
    history_.Put(trial);
    truths_[trial.number] = next->evaluation.truth;
    scorer_.Add(next->evaluation, clock_, ask_seconds_, TruthOfLikely());
    running_.erase(next);
  }

  // Of the trial that is most likely the best one of all up to now, where that is asked for.
  std::optional<double> TruthOfLikely() const {
    const int evaluations = scorer_.evaluations() + 1;
    if (!spec_.likely ||
        !std::binary_search(checkpoints_.begin(), checkpoints_.end(), evaluations)) {
      return std::nullopt;
    }
    const std::optional<gp::LikelyBest> best = gp::FindLikelyBest(history_);
    if (!best.has_value()) return std::nullopt;
    return truths_.at(best->number);
  }

  const RunSpec& spec_;
  const Problem& problem_;
  const int budget_;
  const Disguise disguise_;
  History history_;
  Scorer scorer_;
  const std::vector<int> checkpoints_;
  std::map<int64_t, double> truths_;  // by trial number
  std::unique_ptr<Suggester> suggester_;
  RunState state_;
  std::vector<Running> running_;  // in order of number
  int started_ = 0;
  double clock_ = 0;
  double ask_seconds_ = 0;
};

// Of `text`, whose `parts` after the first are SETTING=VALUE; `what` it is.
absl::StatusOr<Settings> ParseSettings(absl::string_view what, absl::string_view text,
                                       const std::vector<std::string>& parts) {
  Settings settings;
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::pair<std::string, std::string> setting =
        absl::StrSplit(parts[i], absl::MaxSplits('=', 1));
    if (setting.first.empty() || setting.second.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(what, " \"", text, "\": \"", parts[i],
                                                     "\" is not of the form SETTING=VALUE"));
    }
    settings[setting.first] = setting.second;
  }
  return settings;
}

absl::StatusOr<std::vector<CurvePoint>> RunCurve(const RunSpec& spec) {
  if (spec.problem->info().length.has_value()) {
    if (!spec.likely) return RunWithCurves(spec);
    return absl::InvalidArgumentError(
        "--likely judges trials without learning curves; leave it out, or choose another --suite");
  }
  if (!spec.stopper.label.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("stopper ", spec.stopper.name,
                     " judges learning curves, and the problem has none; --suite curves has"));
  }
  return Simulation(spec).Run();
}

}  // namespace

absl::StatusOr<AlgorithmChoice> ParseAlgorithm(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  QALAM_ASSIGN_OR_RETURN(const AlgorithmDescriptor* const descriptor, FindAlgorithm(parts[0]));
  QALAM_ASSIGN_OR_RETURN(Settings settings, ParseSettings("algorithm", text, parts));
  return AlgorithmChoice{
      .label = std::string(text), .name = descriptor->name, .settings = std::move(settings)};
}

absl::StatusOr<StopperChoice> ParseStopper(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  QALAM_ASSIGN_OR_RETURN(const StopperDescriptor* const descriptor, FindStopper(parts[0]));
  QALAM_ASSIGN_OR_RETURN(Settings settings, ParseSettings("stopper", text, parts));
  return StopperChoice{.label = text == StopperChoice().name ? "" : std::string(text),
                       .name = descriptor->name,
                       .settings = std::move(settings)};
}

std::string LabelOf(const RunSpec& spec) {
  return absl::StrCat(spec.algorithm.label, spec.stopper.label.empty() ? "" : "+",
                      spec.stopper.label, spec.likely ? "+likely" : "");
}

int EffectiveBudget(const Problem& problem, int budget) {
  return std::min(budget, problem.info().max_budget.value_or(budget));
}

absl::StatusOr<RunResult> RunOne(const RunSpec& spec) {
  const ProblemInfo& info = spec.problem->info();
  const std::string label = LabelOf(spec);
  const absl::StatusOr<std::vector<CurvePoint>> curve = RunCurve(spec);
  if (!curve.ok()) {
    return absl::Status(curve.status().code(),
                        absl::StrCat(label, " on ", info.suite, "/", info.task, ", seed ",
                                     spec.seed, ": ", curve.status().message()));
  }
  RunResult result;
  result.key = {.algorithm = label,
                .suite = info.suite,
                .task = info.task,
                .seed = spec.seed,
                .mode = spec.mode,
                .parallel = spec.parallel};
  result.curve = *curve;
  return result;
}

absl::StatusOr<std::vector<RunResult>> RunAll(
    const std::vector<RunSpec>& specs, int jobs,
    const std::function<void(const RunResult& result, int done)>& finished) {
  std::vector<RunResult> results(specs.size());
  std::atomic<size_t> next = 0;
  Mutex mutex;
  absl::Status failure;
  int done = 0;
  const auto work = [&] {
    for (size_t i = next++; i < specs.size(); i = next++) {
      absl::StatusOr<RunResult> result = RunOne(specs[i]);
      const MutexLock lock(&mutex);
      if (!result.ok()) {
        if (failure.ok()) failure = result.status();
        next = specs.size();
        return;
      }
      results[i] = *std::move(result);
      finished(results[i], ++done);
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < jobs; ++t) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (!failure.ok()) return failure;
  return results;
}

}  // namespace qalam::bench
