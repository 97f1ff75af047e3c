#ifndef QALAM_TRIALS_GJSON_H_
#define QALAM_TRIALS_GJSON_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/json.h"

namespace qalam {

namespace gjson_internal {
struct Path;
}  // namespace gjson_internal

// A query in the GJSON path language (the successCondition and failureCondition of a trial
// template), compiled once and evaluated many times. Immutable and cheap to copy; safe to share
// between threads.
//
//   a.b  a\.b  a*.?b      keys, escapes, wildcards (the first key that matches)
//   a.0  a.#  a.#.b       an element, the number of elements, b of each element
//   a.#(b=="x")  ...)#    the first element that matches, all that match; == = != < <= > >= % !%
//                         (% matches a pattern), ~true ~false ~null ~* compare loosely; nests
//   a|b                   b of the result; differs from a.b after # and )#, which apply . to each
//   [a,b]  {"x":a,b}      builds an array or object of what exists
//   @this @valid @ugly @pretty @reverse @keys @values @flatten @join      modifiers
//   !"text"  !1           a literal, where a path begins
//
// Not part of it: ".." for JSON lines, other modifiers, keys that are empty.
class GjsonPath {
 public:
  static constexpr int kMaxLength = 4096;  // bytes
  static constexpr int kMaxDepth = 32;     // of brackets and of "#." within each other

  // A path that finds nothing.
  GjsonPath() = default;

  // InvalidArgument with the position (counted from 1) and what was expected there.
  static absl::StatusOr<GjsonPath> Parse(absl::string_view text);

  // What the path finds in `json`; nothing when there is nothing. Results of more than about a
  // million values count as nothing.
  std::optional<Json> Evaluate(const Json& json) const;

 private:
  explicit GjsonPath(std::shared_ptr<const gjson_internal::Path> path) : path_(std::move(path)) {}
  std::shared_ptr<const gjson_internal::Path> path_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_GJSON_H_
