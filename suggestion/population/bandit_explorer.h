#ifndef QALAM_SUGGESTION_POPULATION_BANDIT_EXPLORER_H_
#define QALAM_SUGGESTION_POPULATION_BANDIT_EXPLORER_H_

#include <cstdint>
#include <vector>

#include "math/linear_algebra.h"
#include "suggestion/population/explorer.h"

namespace qalam {

// A Gaussian process of how much a trial improved on its parent, by its values (unit cube) and its
// generation: k = (1 - forgetting)^(|t - t'| / 2) exp(-|x - x'|^2 / (2 length^2)), so that what was
// seen long ago tells less of what is to come.
class ImprovementModel {
 public:
  struct Point {
    std::vector<double> x;
    double t = 0;
  };

  // `gains`: of each point, standardised. Length, forgetting and noise are those of a grid that
  // make the gains likeliest. False when no model can be made of them.
  bool Fit(std::vector<Point> points, const std::vector<double>& gains);
  // Points whose gain is still to come: they lower the deviation near to them.
  void AddPending(const std::vector<Point>& pending);
  // The mean, and `beta` deviations more.
  double UpperBound(const Point& at, double beta) const;

 private:
  double Kernel(const Point& a, const Point& b) const;
  bool Factor(const std::vector<Point>& points, Cholesky* factor) const;

  std::vector<Point> points_;
  std::vector<double> weights_;  // of the mean
  std::vector<Point> all_points_;
  Cholesky all_;  // pending ones included
  double length_ = 0.5;
  double forgetting_ = 0;
  double noise_ = 0.1;
};

// As in PB2 (Parker-Holder, Nguyen and Roberts, "Provably efficient online hyperparameter
// optimization with population-based bandits", NeurIPS 2020): numbers are where the upper bound of
// the improvement is greatest; the rest is perturbed as in pbt.
class BanditExplorer final : public Explorer {
 public:
  explicit BanditExplorer(uint64_t seed) : seed_(seed), perturbing_(std::nullopt, seed) {}

  Assignment Explore(const History& history, const PopulationStep& step) override;

 private:
  uint64_t seed_;
  PerturbingExplorer perturbing_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_POPULATION_BANDIT_EXPLORER_H_
