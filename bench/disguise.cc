#include "bench/disguise.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"

namespace qalam::bench {
namespace {

std::vector<int> Shuffled(int count, RandomStream& random) {
  std::vector<int> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

}  // namespace

Disguise::Disguise(const std::shared_ptr<const SearchSpace>& original, uint64_t seed) {
  RandomStream random(seed, 0, "bench disguise");
  original_index_ = Shuffled(original->size(), random);
  std::vector<Parameter> parameters;
  for (const int index : original_index_) {
    Parameter parameter = original->parameter(index);
    parameter.name = absl::StrCat("p", parameters.size());
    std::vector<int> choices;
    if (parameter.type == ParameterType::kCategorical) {
      choices = Shuffled(static_cast<int>(parameter.list.size()), random);
      for (size_t k = 0; k < choices.size(); ++k) parameter.list[k] = absl::StrCat("c", k);
    }
    original_choice_.push_back(std::move(choices));
    parameters.push_back(std::move(parameter));
  }
  for (Parameter& parameter : parameters) {
    if (parameter.condition.has_value()) Rename(*original, *parameter.condition);
  }
  space_ = std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
}

// The parent and its values by their new names.
void Disguise::Rename(const SearchSpace& original, ParameterCondition& condition) const {
  const int index = original.Find(condition.parent).value();
  const int parent = Place(index);
  condition.parent = absl::StrCat("p", parent);
  const std::vector<int>& choices = original_choice_[parent];
  if (choices.empty()) return;
  for (std::string& value : condition.values) {
    const double choice = original.parameter(index).ParseValue(value).value();
    const auto place = std::find(choices.begin(), choices.end(), static_cast<int>(choice));
    value = absl::StrCat("c", place - choices.begin());
  }
}

int Disguise::Place(int index) const {
  return static_cast<int>(std::find(original_index_.begin(), original_index_.end(), index) -
                          original_index_.begin());
}

Assignment Disguise::Original(const Assignment& disguised) const {
  Assignment original(disguised.size());
  for (size_t i = 0; i < disguised.size(); ++i) {
    const std::vector<int>& choices = original_choice_[i];
    original[static_cast<size_t>(original_index_[i])] =
        choices.empty() ? disguised[i] : choices[static_cast<size_t>(disguised[i])];
  }
  return original;
}

}  // namespace qalam::bench
