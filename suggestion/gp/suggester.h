#ifndef QALAM_SUGGESTION_GP_SUGGESTER_H_
#define QALAM_SUGGESTION_GP_SUGGESTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "math/sobol.h"
#include "suggestion/finite_space.h"
#include "suggestion/gp/belief.h"
#include "suggestion/gp/forest.h"
#include "suggestion/gp/model.h"
#include "suggestion/gp/search.h"
#include "suggestion/gp/settled_places.h"
#include "suggestion/gp/sources.h"
#include "suggestion/gp/trial_table.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"

namespace qalam::gp {

// The model of the objective.
enum class Estimator { kGaussianProcess, kRandomForest, kExtraTrees, kBoostedTrees };

// What may be chosen of a Bayesian optimisation.
struct BayesOptions {
  Estimator estimator = Estimator::kGaussianProcess;
  // Trials before the model takes over. While fewer of them than that have a result, there may be
  // up to `most_initial_points`: of one or two results a model says little to many workers.
  int64_t initial_points = 10;
  int64_t most_initial_points = 0;
  AcquisitionKind acquisition = AcquisitionKind::kLogExpectedImprovement;
  // A portfolio of acquisitions instead; `acquisition` is then not used.
  bool portfolio = false;
  // Searches the acquisition by samples alone, without its gradient.
  bool sampling_only = false;
};

// Bayesian optimisation: the first points are the centre of the space and then fill it, every later
// one maximises an acquisition function over a model of the objective.
class BayesSuggester final : public OneByOneSuggester {
 public:
  // `name`: of the algorithm, for explanations.
  BayesSuggester(const SuggesterSpec& spec, std::string name, BayesOptions options);

 protected:
  void Update(const History& history) override { table_.Update(history); }
  std::optional<Suggestion> Propose(const Request& request) override;

 private:
  // What a proposal by the model is made with.
  struct Step {
    const Request& request;
    std::vector<std::vector<double>> batch;  // encoded
    AcquisitionKind kind;
    // The trials that it is made from: all, or those beyond the settled places.
    const TrialTable& table;
    const SettledPlaces& settled;
  };

  Suggestion InitialPoint(const Request& request) const;
  Suggestion ModelPoint(const Request& request);
  // The places that the trial is to stay away from.
  SettledPlaces PlacesToLeave(int64_t number);
  std::optional<Suggestion> FromProcess(const Step& step);
  // `acquisition` must outlive the result.
  SearchTarget TargetOf(const Acquisition& acquisition) const;
  // Whether the model is not to be trusted for a trial, so that no place is left out for good.
  bool IsDoubting(int64_t number) const;
  std::vector<FittedModel> FitModels(const Step& step);
  std::optional<Suggestion> FromTrees(const Step& step) const;
  // The best unseen points: of all where the space is small, else of those found.
  std::optional<FoundPoint> BestUnseen(const Step& step, SearchTarget target,
                                       absl::Span<const std::vector<double>> around,
                                       SearchOptions options) const;
  std::vector<FoundPoint> EvaluateAll(const Request& request, const SearchTarget& target) const;
  // What is known of one loss at the point that was found, warped.
  struct Expected {
    const OutputWarp& warp;
    double mean;
    double deviation;
  };
  Suggestion Explained(const Step& step, const FoundPoint& found,
                       absl::Span<const Expected> losses) const;
  int64_t NearestTrial(absl::Span<const double> point) const;

  std::string name_;
  BayesOptions options_;
  Objective objective_;
  uint64_t seed_;
  std::optional<int64_t> max_trial_count_;
  std::optional<FiniteSpace> finite_;
  SobolSequence sequence_;
  TrialTable table_;
  Sources sources_;
  // One for each target.
  std::vector<ModelCache> models_;
  std::vector<ModelCache> models_beyond_;  // settled places
  std::vector<CovarianceCache> covariances_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_SUGGESTER_H_
