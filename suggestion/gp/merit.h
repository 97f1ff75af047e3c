#ifndef QALAM_SUGGESTION_GP_MERIT_H_
#define QALAM_SUGGESTION_GP_MERIT_H_

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "math/box_decomposition.h"
#include "math/linear_algebra.h"

namespace qalam::gp {

// Deviations that the confidence bound goes below the mean: a one-sided 97.5 % bound.
inline constexpr double kConfidenceKappa = 1.96;
// The improvement, in deviations of all losses, that counts for the probability.
inline constexpr double kImprovementMargin = 0.01;

// What makes a point worth trying where one loss is known as N(mean, deviation^2).
enum class AcquisitionKind {
  kLogExpectedImprovement,       // log E[max(0, best - f)]
  kLogProbabilityOfImprovement,  // log P(f < best - margin)
  kLowerConfidenceBound,         // -(mean - kappa deviation)
};

// The value, `best` being the least loss known; larger is better.
double AcquisitionValue(AcquisitionKind kind, double best, double mean, double deviation);

// Short names for people and labels: "EI", "PI", "LCB".
absl::string_view AcquisitionName(AcquisitionKind kind);

// Derivatives of a merit with respect to each mean and deviation.
struct MeritSlopes {
  std::vector<double> means;
  std::vector<double> deviations;
};

// What makes a point worth trying where several quantities are known there, independently of each
// other, as normal distributions; larger is better. What is known of other places may differ from
// one fantasy (see Posterior) to the next.
class Merit {
 public:
  virtual ~Merit() = default;

  // `slopes` may be null; else it has as many elements as there are means.
  virtual double Value(int fantasy, absl::Span<const double> means,
                       absl::Span<const double> deviations, MeritSlopes* slopes) const = 0;
  // Whether values are logarithms of what is to be averaged over fantasies.
  virtual bool is_logarithm() const { return true; }
};

// One loss. `best`: the least one, for each fantasy.
std::unique_ptr<Merit> ImprovementMerit(AcquisitionKind kind, std::vector<double> best);

// Two losses or more: log of the expected growth of the hypervolume (Ament et al., "Unexpected
// improvements to expected improvement for Bayesian optimization", NeurIPS 2023, section 4.3; in
// closed form, Yang et al., J. Global Optimization 75, 2019). `boxes`: the part of the space of
// losses that is not dominated, for each fantasy.
std::unique_ptr<Merit> HypervolumeMerit(const std::vector<Boxes>& boxes);

// Directions in the space of losses, from a reference point towards smaller losses, and how far
// along each one what is known dominates.
struct Rays {
  std::vector<double> reference;
  Matrix directions;  // (losses x rays): positive
  Matrix reached;     // (rays x fantasies): multiples of the direction, 0 or more
};

// Any number of losses: the hypervolume is the mean over all directions of what is reached along
// each, to the power of the number of losses (Golovin and Zhang, "Random hypervolume scalarizations
// for provable multi-objective black box optimization", ICML 2020); log of its expected growth,
// over a few directions.
std::unique_ptr<Merit> RaysMerit(Rays rays);

// The last quantities must be at most `bounds`: adds the logarithms of the probabilities to
// `merit` of those before, which may be null (Gardner et al., "Bayesian optimization with
// inequality constraints", ICML 2014).
std::unique_ptr<Merit> ConstrainedMerit(std::unique_ptr<Merit> merit, std::vector<double> bounds);

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_MERIT_H_
