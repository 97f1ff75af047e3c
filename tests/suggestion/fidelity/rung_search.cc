#include "tests/suggestion/fidelity/rung_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "core/random_stream.h"
#include "core/trial_labels.h"
#include "tests/support/test_spaces.h"

namespace qalam {

RungSearch::Result RungSearch::Run() const {
  Result result{.history = History(spec.space, spec.objective)};
  History& history = result.history;
  RandomStream random(spec.seed, 0, "world");
  std::unique_ptr<Suggester> suggester = CreateSuggester(algorithm, spec).value();
  std::vector<TrialRecord> running;
  while (true) {
    while (static_cast<int>(running.size()) < parallel && history.size() < most) {
      if (new_instance_each_call) suggester = CreateSuggester(algorithm, spec).value();
      std::vector<Suggestion> next = suggester->Suggest(history, 1).value();
      if (next.empty()) break;
      TrialRecord trial = PendingTrial(history.next_number(), next[0].assignment);
      trial.labels = next[0].labels;
      result.explanations.push_back(next[0].explanation);
      history.Put(trial);
      running.push_back(std::move(trial));
    }
    if (running.empty()) return result;
    if (history.size() < most) result.idle += parallel - static_cast<int>(running.size());
    const size_t done = random.Below(running.size());
    TrialRecord trial = std::move(running[done]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(done));
    trial.condition = TrialCondition::kSucceeded;
    finish(history, trial);
    history.Put(trial);
  }
}

SuggesterSpec RungSpec(int most, Settings settings) {
  SuggesterSpec spec;
  spec.space = MakeSpace(
      {DoubleParameter("x", 0, 1), IntParameter("epochs", 1, most), DoubleParameter("y", 0, 1)});
  spec.objective.metrics = {{.name = "loss"}};
  spec.settings = std::move(settings);
  spec.settings.insert({"resource_name", "epochs"});
  spec.seed = 3;
  return spec;
}

double EpochsOf(const History& history, const TrialRecord& trial) {
  const int index = *history.space().Find("epochs");
  return history.space().parameter(index).NumberOf(trial.assignment[static_cast<size_t>(index)]);
}

double SteadyLoss(const History& history, const TrialRecord& trial) {
  const double distance = std::hypot(trial.assignment[0] - 0.3, trial.assignment[2] - 0.6);
  return distance + 1 / EpochsOf(history, trial);
}

void FinishSteadily(const History& history, TrialRecord& trial) {
  trial.objective = SteadyLoss(history, trial);
}

std::map<double, int> CountsByEpochs(const History& history) {
  std::map<double, int> counts;
  for (int i = 0; i < history.size(); ++i) ++counts[EpochsOf(history, history.trial(i))];
  return counts;
}

void ExpectLineages(const History& history) {
  std::set<int64_t> parents;
  const size_t epochs = static_cast<size_t>(*history.space().Find("epochs"));
  for (int i = 0; i < history.size(); ++i) {
    const TrialRecord& trial = history.trial(i);
    const std::optional<int64_t> number = ResumedTrial(trial.labels);
    if (!number.has_value()) continue;
    EXPECT_TRUE(parents.insert(*number).second) << *number << " went on twice";
    ASSERT_LT(*number, trial.number);
    const TrialRecord& parent = history.trial(static_cast<int>(*number));
    EXPECT_LT(EpochsOf(history, parent), EpochsOf(history, trial));
    Assignment configuration = trial.assignment;
    configuration[epochs] = parent.assignment[epochs];
    EXPECT_EQ(configuration, parent.assignment);
  }
}

}  // namespace qalam
