#ifndef QALAM_CONTROLLER_SPEC_YAML_NODE_H_
#define QALAM_CONTROLLER_SPEC_YAML_NODE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/json.h"

namespace qalam {

// Where something stands in a text; both counted from 1, 0 when it is not known.
struct Place {
  int line = 0;
  int column = 0;  // in characters, not bytes
  friend bool operator==(const Place&, const Place&) = default;
};

struct YamlNode;
// Shared, because an alias is the very node that it refers to. Never changed once made.
using YamlPtr = std::shared_ptr<const YamlNode>;

// A value of a YAML document that remembers where and how it was written.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry {
    std::string key;
    Place key_place;
    YamlPtr value;
  };

  Kind kind = Kind::kNull;
  Place place;
  // kScalar: the characters of the value, without quotes.
  std::string text;
  // kScalar: written in quotes, as a block, or tagged !!str: a text whatever it looks like.
  bool quoted = false;
  // The byte at which the value starts in the source: '|', '>', '"', '\'', '[', ...
  char style = '\0';
  std::vector<YamlPtr> items;  // kList
  std::vector<Entry> entries;  // kMap, in the order of the source; keys are unique

  // Number of nodes, and levels, with aliases counted at each use.
  int64_t size = 1;
  int height = 1;

  // The value of `key`; nullptr when there is none or this is not a map.
  const YamlNode* Find(absl::string_view key) const;
};

// "a text", "a list", "a map", "nothing".
const char* KindName(const YamlNode& node);

// The value that an unquoted scalar denotes, by the rules that Kubernetes users know: null, true
// and false, decimal, 0x, 0o, 0b and leading-zero octal integers, finite floats; any other text is
// a string. (yes, no, on and off are strings, as in YAML 1.2.) Integers beyond 64 bits become
// doubles.
Json PlainScalarToJson(const std::string& text);
// The whole tree.
Json YamlToJson(const YamlNode& node);
// The tree of a JSON value; its nodes have no place.
YamlPtr YamlFromJson(const Json& value);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_YAML_NODE_H_
