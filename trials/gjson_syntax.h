#ifndef QALAM_TRIALS_GJSON_SYNTAX_H_
#define QALAM_TRIALS_GJSON_SYNTAX_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/json.h"

// The syntax tree of a GJSON path: made by gjson_parser.cc, walked by gjson.cc. Private to the two.
namespace qalam::gjson_internal {

struct Step;

// Steps applied one after the other.
struct Path {
  std::vector<Step> steps;
};

enum class Operator {
  kExists,  // no operator: #(a)
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kLike,
  kNotLike
};

// What ~true and its kin turn the found value into, before it is compared with true.
enum class Loosely { kNot, kTrue, kFalse, kNull, kAny };

struct Query {
  std::unique_ptr<const Path> path;  // null: the element itself
  Operator op = Operator::kExists;
  Loosely loosely = Loosely::kNot;
  std::string value;
  std::optional<double> number;  // `value` as a number, if it is one
};

enum class Modifier { kIdentity, kReverse, kKeys, kValues, kFlatten, kJoin };

// An entry of [a,b] or {"x":a}.
struct Selector {
  std::string name;  // of objects
  std::unique_ptr<const Path> path;
};

struct Step {
  enum class Kind {
    kKey,       // a member by name or wildcard, or an element by index
    kHash,      // #: the number of elements, or `each` of every element
    kFirst,     // #(query)
    kAll,       // #(query)#, with `each` of every match
    kModifier,  // @name
    kArray,     // [a,b]
    kObject,    // {"x":a}
    kLiteral    // !value
  };
  Kind kind = Kind::kKey;
  std::string key;                     // kKey: unescaped, or with escapes where `wildcard`
  bool wildcard = false;               // kKey
  std::optional<size_t> index;         // kKey: the same as a number
  std::unique_ptr<const Query> query;  // kFirst, kAll
  std::unique_ptr<const Path> each;    // kHash, kAll: what follows a "."
  Modifier modifier = Modifier::kIdentity;
  bool deep = false;                    // kFlatten with {"deep":true}
  std::vector<Selector> selectors;      // kArray, kObject
  std::unique_ptr<const Json> literal;  // kLiteral
};

absl::StatusOr<std::unique_ptr<Path>> ParsePath(absl::string_view text);

}  // namespace qalam::gjson_internal

#endif  // QALAM_TRIALS_GJSON_SYNTAX_H_
