#include "suggestion/tpe/tpe_suggester.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "suggestion/settings.h"
#include "suggestion/start_points.h"

namespace qalam {
namespace {

// More good trials than this would blur what is best, and cost time.
constexpr int kMaxGood = 25;
// Longer lists of bad trials than this are looked at in part, to find the candidates that all of
// them are then asked of.
constexpr int kScreenedRows = 1024;
constexpr int kFinalists = 4;
// What a person believes (the priors of parameters) counts like so many results, and less with each
// that comes in, as in piBO (Hvarfner et al., ICLR 2022). With their 10, a wrong belief is overcome
// too late.
constexpr double kBelief = 3;

// Whether two points lack the same values.
bool HaveValuesAlike(absl::Span<const double> a, absl::Span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](double x, double y) { return std::isnan(x) == std::isnan(y); });
}

}  // namespace

TpeSuggester::TpeSuggester(const SuggesterSpec& spec, const TpeOptions& options)
    : OneByOneSuggester(spec),
      options_(options),
      seed_(EffectiveSeed(spec)),
      start_(spec.space->size(), seed_),
      parzen_(*spec.space),
      split_(options.gamma, kMaxGood),
      bad_(&parzen_, {.prior_weight = options.prior_weight, .fades = true}),
      good_(&parzen_, {.prior_weight = options.prior_weight}) {}

void TpeSuggester::Update(const History& history) {
  split_.Update(history);
  UpdateBad(history);
  UpdateGood(history);
}

void TpeSuggester::Encode(const History& history, int row, absl::Span<double> point) const {
  parzen_.Encode(history.unit(row), point);
  parzen_.DropMissing(history.trial(row).assignment, point);
}

void TpeSuggester::UpdateBad(const History& history) {
  const auto place = [this](int row) {
    bad_.SetPresent(row, split_.side(row) == TrialSplit::Side::kBad);
  };
  bad_.Truncate(known_);
  const bool extends = history.size() >= known_ && history.PrefixHash(known_) == known_hash_;
  if (!extends) {
    known_ = 0;
    good_trials_.clear();
    good_.Truncate(0);
    bad_.Truncate(0);
  }
  const int before = known_;
  std::vector<double> point(static_cast<size_t>(parzen_.width()));
  for (; known_ < history.size(); ++known_) {
    Encode(history, known_, absl::MakeSpan(point));
    bad_.Append(point);
    place(known_);
  }
  known_hash_ = history.PrefixHash(known_);
  for (const int row : split_.moved()) {
    if (row < before) place(row);
  }
}

void TpeSuggester::UpdateGood(const History& history) {
  if (good_trials_ != split_.good()) {
    good_trials_ = split_.good();
    good_.Truncate(0);
    std::vector<double> point(static_cast<size_t>(parzen_.width()));
    for (const TrialSplit::GoodTrial& trial : good_trials_) {
      Encode(history, trial.row, absl::MakeSpan(point));
      good_.Append(point, trial.weight);
      good_.SetPresent(good_.rows() - 1, true);
    }
  }
  good_.Commit();
}

void TpeSuggester::AddBatch(absl::Span<const Assignment> batch) {
  std::vector<double> unit(static_cast<size_t>(space().size()));
  std::vector<double> point(static_cast<size_t>(parzen_.width()));
  for (size_t i = static_cast<size_t>(bad_.rows() - known_); i < batch.size(); ++i) {
    space().ToUnit(batch[i], absl::MakeSpan(unit));
    parzen_.Encode(unit, absl::MakeSpan(point));
    parzen_.DropMissing(batch[i], absl::MakeSpan(point));
    bad_.Append(point);
    bad_.SetPresent(bad_.rows() - 1, true);
  }
  bad_.Commit();
}

std::optional<Suggestion> TpeSuggester::Propose(const Request& request) {
  if (split_.finished() < options_.startup_trials) return Start(request);
  AddBatch(request.batch);
  RandomStream random(seed_, static_cast<uint64_t>(request.number), "tpe");
  std::optional<Assignment> best;
  // In a finite space the surroundings of the good trials may be used up; then look farther.
  for (const Source source : {Source::kGood, Source::kPrior}) {
    Candidates candidates = Draw(source, random);
    for (const int i : Rank(candidates)) {
      Assignment assignment = space().FromUnit(parzen_.Decode(candidates.points.point(i)));
      if (request.unseen.IsUnseen(assignment)) {
        return Suggestion{.assignment = std::move(assignment),
                          .explanation = Explain(request, candidates, i)};
      }
      if (!best.has_value()) best = std::move(assignment);
    }
  }
  std::optional<Assignment> unseen = request.unseen.Pick(random.Bits());
  if (unseen.has_value()) {
    return Suggestion{.assignment = *std::move(unseen), .explanation = "tpe: any unseen point"};
  }
  return Suggestion{.assignment = *std::move(best),
                    .explanation = "tpe: again, because every point has been seen"};
}

// The middle of the declared distributions, where people put what they believe in; then points that
// fill the space evenly.
Suggestion TpeSuggester::Start(const Request& request) const {
  std::vector<double> probabilities(static_cast<size_t>(space().size()), 0.5);
  const uint64_t number = static_cast<uint64_t>(request.number);
  if (number > 0) start_.Point(number, absl::MakeSpan(probabilities));
  Assignment assignment = DesignPoint(space(), number, probabilities);
  if (!request.unseen.IsUnseen(assignment)) {
    RandomStream random(seed_, number, "tpe start");
    assignment = request.unseen.Pick(random.Bits()).value_or(assignment);
  }
  return {.assignment = std::move(assignment),
          .explanation = absl::StrCat("tpe: start, ", split_.finished(), " of ",
                                      options_.startup_trials, " trials finished")};
}

TpeSuggester::Candidates TpeSuggester::Draw(Source source, RandomStream& random) const {
  Candidates candidates;
  const ParzenMixture prior(&parzen_, {});
  const ParzenMixture& mixture = source == Source::kGood ? good_ : prior;
  std::vector<double> point(static_cast<size_t>(parzen_.width()));
  for (int i = 0; i < options_.candidates; ++i) {
    // Kernels in proportion to their weights, not by chance.
    const double choice = (i + random.Uniform()) / options_.candidates;
    candidates.kernels.push_back(mixture.Draw(choice, random, absl::MakeSpan(point)));
    if (parzen_.optional()) {
      parzen_.DropMissing(space().FromUnit(parzen_.Decode(point)), absl::MakeSpan(point));
    }
    candidates.points.Add(parzen_, point);
  }
  return candidates;
}

std::vector<double> TpeSuggester::LogRatios(const ParzenPoints& points, int block_stride) const {
  std::vector<double> scores(static_cast<size_t>(points.count));
  std::vector<double> bad(static_cast<size_t>(points.count));
  good_.LogDensities(points, 1, absl::MakeSpan(scores));
  bad_.LogDensities(points, block_stride, absl::MakeSpan(bad));
  for (size_t i = 0; i < scores.size(); ++i) scores[i] -= bad[i];
  return scores;
}

void TpeSuggester::AddBelief(const ParzenPoints& points, absl::Span<double> scores) const {
  if (!space().has_priors()) return;
  const double weight = kBelief / static_cast<double>(std::max<int64_t>(1, split_.finished()));
  for (size_t i = 0; i < scores.size(); ++i) {
    scores[i] += weight * space().LogPrior(
                              space().FromUnit(parzen_.Decode(points.point(static_cast<int>(i)))));
  }
}

std::vector<double> TpeSuggester::Scores(const ParzenPoints& points, int block_stride) const {
  std::vector<double> scores = LogRatios(points, block_stride);
  AddBelief(points, absl::MakeSpan(scores));
  return scores;
}

// The densities of points with unlike values do not compare: the more there are, the sharper. So
// which parameters exist is decided by those that always do.
size_t TpeSuggester::PutBestStructureFirst(const ParzenPoints& points, int block_stride,
                                           std::vector<int>& order) const {
  ParzenPoints roots;
  for (int i = 0; i < points.count; ++i) {
    roots.Add(parzen_, parzen_.Unconditional(points.point(i)));
  }
  std::vector<double> scores = LogRatios(roots, block_stride);
  AddBelief(points, absl::MakeSpan(scores));
  const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
  const auto end = std::stable_partition(order.begin(), order.end(), [&](int i) {
    return HaveValuesAlike(points.point(i), points.point(static_cast<int>(best)));
  });
  return static_cast<size_t>(end - order.begin());
}

std::vector<int> TpeSuggester::Rank(Candidates& candidates) const {
  const int stride = 1 + std::max(0, bad_.rows() - 1) / kScreenedRows;
  candidates.scores = Scores(candidates.points, stride);
  std::vector<int> order(candidates.scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto better = [&](int a, int b) {
    const double score_a = candidates.scores[static_cast<size_t>(a)];
    const double score_b = candidates.scores[static_cast<size_t>(b)];
    return score_a != score_b ? score_a > score_b : a < b;
  };
  std::sort(order.begin(), order.end(), better);
  const size_t eligible =
      parzen_.optional() ? PutBestStructureFirst(candidates.points, stride, order) : order.size();
  if (stride == 1) return order;
  const size_t finalists = std::min<size_t>(kFinalists, eligible);
  ParzenPoints points;
  for (size_t i = 0; i < finalists; ++i) {
    points.Add(parzen_, candidates.points.point(order[i]));
  }
  const std::vector<double> scores = Scores(points, 1);
  for (size_t i = 0; i < finalists; ++i) {
    candidates.scores[static_cast<size_t>(order[i])] = scores[i];
  }
  std::sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(finalists), better);
  return order;
}

std::string TpeSuggester::Explain(const Request& request, const Candidates& candidates,
                                  int chosen) const {
  const size_t index = static_cast<size_t>(chosen);
  const std::optional<int> kernel = candidates.kernels[index];
  const std::string origin =
      kernel.has_value()
          ? absl::StrCat(
                "drawn around trial ",
                request.history.trial(good_trials_[static_cast<size_t>(*kernel)].row).number)
          : "drawn from the whole space";
  return absl::StrFormat(
      "tpe: %s, best of %d by log density ratio %.2f of %d good to %d bad trials", origin,
      options_.candidates, candidates.scores[index], good_.count(), bad_.count());
}

}  // namespace qalam
