#include "suggestion/fidelity/hyperband_plan.h"

#include <algorithm>
#include <cmath>

namespace qalam {
namespace {

// So that rounding decides nothing: 27 is 3^3 and 0.3 / 0.1 is 3.
constexpr double kTolerance = 1e-9;
// Brackets that would begin with more configurations than about this are left out.
constexpr double kMostConfigurations = 1e6;

int LargestBracket(double ratio, double eta) {
  int s = 0;
  const double bound = std::min(ratio * (1 + kTolerance), kMostConfigurations);
  for (double power = eta; power <= bound; power *= eta) ++s;
  return s;
}

}  // namespace

std::vector<PlannedBracket> PlanHyperband(const Resource& resource, double least, double most,
                                          double eta) {
  const int s_max = LargestBracket(most / least, eta);
  std::vector<PlannedBracket> brackets;
  for (int s = 0; s <= s_max; ++s) {
    PlannedBracket bracket;
    const double first = std::ceil((s_max + 1.0) / (s + 1.0) * std::pow(eta, s) * (1 - kTolerance));
    for (int rung = 0; rung <= s; ++rung) {
      const double count = std::floor(first * std::pow(eta, -rung) * (1 + kTolerance));
      const double amount = resource.Allowed(most * std::pow(eta, rung - s));
      if (!bracket.empty() && amount <= bracket.back().amount) continue;
      bracket.push_back({static_cast<int64_t>(std::max(1.0, count)), amount});
    }
    brackets.push_back(std::move(bracket));
  }
  return brackets;
}

std::vector<double> GeometricAmounts(const Resource& resource, double least, double most,
                                     double eta) {
  std::vector<double> amounts;
  const auto add = [&](double amount) {
    const double allowed = resource.Allowed(amount);
    if (amounts.empty() || allowed > amounts.back()) amounts.push_back(allowed);
  };
  for (double amount = least; amount < most * (1 - kTolerance); amount *= eta) add(amount);
  add(most);
  return amounts;
}

}  // namespace qalam
