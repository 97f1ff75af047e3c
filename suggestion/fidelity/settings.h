#ifndef QALAM_SUGGESTION_FIDELITY_SETTINGS_H_
#define QALAM_SUGGESTION_FIDELITY_SETTINGS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "suggestion/fidelity/hyperband_schedule.h"
#include "suggestion/fidelity/resource.h"
#include "suggestion/registry.h"

namespace qalam {

// Settings that others must know of: the resource, and the most of it that a trial is given, of
// hyperband and of the others.
inline constexpr char kResourceName[] = "resource_name";
inline constexpr char kHyperbandMost[] = "r_l";
inline constexpr char kLadderMost[] = "max_resource";

// The resource that the setting resource_name names. InvalidArgument when it is missing, or names
// what cannot be a resource (see Resource::Create).
absl::StatusOr<Resource> ResourceOf(const SuggesterSpec& spec);

// Settings of Katib's Hyperband, r_l, resource_name and eta, and ours: min_resource, passes.
std::vector<SettingSpec> HyperbandSettings();
// What is to be checked of them beyond their ranges.
absl::Status CheckHyperband(const SuggesterSpec& spec);
// Requires a spec that passed the check.
HyperbandOptions HyperbandOptionsOf(const SuggesterSpec& spec, const Resource& resource);

// Settings of other algorithms with brackets: resource_name, min_resource, max_resource, eta and
// passes.
std::vector<SettingSpec> BracketSettings();
absl::Status CheckBrackets(const SuggesterSpec& spec);
// Requires a spec that passed the check.
HyperbandOptions BracketOptionsOf(const SuggesterSpec& spec, const Resource& resource);

// Settings of algorithms that promote asynchronously: resource_name, min_resource, max_resource and
// eta.
std::vector<SettingSpec> LadderSettings();
absl::Status CheckLadder(const SuggesterSpec& spec);

// Amounts of the rungs, and the share of trials that goes on.
struct Ladder {
  std::vector<double> amounts;
  double least = 1;
  double most = 1;
  double eta = 3;
};
// Requires a spec that passed the check.
Ladder LadderOf(const SuggesterSpec& spec, const Resource& resource);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_SETTINGS_H_
