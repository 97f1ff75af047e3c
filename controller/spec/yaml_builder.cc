#include "controller/spec/yaml_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "controller/spec/quote.h"
#include "controller/spec/text_check.h"
#include "controller/spec/yaml_reader.h"

namespace qalam {
namespace {

constexpr char kCoreTag[] = "tag:yaml.org,2002:";
// The plain key "<<" while its value is awaited; no key of a document reads like this.
constexpr absl::string_view kMergeKey("<<\0merge", 8);

}  // namespace

void YamlBuilder::StartDocument() {
  document_ = nullptr;
  anchors_.clear();
}

void YamlBuilder::Fail(Place place, std::string message) {
  if (!problem_) problem_ = Problem{place, std::move(message)};
}

// Counts nodes against the limit; false when it is reached.
bool YamlBuilder::Charge(Place place, int64_t nodes) {
  nodes_ += nodes;
  if (nodes_ > kMaxYamlNodes) {
    Fail(place, absl::StrCat("the text holds more than ", kMaxYamlNodes,
                             " values (an alias counts as all that it refers to)"));
  }
  return !problem_;
}

void YamlBuilder::AddNull(Place place, size_t anchor) {
  if (problem_ || !Charge(place, 1)) return;
  auto node = std::make_shared<YamlNode>();
  node->place = place;
  Add(std::move(node), anchor);
}

void YamlBuilder::AddAlias(Place place, size_t anchor) {
  if (problem_) return;
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    return Fail(place, "this alias refers to the very list or map that contains it");
  }
  if (static_cast<int>(open_.size()) + found->second->height > kMaxYamlDepth + 1) {
    return FailTooDeep(place);
  }
  if (Charge(place, found->second->size)) Add(found->second, 0);
}

void YamlBuilder::FailTooDeep(Place place) {
  Fail(place,
       absl::StrCat("lists and maps are nested deeper than ", kMaxYamlDepth, " levels here"));
}

void YamlBuilder::AddScalar(Place place, size_t anchor, const std::string& tag,
                            const std::string& text, char style) {
  if (problem_ || !Charge(place, 1)) return;
  // The text itself is UTF-8, but yaml-cpp makes single bytes of the escapes \N and \_.
  if (style == '"' && !IsUtf8(text)) {
    return Fail(place, "the escapes \\N and \\_ are not supported; write \\x85 and \\xA0");
  }
  auto node = std::make_shared<YamlNode>();
  node->kind = YamlNode::Kind::kScalar;
  node->place = place;
  node->text = text;
  node->style = style;
  if (ApplyTag(tag, *node)) Add(std::move(node), anchor);
}

void YamlBuilder::Start(YamlNode::Kind kind, Place place, size_t anchor, const std::string& tag,
                        char style) {
  if (problem_ || !Charge(place, 1)) return;
  if (open_.size() >= static_cast<size_t>(kMaxYamlDepth)) return FailTooDeep(place);
  Open open;
  open.node = std::make_shared<YamlNode>();
  open.node->kind = kind;
  open.node->place = place;
  open.node->style = style;
  open.anchor = anchor;
  if (ApplyTag(tag, *open.node)) open_.push_back(std::move(open));
}

void YamlBuilder::End() {
  if (problem_) return;
  Merge(open_.back());
  if (problem_) return;
  Open done = std::move(open_.back());
  open_.pop_back();
  Add(std::move(done.node), done.anchor);
}

// True when the tag says nothing against the node's kind.
bool YamlBuilder::ApplyTag(const std::string& tag, YamlNode& node) {
  using Kind = YamlNode::Kind;
  node.quoted = tag == "!";
  if (tag.empty() || tag == "?" || tag == "!") return true;
  absl::string_view name = tag;
  if (absl::StartsWith(tag, kCoreTag)) {
    name.remove_prefix(sizeof(kCoreTag) - 1);
    if (node.kind == Kind::kMap && name == "map") return true;
    if (node.kind == Kind::kList && name == "seq") return true;
    if (node.kind == Kind::kScalar) {
      node.quoted = name == "str";
      if (node.quoted || name == "int" || name == "float" || name == "bool" || name == "null") {
        return true;
      }
    }
  }
  Fail(node.place,
       absl::StrCat("the tag ", Quote(name), " is not supported on ", KindName(node),
                    "; only !!str, !!int, !!float, !!bool, !!null, !!seq and !!map are"));
  return false;
}

void YamlBuilder::Add(YamlPtr node, size_t anchor) {
  if (problem_) return;
  if (anchor != 0) anchors_[anchor] = node;
  if (open_.empty()) {
    document_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (parent.node->kind == YamlNode::Kind::kList) {
    AddChild(*parent.node, *node);
    parent.node->items.push_back(std::move(node));
  } else if (!parent.key) {
    AddKey(parent, *node);
  } else {
    AddValue(parent, std::move(node));
  }
}

void YamlBuilder::AddChild(YamlNode& parent, const YamlNode& child) {
  parent.size += child.size;
  parent.height = std::max(parent.height, child.height + 1);
}

void YamlBuilder::AddKey(Open& map, const YamlNode& key) {
  if (key.kind != YamlNode::Kind::kScalar) {
    return Fail(key.place, absl::StrCat("a key must be a text, but this one is ", KindName(key)));
  }
  if (!key.quoted && key.text == "<<") {
    map.key = YamlNode::Entry{std::string(kMergeKey), key.place, nullptr};
    return;
  }
  const auto [found, is_new] = map.entry_by_key.emplace(key.text, map.node->entries.size());
  if (!is_new) {
    const Place& first = map.node->entries[found->second].key_place;
    return Fail(key.place,
                absl::StrCat("the key ", Quote(key.text), " is given twice; it is also at line ",
                             first.line, ", column ", first.column));
  }
  map.key = YamlNode::Entry{key.text, key.place, nullptr};
}

void YamlBuilder::AddValue(Open& map, YamlPtr value) {
  YamlNode::Entry entry = *std::move(map.key);
  map.key.reset();
  if (entry.key == kMergeKey) {
    map.merged.push_back(std::move(value));
    return;
  }
  if (map.node->entries.size() >= kMaxYamlKeys) {
    return Fail(entry.key_place, absl::StrCat("this map has more than ", kMaxYamlKeys, " keys"));
  }
  AddChild(*map.node, *value);
  entry.value = std::move(value);
  map.node->entries.push_back(std::move(entry));
}

// The map's own keys win over merged ones, and the maps listed first over those listed later.
void YamlBuilder::Merge(Open& map) {
  for (const YamlPtr& source : map.merged) {
    if (source->kind != YamlNode::Kind::kList) {
      MergeEntries(map, *source);
      continue;
    }
    for (const YamlPtr& item : source->items) MergeEntries(map, *item);
  }
}

void YamlBuilder::MergeEntries(Open& map, const YamlNode& source) {
  if (problem_) return;
  if (source.kind != YamlNode::Kind::kMap) {
    return Fail(source.place, absl::StrCat("\"<<\" merges maps, but this is ", KindName(source)));
  }
  for (const YamlNode::Entry& entry : source.entries) {
    if (!map.entry_by_key.emplace(entry.key, map.node->entries.size()).second) continue;
    if (map.node->entries.size() >= kMaxYamlKeys) {
      return Fail(map.node->place, absl::StrCat("this map has more than ", kMaxYamlKeys, " keys"));
    }
    if (!Charge(map.node->place, entry.value->size)) return;
    AddChild(*map.node, *entry.value);
    map.node->entries.push_back(entry);
  }
}

}  // namespace qalam
