#ifndef QALAM_CORE_TEXT_H_
#define QALAM_CORE_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace qalam {

// The candidate nearest to `word` by edit distance (case-insensitive, transpositions count one), or
// "" when none is near enough to be a plausible slip of the pen.
std::string ClosestMatch(absl::string_view word, const std::vector<std::string>& candidates);

// "a", "a or b", "a, b or c".
std::string JoinAlternatives(const std::vector<std::string>& words);

}  // namespace qalam

#endif  // QALAM_CORE_TEXT_H_
