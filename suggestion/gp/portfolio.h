#ifndef QALAM_SUGGESTION_GP_PORTFOLIO_H_
#define QALAM_SUGGESTION_GP_PORTFOLIO_H_

#include <cstdint>

#include "core/history.h"
#include "suggestion/gp/acquisition.h"

namespace qalam::gp {

// The label by which a trial remembers which acquisition proposed it: AcquisitionName.
inline constexpr char kAcquisitionLabel[] = "acquisition";

// Which acquisition of the portfolio EI, LCB, PI proposes trial `number`: drawn with probabilities
// that grow exponentially with how well each has done (Hoffman et al., "Portfolio allocation for
// Bayesian optimization", UAI 2011). Differs from GP-Hedge in that an acquisition is credited with
// the results of the trials that it proposed, by their labels, and not with predictions at
// proposals that were never run; so the gains are a function of the history.
AcquisitionKind ChooseFromPortfolio(const History& history, uint64_t seed, int64_t number);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_PORTFOLIO_H_
