#ifndef QALAM_CONTROLLER_SPEC_YAML_READER_H_
#define QALAM_CONTROLLER_SPEC_YAML_READER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/spec/diagnostic.h"
#include "controller/spec/yaml_node.h"

namespace qalam {

// What a text may cost before it is refused.
inline constexpr size_t kMaxYamlBytes = size_t{4} << 20;
inline constexpr int kMaxYamlDepth = 100;
inline constexpr int64_t kMaxYamlNodes = 200'000;  // in all documents, aliases counted at each use
inline constexpr size_t kMaxYamlKeys = 5'000;      // in one map

// Where the text to read comes from: a file, or the value of a scalar in a file.
struct YamlOrigin {
  std::string file;
  // Added to each line and column.
  int line_offset = 0;
  int column_offset = 0;
  // When the text's lines are not lines of the file (a quoted scalar): the place of everything.
  Place fixed;

  // The origin of the text that the scalar `node` of `file` holds; `file_text` is the whole file.
  static YamlOrigin OfScalar(const std::string& file, absl::string_view file_text,
                             const YamlNode& node);
};

// Reads a YAML 1.2 or JSON text of any number of documents, empty ones left out. Problems are added
// to `diagnostics`; then nothing is returned. Anchors, aliases and merge keys ("<<") are resolved;
// a key that is repeated or not a scalar, and a tag other than the core schema's, is an error. Time
// and memory are in proportion to the text (and kMaxYamlNodes), whatever it holds.
std::vector<YamlPtr> ReadYaml(absl::string_view text, const YamlOrigin& origin,
                              std::vector<Diagnostic>* diagnostics);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_YAML_READER_H_
