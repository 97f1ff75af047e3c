#ifndef QALAM_CORE_CONSTRAINT_LEXER_H_
#define QALAM_CORE_CONSTRAINT_LEXER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace qalam {

// A word of a constraint's text.
struct ConstraintToken {
  enum class Kind { kNumber, kText, kName, kWord, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  // kText and kName: without quotes. kWord: "and", "or", "not". kSymbol: "<=", "(", ...
  std::string text;
  double number = 0;  // kNumber
  size_t place = 0;   // byte in the text
};

// Cuts a text into words; the last one is kEnd. InvalidArgument with the place for characters that
// begin no word, quotes without an end, and numbers that are none.
absl::StatusOr<std::vector<ConstraintToken>> CutConstraint(absl::string_view text);

// InvalidArgument "at character N: ..."; characters are counted from 1, not bytes.
absl::Status ConstraintError(absl::string_view text, size_t place, absl::string_view message);

}  // namespace qalam

#endif  // QALAM_CORE_CONSTRAINT_LEXER_H_
