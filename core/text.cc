#include "core/text.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`: the optimal string
// alignment distance, row by row.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string ClosestMatch(absl::string_view word, const std::vector<std::string>& candidates) {
  const std::string wanted = absl::AsciiStrToLower(word);
  std::string best;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    // One slip for every three letters; more is another word.
    const size_t longest = std::max(wanted.size(), candidate.size());
    const size_t shortest = std::min(wanted.size(), candidate.size());
    const size_t allowed = std::max<size_t>(1, longest / 3);
    if (shortest == 0 || longest - shortest > allowed) continue;
    const size_t distance = EditDistance(wanted, absl::AsciiStrToLower(candidate));
    if (distance > allowed || distance >= shortest) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string JoinAlternatives(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) absl::StrAppend(&text, i + 1 == words.size() ? " or " : ", ");
    absl::StrAppend(&text, words[i]);
  }
  return text;
}

}  // namespace qalam
