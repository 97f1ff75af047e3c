#include "core/condition_tree.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/infinity.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

constexpr int64_t kMaxNumbered = int64_t{1} << 62;

template <typename... Parts>
absl::Status InvalidCondition(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// 0 stands for "too many", which everything but a factor of nothing keeps.
int64_t Times(int64_t a, int64_t b) { return a == 0 || b == 0 || a > kMaxNumbered / b ? 0 : a * b; }
int64_t Plus(int64_t a, int64_t b) { return a > kMaxNumbered - b ? 0 : a + b; }

// The first index whose value is at least `bound` (or greater than it), on increasing values.
int64_t FirstIndex(const Parameter& parameter, double bound, bool beyond) {
  int64_t low = 0;
  int64_t high = static_cast<int64_t>(parameter.Cardinality());
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const double value = parameter.ValueAt(middle);
    if (beyond ? value > bound : value >= bound) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

absl::StatusOr<std::vector<double>> ListedValues(const Parameter& parent,
                                                 const std::vector<std::string>& texts) {
  if (parent.type == ParameterType::kDouble) {
    return InvalidCondition("condition lists values, but its parent \"", parent.name,
                            "\" is of type double; give min and max");
  }
  std::vector<double> values;
  for (const std::string& text : texts) {
    const absl::StatusOr<double> value = parent.ParseValue(text);
    if (!value.ok() || !parent.Contains(*value)) {
      return InvalidCondition("condition lists \"", text,
                              "\", which is not a value of its parent \"", parent.name, "\"");
    }
    values.push_back(*value);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

std::string RangeText(double min, double max) {
  return absl::StrCat(FormatNumber(min), " to ", FormatNumber(max));
}

}  // namespace

bool ConditionTree::Rule::Holds(double value) const {
  if (values.empty()) return value >= min && value <= max;
  return std::binary_search(values.begin(), values.end(), value);
}

absl::StatusOr<ConditionTree> ConditionTree::Create(std::vector<Parameter> parameters) {
  ConditionTree tree;
  tree.parameters_ = std::move(parameters);
  QALAM_RETURN_IF_ERROR(tree.Compile());
  QALAM_RETURN_IF_ERROR(tree.CheckCircles());
  const size_t size = tree.parameters_.size();
  tree.children_.resize(size);
  for (size_t i = 0; i < size; ++i) {
    const int parent = tree.rules_[i].parent;
    (parent < 0 ? tree.roots_ : tree.children_[parent]).push_back(static_cast<int>(i));
  }
  tree.any_ = tree.roots_.size() < size;
  tree.order_ = tree.roots_;
  for (size_t i = 0; i < tree.order_.size(); ++i) {
    const std::vector<int>& below = tree.children_[tree.order_[i]];
    tree.order_.insert(tree.order_.end(), below.begin(), below.end());
  }
  tree.CountPoints();
  return tree;
}

absl::Status ConditionTree::Compile() {
  std::map<std::string, int> index;
  for (size_t i = 0; i < parameters_.size(); ++i) index[parameters_[i].name] = static_cast<int>(i);
  for (const Parameter& parameter : parameters_) {
    canonical_.push_back(parameter.default_value.has_value()
                             ? parameter.Snap(*parameter.default_value)
                             : parameter.FromUnit(0.5));
    rules_.emplace_back();
    if (!parameter.condition.has_value()) continue;
    const std::string& parent = parameter.condition->parent;
    const auto found = index.find(parent);
    if (found == index.end()) {
      std::vector<std::string> names;
      for (const Parameter& other : parameters_) names.push_back(other.name);
      const std::string guess = ClosestMatch(parent, names);
      return InvalidCondition("parameter \"", parameter.name, "\": condition has the parent \"",
                              parent, "\", which is no parameter",
                              guess.empty() ? "" : absl::StrCat("; did you mean \"", guess, "\"?"));
    }
    rules_.back().parent = found->second;
    absl::StatusOr<Rule> rule = CompileRule(parameter);
    if (!rule.ok()) {
      return InvalidCondition("parameter \"", parameter.name, "\": ", rule.status().message());
    }
    rule->parent = found->second;
    rules_.back() = *std::move(rule);
  }
  return absl::OkStatus();
}

absl::StatusOr<ConditionTree::Rule> ConditionTree::CompileRule(const Parameter& child) const {
  const ParameterCondition& condition = *child.condition;
  const Parameter& parent = parameters_[rules_.back().parent];
  const bool has_range = condition.min.has_value() || condition.max.has_value();
  if (has_range == !condition.values.empty()) {
    return InvalidCondition("condition must have either values, or min or max or both");
  }
  Rule rule;
  if (!has_range) {
    QALAM_ASSIGN_OR_RETURN(rule.values, ListedValues(parent, condition.values));
    return rule;
  }
  if (parent.type == ParameterType::kCategorical) {
    return InvalidCondition("condition has a range, but its parent \"", parent.name,
                            "\" is categorical; list values");
  }
  rule.min = condition.min.value_or(-kInfinity);
  rule.max = condition.max.value_or(kInfinity);
  if (std::isnan(rule.min) || std::isnan(rule.max) || rule.min > rule.max) {
    return InvalidCondition("condition has the empty range ", RangeText(rule.min, rule.max));
  }
  bool possible = rule.min <= parent.max && rule.max >= parent.min;
  if (parent.type == ParameterType::kDiscrete) {
    for (size_t k = 0; k < parent.list.size(); ++k) {
      const double number = parent.NumberOf(static_cast<double>(k));
      if (number >= rule.min && number <= rule.max) rule.values.push_back(static_cast<double>(k));
    }
    possible = !rule.values.empty();
  } else if (possible && std::isfinite(parent.Cardinality())) {
    possible = FirstIndex(parent, rule.min, false) < FirstIndex(parent, rule.max, true);
  }
  if (possible) return rule;
  return InvalidCondition("condition never holds: its parent \"", parent.name,
                          "\" has no value from ", RangeText(rule.min, rule.max));
}

absl::Status ConditionTree::CheckCircles() const {
  // "a -> b -> c": parameter `i` and the next `steps` above it.
  const auto path_up = [this](int i, int steps) {
    std::string path = parameters_[i].name;
    for (; steps > 0; --steps) {
      i = rules_[i].parent;
      absl::StrAppend(&path, " -> ", parameters_[i].name);
    }
    return path;
  };
  for (size_t i = 0; i < parameters_.size(); ++i) {
    int depth = 0;
    for (int at = rules_[i].parent; at >= 0; at = rules_[at].parent) {
      if (at == static_cast<int>(i)) {
        return InvalidCondition("parameter \"", parameters_[i].name,
                                "\": conditions form a circle: ", path_up(at, depth + 1));
      }
      if (++depth <= kMaxDepth) continue;
      // A circle further up, which its own members report; or too much of it.
      return InvalidCondition("parameter \"", parameters_[i].name,
                              "\": conditions depend on each other in more than ", kMaxDepth,
                              " levels: ", path_up(static_cast<int>(i), 3), " -> ...");
    }
  }
  return absl::OkStatus();
}

bool ConditionTree::IsActive(absl::Span<const double> assignment, int i) const {
  while (rules_[i].parent >= 0) {
    const Rule& rule = rules_[i];
    if (!rule.Holds(assignment[rule.parent])) return false;
    i = rule.parent;
  }
  return true;
}

void ConditionTree::Canonicalize(absl::Span<double> assignment) const {
  if (!any_) return;
  std::vector<bool> active(parameters_.size());
  for (const int i : order_) {
    const Rule& rule = rules_[i];
    active[i] = rule.parent < 0 || (active[rule.parent] && rule.Holds(assignment[rule.parent]));
    if (!active[i]) assignment[i] = canonical_[i];
  }
}

// ---- Counting and numbering.

void ConditionTree::CountPoints() {
  counts_.assign(parameters_.size(), 1);
  numbered_below_.assign(parameters_.size(), 0);
  segments_.resize(parameters_.size());
  for (size_t i = order_.size(); i-- > 0;) CountBelow(order_[i]);
  for (const int root : roots_) {
    count_ *= counts_[root];
    numbered_ = Times(numbered_, numbered_below_[root]);
  }
}

void ConditionTree::CountBelow(int i) {
  const double values = parameters_[i].Cardinality();
  if (children_[i].empty() || !std::isfinite(values)) {
    counts_[i] = values;
    numbered_below_[i] =
        values <= static_cast<double>(kMaxNumbered) ? static_cast<int64_t>(values) : 0;
    return;
  }
  const std::vector<int64_t> breaks = Breakpoints(i);
  double count = 0;
  int64_t numbered = 0;
  bool too_many = false;
  for (size_t k = 0; k + 1 < breaks.size(); ++k) {
    Segment segment{.first = breaks[k], .values = breaks[k + 1] - breaks[k], .start = numbered};
    double each = 1;
    for (const int child : children_[i]) {
      if (!rules_[child].Holds(parameters_[i].ValueAt(segment.first))) continue;
      segment.children.push_back(child);
      segment.points = Times(segment.points, numbered_below_[child]);
      each *= counts_[child];
    }
    count += each * static_cast<double>(segment.values);
    const int64_t points = Times(segment.points, segment.values);
    numbered = points == 0 ? 0 : Plus(numbered, points);
    too_many |= numbered == 0;
    segments_[i].push_back(std::move(segment));
  }
  counts_[i] = count;
  numbered_below_[i] = too_many ? 0 : numbered;
}

// The indices of the values of parameter `i` at which some child begins or ceases to exist; the
// first is 0, the last one past the end.
std::vector<int64_t> ConditionTree::Breakpoints(int i) const {
  const Parameter& parameter = parameters_[i];
  std::vector<int64_t> breaks = {0, static_cast<int64_t>(parameter.Cardinality())};
  for (const int child : children_[i]) {
    const Rule& rule = rules_[child];
    for (const double value : rule.values) {
      const int64_t k = parameter.IndexOf(value);
      breaks.insert(breaks.end(), {k, k + 1});
    }
    if (!rule.values.empty()) continue;
    breaks.push_back(FirstIndex(parameter, rule.min, /*beyond=*/false));
    breaks.push_back(FirstIndex(parameter, rule.max, /*beyond=*/true));
  }
  std::sort(breaks.begin(), breaks.end());
  breaks.erase(std::unique(breaks.begin(), breaks.end()), breaks.end());
  return breaks;
}

std::vector<double> ConditionTree::At(int64_t index) const {
  std::vector<double> point = canonical_;
  UnrankAll(roots_, index, &point);
  return point;
}

void ConditionTree::UnrankAll(absl::Span<const int> siblings, int64_t index,
                              std::vector<double>* point) const {
  for (size_t k = siblings.size(); k-- > 0;) {
    const int64_t size = numbered_below_[siblings[k]];
    Unrank(siblings[k], index % size, point);
    index /= size;
  }
}

void ConditionTree::Unrank(int i, int64_t index, std::vector<double>* point) const {
  const std::vector<Segment>& segments = segments_[i];
  if (segments.empty()) {
    (*point)[i] = parameters_[i].ValueAt(index);
    return;
  }
  const auto next =
      std::upper_bound(segments.begin(), segments.end(), index,
                       [](int64_t place, const Segment& segment) { return place < segment.start; });
  const Segment& segment = *(next - 1);
  const int64_t offset = index - segment.start;
  (*point)[i] = parameters_[i].ValueAt(segment.first + offset / segment.points);
  UnrankAll(segment.children, offset % segment.points, point);
}

}  // namespace qalam
