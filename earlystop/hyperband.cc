// Hyperband (Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization",
// JMLR 18, 2018) as a stopping rule: each trial belongs to one of the brackets, which differ in how
// early they begin to stop. Differs from the paper in being asynchronous, as ASHA is; in dealing
// out trials so that at any time brackets have trials in the paper's proportions: by its number a
// trial's bracket is known; and in comparing a trial with all that have come to its rung, whatever
// their bracket, so that no bracket has to wait for others of its own.
#include <cmath>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "earlystop/registry.h"
#include "earlystop/rungs.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// The fractional parts of multiples of this fill the unit interval evenly, however many they are.
constexpr double kGoldenRatio = 0.6180339887498949;

// How trials are dealt out. Bracket 0 begins to stop at the first rung, each other one a rung
// later.
class Brackets {
 public:
  explicit Brackets(const Rungs& rungs) {
    int64_t start = rungs.first;
    for (; start <= rungs.end / rungs.eta; start *= rungs.eta) starts_.push_back(start);
    // The last one runs every trial to its end, as in the paper, where the end is a power of eta
    // away from the first rung.
    starts_.push_back(start);
    const int count = this->count();
    // n of the paper: ceil(B / (s + 1) * eta^s) trials begin in the bracket of s = count - 1 - i.
    double total = 0;
    double power = 1;
    std::vector<double> sizes(static_cast<size_t>(count));
    for (int s = 0; s < count; ++s, power *= static_cast<double>(rungs.eta)) {
      const double size = std::ceil(count / (s + 1.0) * power);
      sizes[static_cast<size_t>(count - 1 - s)] = size;
      total += size;
    }
    double sum = 0;
    for (const double size : sizes) bounds_.push_back((sum += size) / total);
    bounds_.back() = 1;
  }

  // The first rung at which trials of a bracket are judged.
  int64_t Start(int bracket) const { return starts_[static_cast<size_t>(bracket)]; }
  int Of(int64_t trial) const {
    const double multiple = (static_cast<double>(trial) + 0.5) * kGoldenRatio;
    const double place = multiple - std::floor(multiple);
    int bracket = 0;
    while (place >= bounds_[static_cast<size_t>(bracket)]) ++bracket;
    return bracket;
  }

 private:
  int count() const { return static_cast<int>(starts_.size()); }

  std::vector<int64_t> starts_;
  std::vector<double> bounds_;  // upper ends of the brackets' parts of the unit interval
};

class HyperbandRule final : public EarlyStopper {
 public:
  explicit HyperbandRule(const SettingsReader& settings)
      : ladder_(settings), brackets_(ladder_.rungs()) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    const int bracket = brackets_.Of(running.number);
    if (running.steps() < brackets_.Start(bracket)) return {};
    return ladder_.Judge(running, history, absl::StrCat(" (bracket ", bracket, ")"));
  }

  // Which bracket the next trial will be in is not known to whoever asks.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory&) override { return {}; }

 private:
  Ladder ladder_;
  const Brackets brackets_;
};

absl::Status Validate(const StopperSpec& spec) {
  if (spec.settings.contains("max_resource")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "hyperband needs the setting max_resource, the number of reports of a whole trial: its "
      "brackets follow from it");
}

}  // namespace

StopperDescriptor HyperbandStopper() {
  StopperDescriptor descriptor;
  descriptor.name = "hyperband";
  descriptor.summary = "Like asha, in brackets that begin to stop earlier or later.";
  descriptor.source = "Li et al., JMLR 18, 2018, in stopping form";
  descriptor.settings = RungSettings(3, "Reports of a whole trial; must be given.");
  const std::vector<SettingSpec> settings = descriptor.settings;
  descriptor.validate = Validate;
  descriptor.create = [settings](const StopperSpec& spec) {
    return std::make_unique<HyperbandRule>(SettingsReader(settings, spec.settings));
  };
  return descriptor;
}

}  // namespace qalam
