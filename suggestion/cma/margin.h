#ifndef QALAM_SUGGESTION_CMA_MARGIN_H_
#define QALAM_SUGGESTION_CMA_MARGIN_H_

#include <optional>

namespace qalam {

// The mean and standard deviation of one coordinate of a search distribution.
struct Marginal {
  double mean = 0;
  double deviation = 0;
};

// Corrects the marginal distribution of a stepped coordinate so that values other than the mean's
// own keep a probability: at least alpha / 2 on each side, or alpha on the one side that there is
// (Hamano, Saito, Nomura and Shirakawa, "CMA-ES with margin", arXiv 2205.13482, section 4).
// `lower` and `upper` are the ends of the cell that holds the mean; absent where no value lies
// beyond. Nothing when no correction is needed.
std::optional<Marginal> WithMargin(const Marginal& marginal, std::optional<double> lower,
                                   std::optional<double> upper, double alpha);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_MARGIN_H_
