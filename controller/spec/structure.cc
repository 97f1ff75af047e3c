#include "controller/spec/structure.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controller/spec/fields.h"
#include "controller/spec/quote.h"
#include "core/parameter.h"
#include "core/text.h"

namespace qalam {
namespace {

using Kind = YamlNode::Kind;

// Words longer than this are no slip of the pen; comparing them would only take time.
constexpr size_t kMaxWord = 64;
constexpr size_t kMaxCandidates = 200;

std::string Found(const YamlNode& node) {
  return node.kind == Kind::kScalar ? Quote(node.text) : KindName(node);
}

void ReportUnknown(const SpecField& field, absl::string_view name,
                   const std::vector<std::string>& known, bool strict) {
  const std::string guess = DidYouMean(name, known);
  const std::string message = absl::StrCat("there is no field ", Quote(name), " here.", guess,
                                           strict ? "" : " It is ignored.");
  if (strict) {
    field.Error(message);
  } else {
    field.Warn(message);
  }
}

bool ScalarFits(FieldType type, const YamlNode& node) {
  if (node.kind != Kind::kScalar) return false;
  if (type == FieldType::kInteger) return ParseSpecInteger(node).has_value();
  if (type == FieldType::kBool) return ParseSpecBool(node).has_value();
  if (type == FieldType::kNumber) return ParseNumber(node.text).has_value();
  return true;
}

bool AllScalars(FieldType type, const YamlNode& node, const SpecField& field) {
  bool fits = true;
  for (const SpecField& item : field.Items()) {
    if (ScalarFits(type, *item.node())) continue;
    fits = false;
    item.Error(absl::StrCat("expected a ", FieldTypeName(type), ", found ", Found(*item.node())));
  }
  if (node.kind != Kind::kMap) return fits;
  for (const auto& [key, item] : field.Entries()) {
    if (item.node()->kind == Kind::kScalar) continue;
    item.Error(absl::StrCat("expected a text, found ", Found(*item.node())));
  }
  return fits;
}

class Checker {
 public:
  explicit Checker(bool strict) : strict_(strict) {}

  // `path` is the field's path in the table.
  void CheckObject(const SpecField& object, const std::string& path) {
    const std::string prefix = path.empty() ? "" : absl::StrCat(path, ".");
    for (const auto& [name, field] : object.Entries()) {
      const FieldInfo* info = FindField(absl::StrCat(prefix, name));
      if (info == nullptr) {
        const Place key = KeyPlace(*object.node(), name);
        ReportUnknown(field.AtKey(key), name, FieldNamesBelow(path), strict_);
      } else if (field.present()) {
        CheckField(field, *info);
      }
    }
  }

  static Place KeyPlace(const YamlNode& map, absl::string_view key) {
    for (const YamlNode::Entry& entry : map.entries) {
      if (entry.key == key) return entry.key_place;
    }
    return Place();
  }

 private:
  void CheckField(const SpecField& field, const FieldInfo& info) {
    const YamlNode& node = *field.node();
    switch (info.type) {
      case FieldType::kAny:
        return;
      case FieldType::kObject:
        if (node.kind != Kind::kMap) return WrongType(field, info);
        return CheckObject(field, std::string(info.path));
      case FieldType::kList:
      case FieldType::kTextOrObjectList:
        return CheckList(field, info);
      case FieldType::kTextList:
      case FieldType::kIntegerList:
        if (node.kind != Kind::kList) return WrongType(field, info);
        AllScalars(info.type == FieldType::kTextList ? FieldType::kText : FieldType::kInteger, node,
                   field);
        return;
      case FieldType::kTextMap:
        if (node.kind != Kind::kMap) return WrongType(field, info);
        AllScalars(FieldType::kText, node, field);
        return;
      default:
        if (!ScalarFits(info.type, node)) return WrongType(field, info);
        return CheckChoice(field, info);
    }
  }

  void CheckList(const SpecField& field, const FieldInfo& info) {
    if (field.node()->kind != Kind::kList) return WrongType(field, info);
    for (const SpecField& item : field.Items()) {
      if (item.node()->kind == Kind::kMap) {
        CheckObject(item, absl::StrCat(info.path, "[]"));
      } else if (info.type != FieldType::kTextOrObjectList) {
        item.Error(absl::StrCat("expected a map, found ", Found(*item.node())));
      } else if (item.node()->kind != Kind::kScalar) {
        item.Error(absl::StrCat("expected a text or a map, found ", Found(*item.node())));
      }
    }
  }

  static void CheckChoice(const SpecField& field, const FieldInfo& info) {
    // As in Katib, an empty text is as good as none.
    if (info.choices.empty() || field.Text().empty()) return;
    const std::vector<std::string> allowed = absl::StrSplit(info.choices, ' ');
    for (const std::string& choice : allowed) {
      if (choice == field.node()->text) return;
    }
    field.Error(NotAllowed(field.node()->text, allowed));
  }

  static void WrongType(const SpecField& field, const FieldInfo& info) {
    const absl::string_view type = FieldTypeName(info.type);
    const char* article = info.type == FieldType::kBool ? "" : "a ";
    field.Error(absl::StrCat("expected ", article, type, ", found ", Found(*field.node())));
  }

  const bool strict_;
};

void CheckJobObject(const SpecField& object, const std::string& path, bool strict) {
  const std::vector<std::string> known = JobFieldNames(path);
  if (known.empty() || object.node() == nullptr) return;
  for (const auto& [name, field] : object.Entries()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      ReportUnknown(field.AtKey(Checker::KeyPlace(*object.node(), name)), name, known, strict);
      continue;
    }
    const std::string below = path.empty() ? name : absl::StrCat(path, ".", name);
    CheckJobObject(field, below, strict);
    if (JobFieldNames(absl::StrCat(below, "[]")).empty()) continue;
    for (const SpecField& item : field.Items()) {
      CheckJobObject(item, absl::StrCat(below, "[]"), strict);
    }
  }
}

}  // namespace

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > kMaxWord || candidates.size() > kMaxCandidates) return "";
  const std::string nearest = ClosestMatch(word, candidates);
  return nearest.empty() ? "" : absl::StrCat(" Did you mean ", Quote(nearest), "?");
}

std::string Listed(const std::vector<std::string>& words) {
  constexpr size_t kListed = 20;
  if (words.size() <= kListed) return absl::StrJoin(words, ", ");
  return absl::StrCat(absl::StrJoin(words.begin(), words.begin() + kListed, ", "), " and ",
                      words.size() - kListed, " more");
}

std::string NotAllowed(absl::string_view word, const std::vector<std::string>& allowed) {
  return absl::StrCat(Quote(word), " is not allowed.", DidYouMean(word, allowed),
                      " Allowed: ", JoinAlternatives(allowed));
}

void CheckStructure(const SpecField& experiment, bool strict) {
  Checker(strict).CheckObject(experiment, "");
}

void CheckJobFields(const SpecField& job, bool strict) { CheckJobObject(job, "", strict); }

}  // namespace qalam
