// What a person and earlier experiments know: the priors of parameters, spec.duplicates and
// spec.warmStartFrom.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/structure.h"

namespace qalam {
namespace {

// What a confidence amounts to: the deviation of a number's prior in its range (of logarithms,
// where the parameter is logarithmic), and how much likelier a category is than each other one.
struct Confidence {
  double deviation;
  double odds;
};

Confidence ReadConfidence(const SpecField& field) {
  const std::string text = field.Text();
  if (text == "low") return {0.3, 2};
  if (text == "high") return {0.05, 20};
  return {0.15, 5};
}

void ReadBelievedValue(const SpecField& field, const SpecField& confidence, Parameter* parameter) {
  const absl::StatusOr<double> value = parameter->ParseValue(field.Text());
  if (!value.ok()) return field.Error(value.status().message());
  if (!parameter->Contains(*value)) {
    return field.Error(absl::StrCat(Quote(field.Text()), " is not allowed by feasibleSpace"));
  }
  const Confidence strength = ReadConfidence(confidence);
  ParameterPrior prior;
  if (parameter->is_ordered()) {
    prior.mean = parameter->ToUnit(*value);
    // At least half of the place that one value has: its neighbours stay possible.
    prior.deviation = std::max(strength.deviation, 0.5 / parameter->Cardinality());
  } else {
    prior.weights.assign(parameter->list.size(), 1);
    prior.weights[static_cast<size_t>(parameter->IndexOf(*value))] = strength.odds;
  }
  parameter->prior = std::move(prior);
}

void ReadWeights(const SpecField& field, Parameter* parameter) {
  if (parameter->is_ordered()) {
    return field.Error("is for categorical parameters; give value and confidence instead");
  }
  ParameterPrior prior;
  prior.weights.assign(parameter->list.size(), 1);
  for (const auto& [name, text] : field.TextEntries()) {
    const SpecField item = field.At(name);
    const auto place = std::find(parameter->list.begin(), parameter->list.end(), name);
    const std::optional<double> weight = ParseNumber(text);
    if (place == parameter->list.end()) {
      item.Error(absl::StrCat(Quote(name), " is not a value of this parameter.",
                              DidYouMean(name, parameter->list)));
    } else if (!weight.has_value() || !std::isfinite(*weight) || *weight <= 0) {
      item.Error(absl::StrCat(Quote(text), " is not a number greater than 0"));
    } else {
      prior.weights[static_cast<size_t>(place - parameter->list.begin())] = *weight;
    }
  }
  parameter->prior = std::move(prior);
}

std::optional<WarmStartRef> ReadRef(const SpecField& item, const ExperimentSpec& experiment) {
  WarmStartRef ref{.ns = experiment.ns, .name = {}, .labels = {}};
  if (item.node()->kind == YamlNode::Kind::kScalar) {
    ref.name = item.Text();
  } else {
    ref.name = item.At("name").Text();
    if (item.At("namespace").present()) ref.ns = item.At("namespace").Text();
    for (const auto& [key, value] : item.At("matchLabels").TextEntries()) ref.labels[key] = value;
  }
  if (ref.name.empty() == ref.labels.empty()) {
    item.Error("give either the name of an experiment or matchLabels");
    return std::nullopt;
  }
  if (ref.ns == experiment.ns && ref.name == experiment.name) {
    item.Error("an experiment cannot start from itself");
    return std::nullopt;
  }
  return ref;
}

}  // namespace

void ReadPrior(const SpecField& field, Parameter* parameter) {
  if (!field.present() || field.node()->kind != YamlNode::Kind::kMap) return;
  const SpecField value = field.At("value");
  const SpecField weights = field.At("weights");
  if (value.present() == weights.present()) {
    field.Error("give either value, with a confidence, or weights");
  } else if (value.present()) {
    ReadBelievedValue(value, field.At("confidence"), parameter);
  } else if (weights.node()->kind == YamlNode::Kind::kMap) {
    ReadWeights(weights, parameter);
  }
}

DuplicatePolicy ReadDuplicates(const SpecField& field) {
  if (field.Text() == "reuse") return DuplicatePolicy::kReuse;
  return field.Text() == "replicate" ? DuplicatePolicy::kReplicate : DuplicatePolicy::kAvoid;
}

std::vector<WarmStartRef> ReadWarmStart(const SpecField& field, const ExperimentSpec& experiment) {
  std::vector<WarmStartRef> refs;
  for (const SpecField& item : field.Items()) {
    std::optional<WarmStartRef> ref = ReadRef(item, experiment);
    if (!ref.has_value()) continue;
    if (std::find(refs.begin(), refs.end(), *ref) != refs.end()) {
      item.Error("is given twice");
    } else {
      refs.push_back(*std::move(ref));
    }
  }
  return refs;
}

}  // namespace qalam
