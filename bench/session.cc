#include "bench/session.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/json_space.h"
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
}

std::string EvaluationSession::Greeting() const {
  Json greeting = {{"suite", key_.suite},
                   {"task", key_.task},
                   {"seed", key_.seed},
                   {"budget", budget_},
                   {"direction", std::string(DirectionName(problem_.info().direction))},
                   {"space", SpaceToJson(*disguise_.space())}};
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

absl::StatusOr<std::string> EvaluationSession::Evaluate(absl::string_view line) {
  const Json request = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !request.contains("assignment")) {
    return absl::InvalidArgumentError(
        "a line is an object such as {\"assignment\": {\"p0\": 0.5}}");
  }
  if (done()) {
    return absl::OutOfRangeError(absl::StrCat("the budget of ", budget_, " evaluations is used"));
  }
  QALAM_ASSIGN_OR_RETURN(const Assignment assignment,
                         AssignmentFromJson(*disguise_.space(), request["assignment"]));
  RandomStream noise = NoiseStream(key_.seed, scorer_.evaluations());
  const Evaluation evaluation =
      problem_.Evaluate(disguise_.Original(assignment), key_.mode, noise, state_);
  clock_ = std::max(clock_, NumberOr(request, "started", clock_) + evaluation.seconds);
  ask_seconds_ += NumberOr(request, "ask_seconds", 0);
  scorer_.Add(evaluation, clock_, ask_seconds_);
  Json answer;
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

RunResult EvaluationSession::Result() const { return {.key = key_, .curve = scorer_.curve()}; }

}  // namespace qalam::bench
