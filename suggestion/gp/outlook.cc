#include "suggestion/gp/outlook.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/random_stream.h"
#include "suggestion/gp/belief.h"
#include "suggestion/gp/search.h"

namespace qalam::gp {
namespace {

// Sizes that are judged.
constexpr int kFirstSize = 20;
constexpr int kSizeStep = 5;
constexpr double kSizeGrowth = 1.1;
// How many in a row have to agree.
constexpr size_t kAgreeing = 3;
// Promising points, and functions that are imagined over them.
constexpr size_t kOutlookPoints = 150;
constexpr int kOutlookWorlds = 64;
// The share of worlds in which there may be a gain all the same.
constexpr double kChance = 0.1;

// The last sizes up to `count`, the largest first; fewer than kAgreeing while there are not so
// many.
std::vector<int> LastSizes(int count) {
  std::vector<int> sizes;
  for (int size = kFirstSize; size <= count;
       size = std::max(size + kSizeStep, static_cast<int>(size * kSizeGrowth))) {
    sizes.insert(sizes.begin(), size);
    if (sizes.size() > kAgreeing) sizes.pop_back();
  }
  return sizes;
}

}  // namespace

Outlook::Outlook(std::shared_ptr<const SearchSpace> space, Objective objective, uint64_t seed,
                 std::optional<double> below)
    : space_(std::move(space)),
      objective_(std::move(objective)),
      seed_(seed),
      below_(below),
      table_(space_, objective_),
      models_(static_cast<size_t>(table_.targets())) {}

std::string Outlook::Verdict(const History& history) {
  int results = 0;
  for (int i = 0; i < history.size(); ++i) {
    if (OutcomeOf(history.trial(i), objective_).has_loss()) ++results;
  }
  const std::vector<int> sizes = LastSizes(results);
  if (sizes.size() < kAgreeing) return "";
  judgements_.erase(judgements_.begin(), judgements_.lower_bound(sizes.back()));
  for (const int size : sizes) {
    if (JudgeFirst(history, size).empty()) return "";
  }
  return JudgeFirst(history, sizes.front());
}

const std::string& Outlook::JudgeFirst(const History& history, int size) {
  std::vector<int> trials;
  uint64_t hash = StableHash("outlook");
  for (int i = 0, results = 0; results < size; ++i) {
    const Outcome outcome = OutcomeOf(history.trial(i), objective_);
    if (!outcome.has_loss() && outcome.kind != OutcomeKind::kFailed) continue;
    if (outcome.has_loss()) ++results;
    trials.push_back(i);
    hash = StableMix(hash, ResultHash(history.trial(i)));
  }
  Judgement& judgement = judgements_[size];
  if (judgement.hash != hash) {
    History first(space_, objective_);
    for (const int i : trials) first.Put(history.trial(i));
    judgement = {hash, Judge(first, size)};
  }
  return judgement.why;
}

std::string Outlook::Judge(const History& results, int size) {
  table_.Update(results);
  const Outcome& best = table_.outcome(table_.best());
  if (!best.feasible() || table_.encoding().size() == 0) return "";
  std::vector<FittedModel> models;
  for (int target = 0; target < table_.targets(); ++target) {
    models.push_back(models_[target].Get(table_, target));
  }
  const OutputWarp& warp = models.front().warp;
  const double mark = warp.Apply(best.loss);
  const double worth = below_.has_value() ? mark - warp.Apply(best.loss - *below_)
                                          : std::sqrt(models.front().parameters.noise);
  if (WorldsWithGain(Imagine(models, size), worth) > kChance * kOutlookWorlds) return "";
  const std::string amount = below_.has_value()
                                 ? absl::StrFormat("%g", *below_)
                                 : absl::StrFormat("%.2g, by which results vary by themselves",
                                                   best.loss - warp.Invert(mark - worth));
  return absl::StrCat("after ", size, " results a model of them gives nothing a chance of ",
                      kChance, " to be better than the best by ", amount);
}

std::vector<std::vector<double>> Outlook::Promising(const std::vector<FittedModel>& models,
                                                    int size) const {
  const Belief belief(table_, models,
                      {.batch = {}, .seed = seed_, .number = size, .mean = nullptr});
  const SearchTarget target = {
      .values = [&](const Matrix& xs) { return belief.acquisition().Evaluate(xs); },
      .gradients =
          [&](const Matrix& xs, Matrix& gradients) {
            return belief.acquisition().EvaluateWithGradients(xs, gradients);
          }};
  std::vector<std::vector<double>> points;
  for (FoundPoint& found : Maximize(table_.encoding(), target, belief.centers(),
                                    {.seed = seed_, .number = static_cast<uint64_t>(size)})) {
    if (points.size() == kOutlookPoints) break;
    points.push_back(std::move(found.point));
  }
  return points;
}

// Where measurements show the function almost as it is, outcomes of the promising points, as if
// they were pending, are worlds; drawing the function itself from next to no noise would be
// unstable.
Posterior Outlook::WorldsOf(int target, const Posterior& known, int size) const {
  if (!known.kernel().parameters().noisy()) return known;
  RandomStream random(seed_, static_cast<uint64_t>(size), absl::StrCat("outlook ", target));
  Matrix normals(known.points().rows() + known.observed(), kOutlookWorlds);
  // In pairs that are mirrored at the mean, so that the mean of all worlds is what is predicted.
  for (int r = 0; r < kOutlookWorlds; r += 2) {
    for (int i = 0; i < normals.rows(); ++i) {
      normals(i, r) = random.Normal();
      normals(i, r + 1) = -normals(i, r);
    }
  }
  return Posterior(known, normals);
}

Outlook::Worlds Outlook::Imagine(const std::vector<FittedModel>& models, int size) const {
  const std::vector<std::vector<double>> points = Promising(models, size);
  const Evidence evidence = CollectEvidence(table_, models.front(), points);
  Worlds worlds;
  for (int target = 0; target < table_.targets(); ++target) {
    const Posterior known = MakePosterior(table_, target, models[target], evidence,
                                          {.seed = seed_, .number = size, .count = kOutlookWorlds},
                                          nullptr, target == 0 ? &worlds.observed : nullptr);
    worlds.targets.push_back(WorldsOf(target, known, size));
    if (table_.is_constraint(target)) worlds.bounds.push_back(models[target].warp.Apply(0));
  }
  return worlds;
}

bool Outlook::IsFeasible(const Worlds& worlds, int row, int world) const {
  if (row < static_cast<int>(worlds.observed.size())) {
    return table_.outcome(worlds.observed[row]).feasible();
  }
  for (size_t c = 0; c < worlds.bounds.size(); ++c) {
    if (worlds.targets[1 + c].smoothed()(row, world) > worlds.bounds[c]) return false;
  }
  return true;
}

int Outlook::BestRow(const Worlds& worlds) const {
  const Matrix& losses = worlds.targets.front().smoothed();
  double least = std::numeric_limits<double>::infinity();
  int best = -1;
  for (int row = 0; row < static_cast<int>(worlds.observed.size()); ++row) {
    if (!IsFeasible(worlds, row, 0)) continue;
    double sum = 0;
    for (int r = 0; r < losses.cols(); ++r) sum += losses(row, r);
    if (sum >= least) continue;
    least = sum;
    best = row;
  }
  return best;
}

int Outlook::WorldsWithGain(const Worlds& worlds, double worth) const {
  const Matrix& losses = worlds.targets.front().smoothed();
  const int best = BestRow(worlds);
  if (best < 0) return losses.cols();  // the best trial was left out of the model's data
  int count = 0;
  for (int r = 0; r < losses.cols(); ++r) {
    bool gain = false;
    for (int row = 0; row < losses.rows() && !gain; ++row) {
      gain = losses(row, r) <= losses(best, r) - worth && IsFeasible(worlds, row, r);
    }
    if (gain) ++count;
  }
  return count;
}

}  // namespace qalam::gp
