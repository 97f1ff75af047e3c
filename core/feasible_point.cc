#include "core/feasible_point.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

// Changes without success after which the walk begins at another point.
constexpr int kPatience = 250;
// How often a change for the worse is kept: the way out of a dead end.
constexpr double kNoise = 0.05;
// How often a parent is changed instead, so that what a constraint mentions ceases to exist.
constexpr double kParentShare = 0.1;
// Changes that are tried to say which constraint is to blame.
constexpr int kChangesForOne = 5000;

class Walk {
 public:
  Walk(const SearchSpace& space, absl::Span<const ParameterConstraint> constraints,
       RandomStream* random)
      : space_(space), constraints_(constraints), random_(random) {}

  std::optional<Assignment> Run(const Assignment& start, int max_changes) {
    Assignment current = space_.Canonical(start);
    double violation = Violation(current);
    for (int change = 0; change < max_changes && violation > 0; ++change) {
      if (change % kPatience == kPatience - 1) {
        current = RandomPoint();
        violation = Violation(current);
        continue;
      }
      Assignment next = Change(current);
      const double next_violation = Violation(next);
      if (next_violation > violation && random_->Uniform() >= kNoise) continue;
      current = std::move(next);
      violation = next_violation;
    }
    if (violation > 0) return std::nullopt;
    return current;
  }

 private:
  bool Applies(const ParameterConstraint& constraint, const Assignment& assignment) const {
    for (const int i : constraint.parameters()) {
      if (!space_.IsActive(assignment, i)) return false;
    }
    return true;
  }

  double Violation(const Assignment& assignment) const {
    double sum = 0;
    for (const ParameterConstraint& constraint : constraints_) {
      if (Applies(constraint, assignment)) sum += constraint.Violation(assignment);
    }
    return sum;
  }

  Assignment RandomPoint() {
    std::vector<double> unit(static_cast<size_t>(space_.size()));
    for (double& u : unit) u = random_->Uniform();
    return space_.FromUnit(unit);
  }

  template <typename T>
  const T& AnyOf(const std::vector<T>& items) {
    return items[random_->Below(items.size())];
  }

  // `current` with one parameter of a failed test changed.
  Assignment Change(const Assignment& current) {
    std::vector<const ConstraintTest*> failed;
    for (const ParameterConstraint& constraint : constraints_) {
      if (!Applies(constraint, current)) continue;
      const std::vector<const ConstraintTest*> tests = constraint.FailedTests(current);
      failed.insert(failed.end(), tests.begin(), tests.end());
    }
    const ConstraintTest& test = *AnyOf(failed);
    const ConstraintTest::Term& term = AnyOf(test.terms);
    Assignment next = current;
    const int parent = space_.tree().parent(term.parameter);
    if (parent >= 0 && random_->Uniform() < kParentShare) {
      next[parent] = space_.parameter(parent).FromUnit(random_->Uniform());
    } else {
      next[term.parameter] = NewValue(test, term, current);
    }
    return space_.Canonical(std::move(next));
  }

  // A value of the term's parameter: where the test's sum is zero, some way beyond that on either
  // side, or any.
  double NewValue(const ConstraintTest& test, const ConstraintTest::Term& term,
                  const Assignment& current) {
    const Parameter& parameter = space_.parameter(term.parameter);
    const double anywhere = parameter.FromUnit(random_->Uniform());
    const uint64_t kind = random_->Below(4);
    if (kind == 0 || parameter.type == ParameterType::kCategorical) return anywhere;
    const double zero = ValueAtZero(test, term, current);
    if (!std::isfinite(zero)) return anywhere;
    if (parameter.type == ParameterType::kDiscrete) return NearestNumber(parameter, zero, kind);
    const double tight = parameter.Snap(zero);
    if (kind == 1) return tight;
    if (std::isfinite(parameter.Cardinality())) {
      const int64_t k = parameter.IndexOf(tight) + (random_->Below(2) == 0 ? -1 : 1);
      const int64_t last = static_cast<int64_t>(parameter.Cardinality()) - 1;
      return parameter.ValueAt(std::min(std::max<int64_t>(k, 0), last));
    }
    // Between there and an end of the range, nearer ones more often.
    const double u = parameter.ToUnit(tight);
    const double far = random_->Below(2) == 0 ? 0 : 1;
    return parameter.FromUnit(u + (far - u) * std::pow(random_->Uniform(), 3));
  }

  static double ValueAtZero(const ConstraintTest& test, const ConstraintTest::Term& term,
                            const Assignment& current) {
    long double rest = test.constant;
    for (const ConstraintTest::Term& other : test.terms) {
      if (other.parameter == term.parameter) continue;
      rest += static_cast<long double>(other.factor) *
              static_cast<long double>(other.Number(current[other.parameter]));
    }
    return static_cast<double>(-rest / static_cast<long double>(term.factor));
  }

  // The index of the list's number nearest to `number`, or of one of its neighbours.
  double NearestNumber(const Parameter& parameter, double number, uint64_t kind) {
    int64_t nearest = 0;
    const int64_t count = static_cast<int64_t>(parameter.list.size());
    const auto distance = [&](int64_t k) {
      return std::fabs(parameter.NumberOf(static_cast<double>(k)) - number);
    };
    for (int64_t k = 1; k < count; ++k) {
      if (distance(k) < distance(nearest)) nearest = k;
    }
    if (kind != 1) nearest += random_->Below(2) == 0 ? -1 : 1;
    return static_cast<double>(std::min(std::max<int64_t>(nearest, 0), count - 1));
  }

  const SearchSpace& space_;
  const absl::Span<const ParameterConstraint> constraints_;
  RandomStream* const random_;
};

}  // namespace

std::optional<Assignment> FindSatisfying(const SearchSpace& space,
                                         absl::Span<const ParameterConstraint> constraints,
                                         const Assignment& start, RandomStream* random,
                                         int max_changes) {
  return Walk(space, constraints, random).Run(start, max_changes);
}

absl::Status ExplainUnsatisfied(const SearchSpace& space) {
  const Assignment middle = space.FromUnit(std::vector<double>(space.size(), 0.5));
  const absl::Span<const ParameterConstraint> all = space.constraints();
  const auto found = [&](absl::Span<const ParameterConstraint> some) {
    RandomStream random(0, 0, "which constraint");
    return FindSatisfying(space, some, middle, &random, kChangesForOne).has_value();
  };
  for (size_t i = 0; i < all.size(); ++i) {
    if (found(all.subspan(i, 1))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("constraint \"", all[i].text(), "\": no point of the space satisfies it"));
  }
  size_t count = 1;  // of the first constraints that are too many
  while (count < all.size() && found(all.first(count))) ++count;
  return absl::InvalidArgumentError(
      absl::StrCat("constraint \"", all[count - 1].text(),
                   "\": no point was found that satisfies it together with those before it"));
}

}  // namespace qalam
