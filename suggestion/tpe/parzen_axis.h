#ifndef QALAM_SUGGESTION_TPE_PARZEN_AXIS_H_
#define QALAM_SUGGESTION_TPE_PARZEN_AXIS_H_

#include <vector>

#include "core/parameter.h"
#include "core/random_stream.h"

namespace qalam {

// A normal distribution cut off at the ends of [0, 1].
struct Bell {
  double mean = 0.5;
  double sigma = 1;
};

// One parameter as a Parzen estimator sees it: a number is its place in [0, 1] (Parameter::ToUnit),
// a label its index. Distances between places are what bandwidths are measured in.
class ParzenAxis {
 public:
  enum class Kind { kConstant, kNumber, kLabel };

  explicit ParzenAxis(const Parameter& parameter);

  Kind kind() const { return kind_; }
  // How many labels there are; kLabel only.
  int labels() const { return labels_; }
  // What the parameter's declared distribution amounts to. Labels are uniform.
  const Bell& prior() const { return prior_; }

  // A place or label from a coordinate of the unit cube, and back. Numbers with a step go to the
  // middle of their cell where that is cheap to find.
  double Encode(double unit) const;
  double Decode(double value) const;

  // The bandwidth of a kernel around `place`, widened to cover the cell of a number with a step:
  // all of a cell's width counts as one value.
  double Widen(double place, double sigma) const;
  // log of the mass that exp(-(x - mean)^2 / (2 sigma^2)) has on the axis: its sum over the values
  // of a number that has few, in units of 1; else its integral over [0, 1].
  double LogMass(const Bell& bell) const;
  // A value drawn from the bell; kNumber only.
  double Draw(const Bell& bell, RandomStream& random) const;

 private:
  double CellWidth(double place) const;

  Parameter parameter_;
  Kind kind_ = Kind::kConstant;
  int labels_ = 0;
  Bell prior_;
  double cells_ = 0;            // number of values; 0 when continuous
  std::vector<double> places_;  // of all values, in increasing order, when they are few
  std::vector<double> edges_;   // between them
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_PARZEN_AXIS_H_
