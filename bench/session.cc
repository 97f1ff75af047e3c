#include "bench/session.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/json_space.h"
#include "core/parameter.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

double NumberOr(const Json& request, const char* key, double fallback) {
  const auto it = request.find(key);
  return it != request.end() && it->is_number() ? it->get<double>() : fallback;
}

}  // namespace

EvaluationSession::EvaluationSession(const Problem& problem, RunKey key, int budget)
    : problem_(problem),
      key_(std::move(key)),
      budget_(budget),
      disguise_(problem.info().space, key_.seed),
      scorer_(problem, budget) {
  key_.suite = problem.info().suite;
  key_.task = problem.info().task;
  if (!problem.info().length.has_value()) return;
  length_ = disguise_.space()->parameter(disguise_.Place(problem.info().length->parameter)).name;
  curves_.emplace(problem, budget);
}

std::string EvaluationSession::Greeting() const {
  Json greeting = {{"suite", key_.suite},
                   {"task", key_.task},
                   {"seed", key_.seed},
                   {"budget", budget_},
                   {"direction", std::string(DirectionName(problem_.info().direction))},
                   {"space", SpaceToJson(*disguise_.space())}};
  if (length_.has_value()) {
    Json& space = greeting["space"];
    space.erase(std::find_if(space.begin(), space.end(),
                             [&](const Json& entry) { return entry["name"] == *length_; }));
    greeting["epochs"] = static_cast<int64_t>(problem_.info().length->full);
  }
  const Objective objective = ObjectiveOf(problem_.info());
  if (objective.count() > 1 || !objective.constraints.empty()) {
    greeting["constraints"] = objective.constraints.size();
    for (int i = 0; i < objective.count(); ++i) {
      greeting["directions"].push_back(std::string(DirectionName(objective.direction_of(i))));
    }
  }
  return greeting.dump();
}

std::string EvaluationSession::Answer(absl::string_view line) {
  const absl::StatusOr<std::string> answer = Evaluate(line);
  if (answer.ok()) return *answer;
  return Json({{"error", std::string(answer.status().message())}}).dump();
}

void EvaluationSession::FinishUntil(double time) {
  std::stable_sort(running_.begin(), running_.end(),
                   [](const Running& a, const Running& b) { return a.end < b.end; });
  auto next = running_.begin();
  for (; next != running_.end() && next->end <= time; ++next) {
    scorer_.Add(next->evaluation, next->end, ask_seconds_);
  }
  running_.erase(running_.begin(), next);
}

absl::StatusOr<std::string> EvaluationSession::Evaluate(absl::string_view line) {
  const Json request = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !request.contains("assignment")) {
    return absl::InvalidArgumentError(
        "a line is an object such as {\"assignment\": {\"p0\": 0.5}}");
  }
  if (done()) {
    return absl::OutOfRangeError(absl::StrCat("the budget of ", budget_, " evaluations is used"));
  }
  QALAM_ASSIGN_OR_RETURN(const Assignment trial, Requested(request));
  RandomStream noise = NoiseStream(key_.seed, requests_++);
  Evaluation evaluation = problem_.Evaluate(trial, key_.mode, noise, state_);
  const double cost = curves_.has_value()
                          ? curves_->CostOf(curves_->EpochsOf(trial) - curves_->EpochsBefore(trial))
                          : 1;
  if (curves_.has_value()) evaluation.seconds = cost * SimulatedSeconds(noise);
  const double started = NumberOr(request, "started", clock_);
  clock_ = std::max(clock_, started + evaluation.seconds);
  FinishUntil(started);
  ask_seconds_ += NumberOr(request, "ask_seconds", 0);
  Json answer;
  if (curves_.has_value()) {
    curves_->Add(trial, evaluation, cost, clock_, ask_seconds_);
    answer["spent"] = curves_->spent();
  } else {
    running_.push_back({.end = started + evaluation.seconds, .evaluation = evaluation});
  }
  if (evaluation.failed) {
    answer["failed"] = true;
  } else {
    answer["value"] = evaluation.observed;
    if (!evaluation.further.empty() || !evaluation.violations.empty()) {
      answer["values"] = {evaluation.observed};
      for (const double value : evaluation.further) answer["values"].push_back(value);
      answer["violations"] = evaluation.violations;
    }
  }
  answer["seconds"] = evaluation.seconds;
  return answer.dump();
}

absl::StatusOr<Assignment> EvaluationSession::Requested(const Json& request) const {
  Json values = request["assignment"];
  if (length_.has_value()) {
    if (!values.is_object() || values.contains(*length_)) {
      return absl::InvalidArgumentError(
          "the assignment is not an object of names and values of the greeting's space");
    }
    const double full = problem_.info().length->full;
    const double epochs = NumberOr(request, "epochs", full);
    if (!(epochs >= 1) || epochs > full || epochs != std::floor(epochs)) {
      return absl::InvalidArgumentError(absl::StrCat("epochs: ", FormatNumber(epochs),
                                                     " is not a whole number from 1 to ",
                                                     FormatNumber(full)));
    }
    values[*length_] = epochs;
  }
  QALAM_ASSIGN_OR_RETURN(const Assignment assignment,
                         AssignmentFromJson(*disguise_.space(), values));
  return disguise_.Original(assignment);
}

RunResult EvaluationSession::Result() {
  FinishUntil(clock_);
  return {.key = key_, .curve = curves_.has_value() ? curves_->Finish(state_) : scorer_.curve()};
}

}  // namespace qalam::bench
