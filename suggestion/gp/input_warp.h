#ifndef QALAM_SUGGESTION_GP_INPUT_WARP_H_
#define QALAM_SUGGESTION_GP_INPUT_WARP_H_

namespace qalam::gp {

// A change of scale along one axis, x -> (1 - exp(-c x)) / (1 - exp(-c)) on [0, 1], so that what
// changes fast at one end of the axis and slowly at the other becomes equally rough everywhere
// (Snoek et al., "Input warping for Bayesian optimization of non-stationary functions", ICML 2014;
// of one parameter, where their beta distributions have two). A strength c > 0 draws low
// coordinates apart, c < 0 high ones, and 0 leaves all as they are. Coordinates below 0, of what
// does not exist, stay.
class InputWarp {
 public:
  // Both ends' slopes differ by a factor of exp(|strength|).
  explicit InputWarp(double strength);

  double Apply(double x) const;
  // The derivative with respect to x.
  double Slope(double x) const;
  // The derivative with respect to the strength.
  double SlopeByStrength(double x) const;

 private:
  double strength_;
  bool is_small_;       // almost a straight line, where the formulas would divide 0 by 0
  double denominator_;  // exp(-c) - 1
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_INPUT_WARP_H_
