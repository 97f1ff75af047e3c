#include "suggestion/cma/search_state.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/random_stream.h"
#include "suggestion/cma/margin.h"
#include "suggestion/cma/weights.h"

namespace qalam {
namespace {

constexpr char kCmaesPurpose[] = "cmaes";
// Above it only the diagonal of the covariance is learned: budgets for more are out of reach.
constexpr int kMaxFullDimensions = 100;
// Draws until one lies inside the bounds. After the last, a share of the points is moved on to the
// bounds, values that people's optima often have, and the update sees them there; the others are
// reflected, and the update sees them as drawn. Resampling alone hardly ever succeeds at a corner
// of many dimensions, moving alone loses the spread along the bounds, and reflection alone
// converges slowly; the mixture was better than each and than clipping at 10 and 40 dimensions.
constexpr int kMaxRedraws = 4;
constexpr double kMovedShare = 0.25;
// A run ends when all standard deviations of continuous coordinates are below it: the unit cube in
// steps of the last digits.
constexpr double kLeastDeviation = 1e-12;
// Standard deviations beyond it sample the cube no wider.
constexpr double kGreatestDeviation = 1.0;
constexpr double kWarmShare = 0.1;  // gamma of WS-CMA-ES
constexpr double kWarmWidth = 0.1;  // alpha of WS-CMA-ES

void SortBestFirst(std::vector<CmaMember>& members) {
  std::stable_sort(members.begin(), members.end(), [](const CmaMember& a, const CmaMember& b) {
    return BetterOutcome(a.outcome, b.outcome) ||
           (!BetterOutcome(b.outcome, a.outcome) && a.number < b.number);
  });
}

}  // namespace

CmaState::CmaState(const CmaCoordinates* coordinates, const CmaOptions& options)
    : coordinates_(coordinates),
      options_(options),
      schedule_(options.restarts, options.population, options.seed),
      gaussian_(InitialGaussian(
          options, std::vector<double>(static_cast<size_t>(coordinates->ordered()), 0.5), 1)),
      categories_(coordinates->Categories(), MarginAlpha()) {
  KeepInside();
}

CmaGaussian::Options CmaState::GaussianOptions() const {
  return {.separable = coordinates_->ordered() > kMaxFullDimensions && !options_.adapt_rates,
          .adapt_rates = options_.adapt_rates};
}

CmaGaussian CmaState::InitialGaussian(const CmaOptions& options, std::vector<double> mean,
                                      double factor) const {
  return CmaGaussian(std::move(mean), factor * options.sigma, GaussianOptions());
}

// The share of samples that may differ from a settled mean: 27 % in one coordinate or another
// (arXiv 2504.07884, section 4).
double CmaState::MarginAlpha() const {
  const int bounded = coordinates_->stepped() + coordinates_->categorical();
  return bounded == 0 ? 0 : 1 - std::pow(0.73, 1.0 / bounded);
}

void CmaState::WarmStart(std::vector<CmaMember> members) {
  SortBestFirst(members);
  members.resize(static_cast<size_t>(std::ceil(kWarmShare * static_cast<double>(members.size()))));
  const int n = coordinates_->ordered();
  const double count = static_cast<double>(members.size());
  std::vector<double> mean(static_cast<size_t>(n));
  for (const CmaMember& member : members) {
    AddScaled(1 / count, member.point.ordered, absl::MakeSpan(mean));
  }
  Matrix covariance(n, n);
  for (int j = 0; j < n; ++j) covariance(j, j) = kWarmWidth * kWarmWidth;
  std::vector<double> deviation(mean.size());
  std::vector<std::vector<int>> good;
  for (const CmaMember& member : members) {
    for (int j = 0; j < n; ++j) deviation[j] = member.point.ordered[j] - mean[j];
    for (int j = 0; j < n; ++j) AddScaled(deviation[j] / count, deviation, covariance.col(j));
    good.push_back(member.point.categories);
  }
  gaussian_ = CmaGaussian(std::move(mean), covariance, GaussianOptions());
  categories_.Start(good);
  KeepInside();
}

CmaPoint CmaState::Sample(int64_t number, int attempt) const {
  RandomStream random(StableMix(options_.seed, static_cast<uint64_t>(attempt)),
                      static_cast<uint64_t>(number), kCmaesPurpose);
  std::vector<double> z(static_cast<size_t>(gaussian_.size()));
  CmaPoint point;
  for (int draw = 0; draw < kMaxRedraws; ++draw) {
    for (double& element : z) element = number == 0 && attempt == 0 ? 0 : random.Normal();
    point.ordered = gaussian_.Point(z, std::pow(1.5, attempt));
    if (coordinates_->Inside(point)) break;
  }
  if (random.Uniform() < kMovedShare) coordinates_->MoveInside(point);
  for (int c = 0; c < categories_.size(); ++c) {
    const bool anywhere = random.Uniform() < 0.1 * attempt;
    const double u = random.Uniform();
    point.categories.push_back(anywhere ? static_cast<int>(u * categories_.values(c))
                                        : categories_.At(c, u));
  }
  return point;
}

void CmaState::Advance(std::vector<CmaMember> members) {
  SortBestFirst(members);
  schedule_.Count(static_cast<int>(members.size()));
  LearnFrom(members);
  KeepInside();
  if (RunHasEnded(members) && options_.restarts != RestartStrategy::kNone) Restart();
  // Without restarts, a search that has become singular goes on from where it is.
  if (gaussian_.Degenerate()) gaussian_ = InitialGaussian(options_, gaussian_.mean(), 1);
}

void CmaState::LearnFrom(const std::vector<CmaMember>& members) {
  const int count = static_cast<int>(members.size());
  std::vector<int> ranks(members.size());
  Matrix points(gaussian_.size(), count);
  std::vector<bool> foreign(members.size());
  std::vector<std::vector<int>> categories;
  for (int i = 0; i < count; ++i) {
    const bool worse = i > 0 && BetterOutcome(members[i - 1].outcome, members[i].outcome);
    ranks[i] = i == 0 ? 0 : ranks[i - 1] + (worse ? 1 : 0);
    std::copy(members[i].point.ordered.begin(), members[i].point.ordered.end(),
              points.col(i).begin());
    foreign[i] = members[i].foreign;
    categories.push_back(members[i].point.categories);
  }
  const CmaWeights weights =
      CmaWeightsFor(ranks, std::max(1, gaussian_.size()), GaussianOptions().separable);
  // A generation of equals says nothing: the distribution stays.
  if (ranks.back() == 0) return;
  gaussian_.Update(points, foreign, weights);
  categories_.Update(categories, weights.mean);
}

// Means lie in the cube, deviations do not exceed it, and stepped coordinates keep their margins.
void CmaState::KeepInside() {
  gaussian_.LimitDeviations(kGreatestDeviation);
  for (int j = 0; j < gaussian_.size(); ++j) {
    const double mean = std::clamp(gaussian_.mean()[j], 0.0, 1.0);
    Marginal marginal{mean, gaussian_.Deviation(j)};
    if (coordinates_->is_stepped(j)) {
      const CmaCoordinates::Cell cell = coordinates_->CellAt(j, mean);
      marginal = WithMargin(marginal, cell.lower, cell.upper, MarginAlpha()).value_or(marginal);
      gaussian_.Place(j, marginal.mean, marginal.deviation);
    } else if (mean != gaussian_.mean()[j]) {
      gaussian_.Place(j, mean, marginal.deviation);
    }
  }
}

bool CmaState::RunHasEnded(const std::vector<CmaMember>& members) {
  // Failed members have no loss; those of partial and of violating ones are of another kind.
  size_t observed = 0;
  while (observed < members.size() && members[observed].outcome.kind == OutcomeKind::kObserved &&
         members[observed].outcome.feasible()) {
    ++observed;
  }
  if (observed > 0) {
    const auto loss = [&](size_t i) { return members[i].outcome.loss; };
    monitor_.Add(loss(0), loss(observed / 2), loss(observed - 1));
  }
  double widest = 0;
  bool continuous = false;
  for (int j = 0; j < gaussian_.size(); ++j) {
    if (coordinates_->is_stepped(j)) continue;
    continuous = true;
    widest = std::max(widest, gaussian_.Deviation(j));
  }
  return gaussian_.Degenerate() || (continuous && widest < kLeastDeviation) ||
         monitor_.Stopped(coordinates_->ordered() + coordinates_->categorical(), population());
}

void CmaState::Restart() {
  schedule_.Restart();
  RandomStream random(options_.seed, static_cast<uint64_t>(run()), "cmaes restart");
  std::vector<double> mean(static_cast<size_t>(gaussian_.size()));
  for (double& element : mean) element = random.Uniform();
  gaussian_ = InitialGaussian(options_, std::move(mean), schedule_.run().step_factor);
  categories_ = CmaCategories(coordinates_->Categories(), MarginAlpha());
  monitor_ = StagnationMonitor();
  KeepInside();
}

}  // namespace qalam
