#include "tests/suggestion/asynchronous_search.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/random_stream.h"

namespace qalam {
namespace {

TrialRecord NextTrial(const AsynchronousSearch& search, Suggester& suggester,
                      const History& history, RandomStream& random) {
  TrialRecord trial;
  trial.number = history.next_number();
  if (random.Uniform() < search.foreign) {
    std::vector<double> unit(static_cast<size_t>(search.spec.space->size()));
    for (double& u : unit) u = random.Uniform();
    trial.assignment = search.spec.space->FromUnit(unit);
  } else {
    Suggestion suggestion = suggester.Suggest(history, 1).value().at(0);
    trial.assignment = std::move(suggestion.assignment);
    trial.labels = std::move(suggestion.labels);
  }
  return trial;
}

}  // namespace

History AsynchronousSearch::Run() const {
  History history(spec.space, spec.objective);
  RandomStream random(spec.seed, 0, "world");
  std::unique_ptr<Suggester> suggester = CreateSuggester(algorithm, spec).value();
  std::vector<TrialRecord> running;
  while (history.size() < trials || !running.empty()) {
    if (history.size() < trials) {
      if (new_instance_each_call) suggester = CreateSuggester(algorithm, spec).value();
      running.push_back(NextTrial(*this, *suggester, history, random));
      history.Put(running.back());
      if (static_cast<int>(running.size()) < parallel) continue;
    }
    const size_t done = random.Below(running.size());
    TrialRecord trial = running[done];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(done));
    trial.condition = TrialCondition::kSucceeded;
    const absl::Span<const double> unit = history.unit(static_cast<int>(trial.number));
    trial.objective = loss(unit);
    if (further) trial.further_objectives = further(unit);
    if (violations) trial.violations = violations(unit);
    if (random.Uniform() < early_stopped) trial.condition = TrialCondition::kEarlyStopped;
    if (random.Uniform() < failing) trial.condition = TrialCondition::kFailed;
    history.Put(trial);
  }
  return history;
}

double BestLoss(const History& history) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < history.size(); ++i) {
    const std::vector<double>& violations = history.trial(i).violations;
    const bool feasible =
        std::all_of(violations.begin(), violations.end(), [](double v) { return v <= 0; });
    if (feasible && history.trial(i).condition == TrialCondition::kSucceeded) {
      best = std::min(best, history.trial(i).objective.value_or(best));
    }
  }
  return best;
}

}  // namespace qalam
