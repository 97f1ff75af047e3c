#ifndef QALAM_SUGGESTION_TPE_TPE_SUGGESTER_H_
#define QALAM_SUGGESTION_TPE_TPE_SUGGESTER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/random_stream.h"
#include "math/sobol.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"
#include "suggestion/tpe/parzen_mixture.h"
#include "suggestion/tpe/parzen_space.h"
#include "suggestion/tpe/trial_split.h"

namespace qalam {

struct TpeOptions {
  double gamma = 0.1;           // share of the finished trials that are good, in (0, 1)
  double prior_weight = 1;      // against 1 of a trial; > 0
  int candidates = 64;          // drawn for each proposal; > 0
  int64_t startup_trials = 10;  // to finish before the estimators are used
};

// Tree-structured Parzen estimators over all parameters jointly; see tpe.cc for the method.
class TpeSuggester final : public OneByOneSuggester {
 public:
  TpeSuggester(const SuggesterSpec& spec, const TpeOptions& options);

 private:
  struct Candidates {
    ParzenPoints points;
    std::vector<std::optional<int>> kernels;  // rows of good_ they were drawn from
    std::vector<double> scores;               // log of the density ratio
  };

  void Update(const History& history) override;
  std::optional<Suggestion> Propose(const Request& request) override;

  // Which kernels candidates are drawn from.
  enum class Source { kGood, kPrior };

  Suggestion Start(const Request& request) const;
  // The point of a trial of the history.
  void Encode(const History& history, int row, absl::Span<double> point) const;
  void UpdateBad(const History& history);
  void UpdateGood(const History& history);
  void AddBatch(absl::Span<const Assignment> batch);
  Candidates Draw(Source source, RandomStream& random) const;
  // Candidates from the most promising to the least.
  std::vector<int> Rank(Candidates& candidates) const;
  // The log density ratios, what a person believes, and their sum.
  std::vector<double> LogRatios(const ParzenPoints& points, int block_stride) const;
  void AddBelief(const ParzenPoints& points, absl::Span<double> scores) const;
  std::vector<double> Scores(const ParzenPoints& points, int block_stride) const;
  // Where parameters have conditions: moves the candidates with the most promising set of
  // parameters to the front of `order`, each part in its order. How many they are.
  size_t PutBestStructureFirst(const ParzenPoints& points, int block_stride,
                               std::vector<int>& order) const;
  std::string Explain(const Request& request, const Candidates& candidates, int chosen) const;

  TpeOptions options_;
  uint64_t seed_;
  SobolSequence start_;
  ParzenSpace parzen_;
  TrialSplit split_;
  ParzenMixture bad_;        // the history's rows, then those of the request being answered
  int known_ = 0;            // rows of the history that bad_ has
  uint64_t known_hash_ = 0;  // their PrefixHash
  ParzenMixture good_;
  std::vector<TrialSplit::GoodTrial> good_trials_;  // that good_ has
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_TPE_SUGGESTER_H_
