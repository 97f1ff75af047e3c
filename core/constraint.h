#ifndef QALAM_CORE_CONSTRAINT_H_
#define QALAM_CORE_CONSTRAINT_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/parameter.h"

namespace qalam {

// A comparison that a constraint is made of: sum of factor * number, plus a constant, against 0.
struct ConstraintTest {
  enum class Relation { kLess, kLessEqual, kEqual, kNotEqual };
  struct Term {
    int parameter = 0;
    double factor = 1;
    // The number that each value of a discrete parameter stands for; empty: the value itself, which
    // for a choice (optimizer == 'sgd') is the index in the list.
    std::vector<double> numbers;
    double Number(double value) const;
  };
  std::vector<Term> terms;  // of different parameters
  double constant = 0;
  Relation relation = Relation::kLessEqual;

  // Sums are compared with a tolerance of 1e-12 of their largest term, so that 0.1 + 0.2 == 0.3.
  bool Holds(absl::Span<const double> assignment) const;
  // 0 where it holds; else how far it is from holding, as a share of the sum's size (0 to 2).
  double Violation(absl::Span<const double> assignment) const;
};

// A condition on several parameters of an assignment, such as
//
//   min_units <= max_units
//   warmup + 2 * decay < 100
//   optimizer == 'sgd' or momentum == 0
//   not (layers > 4 and batch_size >= 128)
//
// Sums of parameters times numbers (+, -, *, / by a number, parentheses) are compared by <, <=, >,
// >=, == and != (chains such as 1 <= a < b too); categorical and discrete parameters with texts in
// single or double quotes by == and !=; combined by not, and, or, in order of falling precedence.
// double, int and discrete parameters are numbers. Names other than letters, digits, '_' and '.'
// are written in `backquotes`.
class ParameterConstraint {
 public:
  static constexpr size_t kMaxLength = 2000;  // bytes
  static constexpr int kMaxDepth = 50;        // of parentheses, not and signs

  // `parameters` are those of the search space, in its order. InvalidArgument with the place in the
  // text ("at character 7: ...") when the text cannot be read or makes no sense for them.
  static absl::StatusOr<ParameterConstraint> Parse(absl::string_view text,
                                                   absl::Span<const Parameter> parameters);
  // The constraint that these named values do not come together. InvalidArgument when a name is
  // unknown or repeated, a text is no value of its parameter, or there are none.
  static absl::StatusOr<ParameterConstraint> Forbid(
      const std::vector<std::pair<std::string, std::string>>& values,
      absl::Span<const Parameter> parameters);

  // As written; "not (a == 1 and b == 'x')" for a forbidden combination.
  const std::string& text() const { return text_; }
  // The parameters that it mentions, in increasing order, each once.
  const std::vector<int>& parameters() const { return mentioned_; }

  // Whether the assignment satisfies it, provided that all parameters mentioned exist there.
  bool Holds(absl::Span<const double> assignment) const;
  // 0 where it holds; else greater than 0, and smaller nearer to where it holds.
  double Violation(absl::Span<const double> assignment) const;
  // The tests that do not hold and on whose change it depends; at least one where it does not hold.
  std::vector<const ConstraintTest*> FailedTests(absl::Span<const double> assignment) const;

  // A node of the condition in negation normal form: a test, or all or any of its children. An
  // empty kAll always holds.
  struct Node {
    enum class Kind { kTest, kAll, kAny };
    Kind kind = Kind::kTest;
    ConstraintTest test;
    std::vector<Node> children;
  };

 private:
  ParameterConstraint(std::string text, Node root);

  std::string text_;
  Node root_;
  std::vector<int> mentioned_;
};

}  // namespace qalam

#endif  // QALAM_CORE_CONSTRAINT_H_
