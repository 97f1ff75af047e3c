#ifndef QALAM_SUGGESTION_GP_PRIOR_TERM_H_
#define QALAM_SUGGESTION_GP_PRIOR_TERM_H_

#include "suggestion/gp/encoding.h"
#include "suggestion/gp/search.h"

namespace qalam::gp {

// The acquisition `target` with (beta / n) log pi added to it, pi being the priors of the space and
// n = `results` how many results are known: what a person believes counts much at first and less
// with every result (Hvarfner et al., "piBO: augmenting acquisition functions with user beliefs",
// ICLR 2022). `encoding` must outlive what is returned.
SearchTarget WithPriors(const Encoding& encoding, int results, SearchTarget target);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_PRIOR_TERM_H_
