#ifndef QALAM_BENCH_BBOB_H_
#define QALAM_BENCH_BBOB_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/bbob_parts.h"

namespace qalam::bench {

// An instance of one of the 24 noiseless BBOB functions, to be minimised over [-5, 5]^dimension
// (Hansen, Finck, Ros and Auger, RR-6829, 2009). Values are those of the reference program, to
// rounding.
class BbobFunction {
 public:
  static constexpr int kFunctions = 24;
  static constexpr int kMaxDimension = 200;

  // InvalidArgument unless 1 <= function <= 24, 2 <= dimension <= 200 and 1 <= instance <= 10000.
  static absl::StatusOr<BbobFunction> Create(int function, int dimension, int instance);

  double optimum() const { return optimum_; }
  // `x` has the function's dimension.
  double Value(Point x) const { return definition_->above_optimum(parts_, x) + optimum_; }

 private:
  BbobFunction(const BbobDefinition* definition, BbobParts parts, double optimum)
      : definition_(definition), parts_(std::move(parts)), optimum_(optimum) {}

  const BbobDefinition* definition_;
  BbobParts parts_;
  double optimum_;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_BBOB_H_
