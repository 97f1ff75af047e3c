#ifndef QALAM_SUGGESTION_GP_SUGGESTER_H_
#define QALAM_SUGGESTION_GP_SUGGESTER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "math/sobol.h"
#include "suggestion/gp/acquisition.h"
#include "suggestion/gp/model.h"
#include "suggestion/gp/search.h"
#include "suggestion/gp/trial_table.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"

namespace qalam::gp {

// What may be chosen of a search by Gaussian process.
struct GpOptions {
  // Trials before the model takes over.
  int initial_points = 10;
  AcquisitionKind acquisition = AcquisitionKind::kLogExpectedImprovement;
  // A portfolio of acquisitions instead; `acquisition` is then not used.
  bool hedge = false;
  // Searches the acquisition by samples alone, without its gradient.
  bool sampling_only = false;
  // Begins with the centre of the space.
  bool center_first = true;
};

// Bayesian optimisation with a Gaussian process: the first points fill the space, every later one
// maximises an acquisition function over the posterior.
class GpSuggester final : public OneByOneSuggester {
 public:
  GpSuggester(const SuggesterSpec& spec, std::string name, GpOptions options);

 protected:
  void Update(const History& history) override;
  std::optional<Suggestion> Propose(const Request& request) override;

 private:
  Suggestion InitialPoint(const Request& request) const;
  Suggestion ModelPoint(const Request& request);
  std::string Explain(const FittedModel& model, const Posterior& posterior,
                      const FoundPoint& found) const;

  std::string name_;
  GpOptions options_;
  Objective objective_;
  uint64_t seed_;
  SobolSequence sequence_;
  TrialTable table_;
  ModelCache models_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_SUGGESTER_H_
