#ifndef QALAM_CONTROLLER_SPEC_YAML_BUILDER_H_
#define QALAM_CONTROLLER_SPEC_YAML_BUILDER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "controller/spec/yaml_node.h"

namespace qalam {

// Puts nodes together from the events of a YAML parser: resolves aliases and merge keys, and checks
// keys, tags and the limits of yaml_reader.h. After the first problem it ignores what is fed.
class YamlBuilder {
 public:
  struct Problem {
    Place place;
    std::string message;
  };

  void StartDocument();
  void AddNull(Place place, size_t anchor);
  void AddAlias(Place place, size_t anchor);
  // `tag` as yaml-cpp gives it: "?" plain, "!" not plain, else what the tag stands for.
  void AddScalar(Place place, size_t anchor, const std::string& tag, const std::string& text,
                 char style);
  void Start(YamlNode::Kind kind, Place place, size_t anchor, const std::string& tag, char style);
  void End();
  void Fail(Place place, std::string message);

  const std::optional<Problem>& problem() const { return problem_; }
  // The document that was fed since StartDocument; nullptr when it was empty.
  YamlPtr TakeDocument() { return std::move(document_); }

 private:
  // A list or map that is still being filled.
  struct Open {
    std::shared_ptr<YamlNode> node;
    size_t anchor = 0;
    std::optional<YamlNode::Entry> key;  // read, its value is next
    absl::flat_hash_map<std::string, size_t> entry_by_key;
    std::vector<YamlPtr> merged;  // values of "<<"
  };

  bool Charge(Place place, int64_t nodes);
  void FailTooDeep(Place place);
  void Add(YamlPtr node, size_t anchor);
  void AddKey(Open& map, const YamlNode& key);
  void AddValue(Open& map, YamlPtr value);
  void AddChild(YamlNode& parent, const YamlNode& child);
  void Merge(Open& map);
  void MergeEntries(Open& map, const YamlNode& source);
  bool ApplyTag(const std::string& tag, YamlNode& node);

  std::vector<Open> open_;
  std::map<size_t, YamlPtr> anchors_;
  YamlPtr document_;
  std::optional<Problem> problem_;
  int64_t nodes_ = 0;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_YAML_BUILDER_H_
