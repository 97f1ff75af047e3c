#ifndef QALAM_TESTS_EARLYSTOP_SAMPLE_CURVES_H_
#define QALAM_TESTS_EARLYSTOP_SAMPLE_CURVES_H_

#include <memory>
#include <string>
#include <vector>

#include "core/curve_history.h"
#include "earlystop/registry.h"

namespace qalam {

inline Objective SampleObjective(Direction direction = Direction::kMinimize,
                                 MetricStrategy strategy = MetricStrategy::kMin) {
  Objective objective;
  objective.direction = direction;
  objective.metrics = {{"loss", strategy}};
  return objective;
}

// A history and the rule that judges it.
class SampleCurves {
 public:
  SampleCurves(const std::string& rule, const Settings& settings,
               const Objective& objective = SampleObjective())
      : history_(objective) {
    auto stopper = CreateStopper(rule, {.objective = objective, .settings = settings});
    problem_ = std::string(stopper.status().message());
    if (stopper.ok()) stopper_ = *std::move(stopper);
  }
  // Why the rule could not be made; empty when it could.
  const std::string& problem() const { return problem_; }

  CurveHistory& history() { return history_; }

  // The trial, started when it is new, reports; judged at the last one.
  StopDecision Report(int64_t number, const std::vector<double>& values) {
    if (history_.Find(number) == nullptr) history_.Start(number);
    StopDecision decision;
    for (const double value : values) {
      history_.Report(number, value);
      decision = stopper_->Judge(*history_.Find(number), history_);
    }
    return decision;
  }
  bool Stops(int64_t number, const std::vector<double>& values) {
    return Report(number, values).stop;
  }
  // A trial that reported all of it and succeeded.
  void Succeed(int64_t number, const std::vector<double>& values) {
    Report(number, values);
    history_.End(number, TrialCondition::kSucceeded);
  }
  std::vector<EarlyStoppingRule> Rules() { return stopper_->Rules(history_); }

 private:
  CurveHistory history_;
  std::string problem_;
  std::unique_ptr<EarlyStopper> stopper_;
};

}  // namespace qalam

#endif  // QALAM_TESTS_EARLYSTOP_SAMPLE_CURVES_H_
