#ifndef QALAM_SUGGESTION_GP_BAYES_SETTINGS_H_
#define QALAM_SUGGESTION_GP_BAYES_SETTINGS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "suggestion/gp/suggester.h"
#include "suggestion/registry.h"

namespace qalam::gp {

// The settings of the algorithms gp and bayesianoptimization.
std::vector<SettingSpec> GpSettings();
std::vector<SettingSpec> BayesSettings();

// `options` with the acquisition of that name as settings have it: "EI", "PI", "LCB", "EIps" and
// "PIps" (trials taken to last equally long), or "gp_hedge" for the portfolio.
BayesOptions WithAcquisition(absl::string_view name, BayesOptions options);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_BAYES_SETTINGS_H_
