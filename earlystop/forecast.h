#ifndef QALAM_EARLYSTOP_FORECAST_H_
#define QALAM_EARLYSTOP_FORECAST_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace qalam {

// What a learning curve may come to: a mixture of Student's t distributions, one for each shape
// that the curve may have.
class Forecast {
 public:
  struct Part {
    double weight = 0;  // all sum to 1
    double location = 0;
    double scale = 0;  // > 0
  };
  Forecast(std::vector<Part> parts, int64_t freedom)
      : parts_(std::move(parts)), freedom_(freedom) {}

  // The probability of a value below `loss`.
  double ChanceBelow(double loss) const;
  // The weighted mean of the locations.
  double Location() const;
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
  int64_t freedom_;
};

// Reports that a forecast needs at least.
inline constexpr int64_t kMinForecastReports = 4;

// What the curve of the reports `losses` (steps 1, 2, ...; those that are not finite are left out)
// comes to by step `horizon`, beyond its end: the report there, or, when `best_so_far`, the
// smallest of all reports still to come.
//
// Each shape is a straight line in some function of the step that bends as learning curves do:
// powers, exponentials and the logarithm, of different speeds. Fitted without prior beliefs about
// level, slope and noise, its forecast is a t distribution, the wider the less the reports say of
// its slope and the farther the horizon is; the shapes are weighted by how well they fit. Nothing
// where fewer than kMinForecastReports are finite. Costs the same for any curve of some hundred
// reports or more.
std::optional<Forecast> ForecastCurve(absl::Span<const double> losses, int64_t horizon,
                                      bool best_so_far);

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_FORECAST_H_
