#ifndef QALAM_SUGGESTION_GP_TRUST_REGION_H_
#define QALAM_SUGGESTION_GP_TRUST_REGION_H_

#include <cstdint>

#include "suggestion/gp/trial_table.h"

namespace qalam::gp {

// Some trials improve on the best place from nearby: most of a large space is so far from all data
// that it always promises more than it holds (Eriksson et al., "Scalable global optimization via
// local Bayesian optimization", NeurIPS 2019). The more axes, the more trials do: every second one
// from 7 axes on, every fourth with 5 or 6, none with fewer.
bool IsLocalTrial(int axes, int64_t number);

// How far a local trial may be from the best place, on each axis, as a share of it: doubled when
// two local trials in a row were better than all before, halved when several in a row were not, and
// back at the beginning when it has become so small that nothing is left to improve there. A
// function of the results in order of number, trials below `first` not counting.
double TrustRadius(const TrialTable& table, int64_t first);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_TRUST_REGION_H_
