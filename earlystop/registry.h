#ifndef QALAM_EARLYSTOP_REGISTRY_H_
#define QALAM_EARLYSTOP_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/objective.h"
#include "earlystop/early_stopper.h"
#include "suggestion/registry.h"

namespace qalam {

// What a stopper is made for.
struct StopperSpec {
  Objective objective;
  // A rule that is made of others (StopperDescriptor::inner) has theirs here, too, each under the
  // inner rule's name, a dot and its own name: "medianstop.start_step".
  Settings settings;
};

// Everything there is to know of a stopping rule, in one place.
struct StopperDescriptor {
  std::string name;
  std::string summary;  // one sentence for help and forms
  std::string source;   // paper and section, or whose rule it is
  // Judges a trial by others: without any it stops none.
  bool compares = true;
  // Makes sense where several metrics are optimised, although it looks at the first one only.
  bool multi_objective = false;
  // May have rules in Katib's static form (EarlyStopper::Rules); without it there never are any.
  bool static_form = false;
  // The setting that names the rules that this one is made of, separated by commas; empty: none.
  std::string inner;
  std::vector<SettingSpec> settings;
  // Checks beyond the settings' own ranges (may be empty).
  std::function<absl::Status(const StopperSpec&)> validate;
  // Requires a spec that passed ValidateStopper.
  std::function<std::unique_ptr<EarlyStopper>(const StopperSpec&)> create;
};

// All stopping rules, in the order of stoppers.inc. The reference is valid for the whole run.
const std::vector<StopperDescriptor>& Stoppers();

// NotFound, with a did-you-mean and the list of names, when there is no such rule.
absl::StatusOr<const StopperDescriptor*> FindStopper(absl::string_view name);

// What is wrong with a spec: InvalidArgument or NotFound, and where.
struct StopperProblem {
  std::string setting;   // its whole name; empty when it is about the rule
  bool unknown = false;  // there is no such setting, else it has a bad value
  absl::Status status;
};
// Every problem of `spec` for this rule and those that it is made of. Empty means valid.
std::vector<StopperProblem> ValidateStopper(const StopperDescriptor& stopper,
                                            const StopperSpec& spec);

// Finds, validates and creates in one call.
absl::StatusOr<std::unique_ptr<EarlyStopper>> CreateStopper(absl::string_view name,
                                                            const StopperSpec& spec);

// ---- For rules that are made of others.

// The rules that `spec` names in the setting of `stopper` for it, in order.
std::vector<std::string> InnerRules(const StopperDescriptor& stopper, const Settings& settings);
// What the inner rule `name` is made for: the settings under its name.
StopperSpec InnerSpec(const StopperSpec& spec, absl::string_view name);
// All of them. Requires a spec that passed ValidateStopper.
std::vector<std::unique_ptr<EarlyStopper>> CreateInner(const StopperDescriptor& stopper,
                                                       const StopperSpec& spec);

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_REGISTRY_H_
