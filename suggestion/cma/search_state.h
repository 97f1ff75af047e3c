#ifndef QALAM_SUGGESTION_CMA_SEARCH_STATE_H_
#define QALAM_SUGGESTION_CMA_SEARCH_STATE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "core/search_space.h"
#include "suggestion/cma/categories.h"
#include "suggestion/cma/coordinates.h"
#include "suggestion/cma/gaussian.h"
#include "suggestion/cma/restarts.h"
#include "suggestion/outcome.h"

namespace qalam {

// A trial that a generation learns from.
struct CmaMember {
  CmaPoint point;
  Outcome outcome;  // observed, partial or failed
  // The point was not drawn from the distribution that learns from it.
  bool foreign = false;
  int64_t number = 0;
};

// The settings of `cmaes`, read, and what is known beforehand.
struct CmaOptions {
  double sigma = 0;  // initial standard deviation in the unit cube
  int population = 0;
  RestartStrategy restarts = RestartStrategy::kNone;
  bool adapt_rates = false;
  uint64_t seed = 0;
  // What a person or earlier experiments believe of good points, to be compared with the middle of
  // the space before the search begins there; null when nobody says anything.
  std::shared_ptr<const std::vector<CmaMember>> beliefs;
  Assignment middle;
};

// The search distribution of one generation, and the step to the next. A value: what follows from
// equal members is equal to the last bit.
class CmaState {
 public:
  // `coordinates` must outlive the state.
  CmaState(const CmaCoordinates* coordinates, const CmaOptions& options);

  // Starts from results of others instead of the middle of the space: a normal distribution fitted
  // to the best tenth of them (WS-CMA-ES: Nomura et al., arXiv 2012.06932, section 4). Requires at
  // least one member.
  void WarmStart(std::vector<CmaMember> members);
  // The point that trial `number` draws. Later attempts, made when the earlier gave a point that
  // was seen already, range wider. The very first trial is the mean itself.
  CmaPoint Sample(int64_t number, int attempt) const;
  // How many members complete a generation.
  int population() const { return schedule_.run().population; }
  // Learns from a generation of at least two members; restarts when the run has come to its end.
  void Advance(std::vector<CmaMember> members);

  int run() const { return schedule_.run().number; }
  double sigma() const { return gaussian_.sigma(); }
  // Of the ordered coordinates.
  absl::Span<const double> mean() const { return gaussian_.mean(); }

 private:
  CmaGaussian::Options GaussianOptions() const;
  CmaGaussian InitialGaussian(const CmaOptions& options, std::vector<double> mean,
                              double factor) const;
  double MarginAlpha() const;
  void LearnFrom(const std::vector<CmaMember>& members);
  void KeepInside();
  bool RunHasEnded(const std::vector<CmaMember>& members);
  void Restart();

  const CmaCoordinates* coordinates_;
  CmaOptions options_;
  RestartSchedule schedule_;
  CmaGaussian gaussian_;
  CmaCategories categories_;
  StagnationMonitor monitor_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_SEARCH_STATE_H_
