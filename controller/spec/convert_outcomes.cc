// spec.objectives and spec.constraints.
#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "core/parameter.h"

namespace qalam {
namespace {

// The size of a Pareto front grows quickly with the number of objectives; with more of them nearly
// every trial is on it.
constexpr size_t kMaxObjectives = 8;
// More than people write; bounds the work that a hostile file makes.
constexpr size_t kMaxOutcomeConstraints = 100;

// One entry of spec.objectives.
struct ListedObjective {
  std::string metric;
  Direction direction = Direction::kMinimize;
  std::optional<double> goal;
};

MetricStrategy BestOf(Direction direction) {
  return direction == Direction::kMinimize ? MetricStrategy::kMin : MetricStrategy::kMax;
}

// The metric of this name; added when it is not among those of the objective yet.
MetricSpec& MetricOf(Objective& objective, const std::string& name) {
  for (MetricSpec& metric : objective.metrics) {
    if (metric.name == name) return metric;
  }
  return objective.metrics.emplace_back(MetricSpec{name});
}

ListedObjective ReadListed(const SpecField& item) {
  const SpecField name = item.At("objectiveMetricName");
  const SpecField type = item.At("type");
  if (name.Text().empty()) name.Error("is missing; name the metric that the trials report");
  if (type.Text().empty()) type.Error("is missing; allowed: minimize or maximize");
  return {.metric = name.Text(),
          .direction = ParseDirection(type.Text()).value_or(Direction::kMinimize),
          .goal = ReadGoal(item.At("goal"))};
}

// What spec.objective says of its metric must agree with the entry of the same metric.
void CheckFirst(const SpecField& objective_field, const SpecField& item,
                const ListedObjective& listed, Objective* objective) {
  if (listed.direction != objective->direction) {
    item.At("type").Error(absl::StrCat(Quote(DirectionName(listed.direction)), " is not what ",
                                       objective_field.path(), ".type says of the same metric, ",
                                       Quote(DirectionName(objective->direction))));
  }
  if (!listed.goal.has_value()) return;
  if (objective->goal.has_value() && *objective->goal != *listed.goal) {
    item.At("goal").Error(absl::StrCat(FormatNumber(*listed.goal), " is not the goal that ",
                                       objective_field.path(), " has for the same metric, ",
                                       FormatNumber(*objective->goal)));
  }
  objective->goal = listed.goal;
}

// A number that bounds a metric; nothing, with the problem reported, when it is not finite.
std::optional<double> ReadBound(const SpecField& field) {
  if (!field.present()) return std::nullopt;
  const std::optional<double> number = ParseNumber(field.Text());
  if (!number.has_value()) return std::nullopt;  // reported by CheckStructure
  if (std::isfinite(*number)) return number;
  field.Error(absl::StrCat(Quote(field.Text()), " bounds nothing; it must be a finite number"));
  return std::nullopt;
}

// "memory_mb <= 512"; the metric's name may stand in backquotes.
absl::StatusOr<OutcomeConstraint> ParseBound(absl::string_view text) {
  const auto problem = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quote(text), " ", what, "; write a metric, <= or >=, and a number: \"memory_mb <= 512\""));
  };
  text = absl::StripAsciiWhitespace(text);
  const bool quoted = absl::StartsWith(text, "`");
  const size_t end_of_name = quoted ? text.find('`', text.find('`') + 1) : 0;
  if (end_of_name == absl::string_view::npos) return problem("has no second backquote");
  const size_t at = text.find_first_of("<>=", end_of_name);
  if (at == absl::string_view::npos) return problem("compares nothing");
  const absl::string_view sign = text.substr(at, 2);
  if (sign != "<=" && sign != ">=") return problem("has another comparison than <= and >=");
  absl::string_view metric = absl::StripAsciiWhitespace(text.substr(0, at));
  const absl::string_view bound = absl::StripAsciiWhitespace(text.substr(at + 2));
  if (quoted && metric.size() != end_of_name + 1) return problem("has more than a metric there");
  if (quoted) metric = metric.substr(1, metric.size() - 2);
  if (metric.empty()) return problem("names no metric");
  if (!quoted && ParseNumber(metric).has_value()) return problem("has the number on the left");
  const std::optional<double> number = ParseNumber(bound);
  if (!number.has_value()) {
    return problem(absl::StrCat("has ", Quote(bound), " where a number belongs"));
  }
  if (!std::isfinite(*number)) return problem("has a bound that is not finite");
  return OutcomeConstraint{
      .metric = std::string(metric), .at_most = sign == "<=", .bound = *number};
}

std::vector<OutcomeConstraint> ReadBounds(const SpecField& item) {
  if (item.node()->kind != YamlNode::Kind::kMap) {
    const absl::StatusOr<OutcomeConstraint> bound = ParseBound(item.Text());
    if (bound.ok()) return {*bound};
    item.Error(bound.status().message());
    return {};
  }
  const std::string metric = item.At("metric").Text();
  if (metric.empty()) item.At("metric").Error("is missing; name the metric that is bounded");
  const SpecField min = item.At("min");
  const SpecField max = item.At("max");
  if (!min.present() && !max.present()) {
    item.Error("has no bound; give min, max or both");
  }
  std::vector<OutcomeConstraint> bounds;
  if (const auto bound = ReadBound(min)) bounds.push_back({metric, /*at_most=*/false, *bound});
  if (const auto bound = ReadBound(max)) bounds.push_back({metric, /*at_most=*/true, *bound});
  return metric.empty() ? std::vector<OutcomeConstraint>() : bounds;
}

// No value keeps to both of some bounds on a metric.
void CheckAgainst(const std::vector<OutcomeConstraint>& others, const OutcomeConstraint& bound,
                  const SpecField& item) {
  for (const OutcomeConstraint& other : others) {
    if (other.metric != bound.metric || other.at_most == bound.at_most) continue;
    const double least = bound.at_most ? other.bound : bound.bound;
    const double most = bound.at_most ? bound.bound : other.bound;
    if (least <= most) continue;
    item.Error(absl::StrCat("the metric ", Quote(bound.metric), " cannot be at least ",
                            FormatNumber(least), " and at most ", FormatNumber(most)));
    return;
  }
}

// A metric has one strategy, wherever it is given.
void ReadOwnStrategy(const SpecField& field, const std::string& metric,
                     std::map<std::string, std::string>* given, Objective* objective) {
  const std::optional<MetricStrategy> strategy = ParseMetricStrategy(field.Text());
  if (!strategy.has_value() || metric.empty()) return;
  const auto [known, is_new] = given->emplace(metric, field.Text());
  if (!is_new && known->second != field.Text()) {
    field.Error(absl::StrCat("the metric ", Quote(metric), " has the strategy ",
                             Quote(known->second), " already, and can have one only"));
    return;
  }
  MetricOf(*objective, metric).strategy = *strategy;
}

}  // namespace

void ReadObjectiveList(const SpecField& list, const SpecField& objective_field,
                       Objective* objective, FurtherGoals* further_goals) {
  if (!list.present() || list.node()->kind != YamlNode::Kind::kList) return;
  const std::vector<SpecField> items = list.Items();
  if (items.empty()) {
    list.Error("is empty; list the metrics to optimise, or leave it out");
  } else if (items.size() > kMaxObjectives) {
    list.Error(absl::StrCat("has ", items.size(), " objectives; at most ", kMaxObjectives,
                            " can be optimised at the same time. Bound the others by "
                            "spec.constraints"));
    return;
  }
  std::map<std::string, int> seen;
  for (const SpecField& item : items) {
    if (item.node()->kind != YamlNode::Kind::kMap) continue;  // reported by CheckStructure
    const ListedObjective listed = ReadListed(item);
    if (listed.metric.empty()) continue;
    if (!seen.emplace(listed.metric, 0).second) {
      item.At("objectiveMetricName")
          .Error(absl::StrCat("the metric ", Quote(listed.metric), " is listed twice"));
      continue;
    }
    const bool is_first = objective->metrics.empty();
    MetricOf(*objective, listed.metric).strategy = BestOf(listed.direction);
    if (is_first) {
      objective->direction = listed.direction;
      objective->goal = listed.goal;
    } else if (objective->metrics[0].name == listed.metric) {
      CheckFirst(objective_field, item, listed, objective);
    } else {
      objective->further.push_back({listed.metric, listed.direction});
      further_goals->push_back(listed.goal);
    }
  }
  const bool has_first = objective->metrics.empty() || seen.contains(objective->metrics[0].name);
  if (!items.empty() && objective_field.present() && !has_first) {
    objective_field.At("objectiveMetricName")
        .Error(absl::StrCat(Quote(objective->metrics[0].name), " is not among ", list.path(),
                            "; list it there, or remove ", objective_field.path()));
  }
}

void ReadOutcomeConstraints(const SpecField& list, Objective* objective) {
  if (list.Items().size() > kMaxOutcomeConstraints) {
    list.Error(absl::StrCat("there are more than ", kMaxOutcomeConstraints, " constraints"));
    return;
  }
  std::vector<std::string> optimised;
  if (!objective->metrics.empty()) optimised.push_back(objective->metrics[0].name);
  for (const FurtherObjective& further : objective->further) optimised.push_back(further.metric);
  for (const SpecField& item : list.Items()) {
    for (OutcomeConstraint& bound : ReadBounds(item)) {
      CheckAgainst(objective->constraints, bound, item);
      // What a trial came to in the end; an objective keeps the value that is optimised.
      const bool is_objective =
          std::find(optimised.begin(), optimised.end(), bound.metric) != optimised.end();
      if (!is_objective) MetricOf(*objective, bound.metric).strategy = MetricStrategy::kLatest;
      objective->constraints.push_back(std::move(bound));
    }
  }
}

void ReadOwnStrategies(const SpecField& spec, Objective* objective) {
  std::map<std::string, std::string> given;
  for (const SpecField& item : spec.At("objective").At("metricStrategies").Items()) {
    given.emplace(item.At("name").Text(), item.At("value").Text());
  }
  for (const SpecField& item : spec.At("objectives").Items()) {
    ReadOwnStrategy(item.At("metricStrategy"), item.At("objectiveMetricName").Text(), &given,
                    objective);
  }
  for (const SpecField& item : spec.At("constraints").Items()) {
    ReadOwnStrategy(item.At("metricStrategy"), item.At("metric").Text(), &given, objective);
  }
}

}  // namespace qalam
