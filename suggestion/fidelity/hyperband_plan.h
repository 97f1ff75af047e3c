#ifndef QALAM_SUGGESTION_FIDELITY_HYPERBAND_PLAN_H_
#define QALAM_SUGGESTION_FIDELITY_HYPERBAND_PLAN_H_

#include <cstdint>
#include <vector>

#include "suggestion/fidelity/resource.h"

namespace qalam {

// How many configurations are tried with which amount.
struct PlannedRung {
  int64_t count = 0;
  double amount = 0;
  friend bool operator==(const PlannedRung&, const PlannedRung&) = default;
};

// A bracket: rungs of growing amounts.
using PlannedBracket = std::vector<PlannedRung>;

// The brackets s = 0, 1, ... s_max of Hyperband (Li et al., JMLR 18, 2018, algorithm 1): bracket s
// begins with ceil((s_max + 1) / (s + 1) eta^s) configurations with `most` eta^-s of the resource,
// and keeps one of eta from rung to rung. The least amount of all is at least `least`, and no
// bracket begins with more than about a million configurations. Rungs whose amounts are the same,
// because only some are allowed, are one. Requires 0 < least, 0 < most and eta >= 2.
std::vector<PlannedBracket> PlanHyperband(const Resource& resource, double least, double most,
                                          double eta);

// The amounts least, least eta, least eta^2, ... below `most`, and `most`: those that are allowed,
// each once, in increasing order.
std::vector<double> GeometricAmounts(const Resource& resource, double least, double most,
                                     double eta);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_HYPERBAND_PLAN_H_
