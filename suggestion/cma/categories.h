#ifndef QALAM_SUGGESTION_CMA_CATEGORIES_H_
#define QALAM_SUGGESTION_CMA_CATEGORIES_H_

#include <vector>

#include "absl/types/span.h"

namespace qalam {

// Independent distributions over the values of several categorical parameters, moved along the
// natural gradient with an adaptive step (CatCMA: Hamano, Saito, Nomura, Uchida and Shirakawa,
// arXiv 2405.09962, section 3; the step: ASNG, Akimoto et al., arXiv 1905.08537).
class CmaCategories {
 public:
  // `sizes`: the number of values of each, at least 2. No probability falls below margin / (size
  // - 1). Starts uniform.
  CmaCategories(std::vector<int> sizes, double margin);

  int size() const { return static_cast<int>(sizes_.size()); }
  int values(int c) const { return sizes_[c]; }
  // The value of parameter c at `u` in [0, 1) of its distribution.
  int At(int c, double u) const;
  double Probability(int c, int value) const { return probabilities_[offsets_[c] + value]; }

  // Learns from members, best first: their values, and weights >= 0 whose sum is 1.
  void Update(const std::vector<std::vector<int>>& members, absl::Span<const double> weights);
  // Starts from these counts of values seen in good points, smoothed by one of each.
  void Start(const std::vector<std::vector<int>>& good);
  // True when every parameter has all but settled on one value.
  bool Settled() const;

 private:
  void ApplyMargin();

  std::vector<int> sizes_;
  std::vector<int> offsets_;  // of each parameter in probabilities_
  double margin_;
  std::vector<double> probabilities_;
  std::vector<double> path_;  // s of ASNG
  double gamma_ = 0;
  double slowness_ = 1;  // Delta of ASNG
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_CATEGORIES_H_
