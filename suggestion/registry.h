#ifndef QALAM_SUGGESTION_REGISTRY_H_
#define QALAM_SUGGESTION_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/objective.h"
#include "core/search_space.h"
#include "suggestion/duplicates.h"
#include "suggestion/suggester.h"

namespace qalam {

enum class SettingType { kInt, kDouble, kBool, kString };

// One setting of an algorithm: what validation, help and forms need to know of it.
struct SettingSpec {
  std::string name;
  SettingType type = SettingType::kString;
  // Text of the default; empty when the setting is optional without one.
  std::string default_value;
  // Bounds of kInt and kDouble; an exclusive bound is itself not allowed.
  std::optional<double> min;
  std::optional<double> max;
  bool min_exclusive = false;
  bool max_exclusive = false;
  // kString: the allowed texts; empty allows any.
  std::vector<std::string> choices;
  // One sentence.
  std::string help;
};

// Settings as given: name -> text. Read them through SettingsReader or after Validate.
using Settings = std::map<std::string, std::string>;

// What an earlier experiment found, told in this experiment's space.
struct SourceTrials {
  std::string name;  // of the experiment, for explanations
  // Canonical assignments of finite values, which may lie outside the bounds; at least one.
  std::vector<Assignment> points;
  // One for each point, finite, so that smaller is better. Only their order and shape mean
  // anything: the scale may be another one than this experiment's.
  std::vector<double> losses;
};

// What a suggester is made for.
struct SuggesterSpec {
  std::shared_ptr<const SearchSpace> space;
  Objective objective;
  Settings settings;
  // Names every random stream. The setting random_state, where given, overrides it.
  uint64_t seed = 0;
  // The experiment's limits; absent when unlimited.
  std::optional<int64_t> max_trial_count;
  int64_t parallel_trial_count = 1;
  // Whoever asks takes as many suggestions as it asked for or none: what is next best is to be
  // given rather than fewer, as far as there is anything.
  bool never_waits = false;
  // Earlier experiments to learn from, fixed for the whole experiment. Shared, for there may be
  // much of it.
  std::vector<std::shared_ptr<const SourceTrials>> sources;
  // What to do about points that were seen already.
  DuplicatePolicy duplicates = DuplicatePolicy::kAvoid;
};

struct Capabilities {
  // Works on spaces with continuous parameters (a double without step).
  bool continuous = true;
  // May propose a point again although unseen ones are left (continuous spaces never repeat).
  bool may_repeat = false;
  // Ends: proposes each point of a finite space once and then nothing.
  bool exhausts = false;
  // Builds a model for every suggestion: milliseconds each, however short the history. Meant for
  // hundreds or thousands of trials, not for millions.
  bool costly = false;
  // Learns from SuggesterSpec::sources.
  bool transfers = false;
  // Gives trials different amounts of a resource: needs settings that name it.
  bool multi_fidelity = false;
  // Looks for the Pareto front where several metrics are optimised.
  bool multi_objective = false;
};

// Everything there is to know of an algorithm, in one place.
struct AlgorithmDescriptor {
  std::string name;
  std::string summary;  // one sentence for help and forms
  std::string source;   // paper and section
  Capabilities capabilities;
  std::vector<SettingSpec> settings;
  // Checks beyond the settings' own ranges (may be empty): the space, the budget.
  std::function<absl::Status(const SuggesterSpec&)> validate;
  // Requires a spec that passed ValidateAlgorithm.
  std::function<std::unique_ptr<Suggester>(const SuggesterSpec&)> create;
};

// All algorithms, in the order of algorithms.inc. The reference is valid for the whole run.
const std::vector<AlgorithmDescriptor>& Algorithms();

// NotFound, with a did-you-mean and the list of names, when there is no such algorithm.
absl::StatusOr<const AlgorithmDescriptor*> FindAlgorithm(absl::string_view name);

// Checks one setting's text against its spec: type, range, choices. The message names the setting,
// the value and what is allowed.
absl::Status ValidateSetting(const SettingSpec& spec, absl::string_view value);

// Every problem of `spec` for this algorithm: unknown settings (with a did-you-mean), bad values,
// several objectives where it knows one, and what the descriptor's own check finds. Empty means
// valid. Each is an InvalidArgument.
std::vector<absl::Status> ValidateAlgorithm(const AlgorithmDescriptor& algorithm,
                                            const SuggesterSpec& spec);

// Finds, validates and creates in one call.
absl::StatusOr<std::unique_ptr<Suggester>> CreateSuggester(absl::string_view name,
                                                           const SuggesterSpec& spec);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_REGISTRY_H_
