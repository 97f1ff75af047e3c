#ifndef QALAM_CONTROLLER_SPEC_REPORT_H_
#define QALAM_CONTROLLER_SPEC_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "controller/spec/diagnostic.h"
#include "controller/spec/yaml_node.h"

namespace qalam {

// Collects the problems of a load. Keeps at most kMaxDiagnostics of them and one that says that
// there are more.
class Report {
 public:
  static constexpr size_t kMaxDiagnostics = 200;

  void Add(Diagnostic diagnostic);
  void Add(std::vector<Diagnostic> diagnostics);
  // Errors so far, those not kept included.
  int64_t errors() const { return errors_; }
  std::vector<Diagnostic> Take();

 private:
  std::vector<Diagnostic> diagnostics_;
  int64_t errors_ = 0;
  int64_t dropped_ = 0;
};

// A value of a document (or its absence) together with its field path: where what is read comes
// from, and where problems are reported. The getters read what is there and say nothing of what is
// not as it should be; CheckStructure (structure.h) has reported that.
class SpecField {
 public:
  // The root of a document; `node`, `file` and `report` must outlive this and all fields got from
  // it.
  SpecField(const YamlNode* node, std::string path, const std::string* file, Report* report);

  bool present() const { return node_ != nullptr && node_->kind != YamlNode::Kind::kNull; }
  const YamlNode* node() const { return node_; }
  const std::string& path() const { return path_; }
  const std::string& file() const { return *file_; }
  // Of a scalar its own, else that of its key.
  Place place() const { return place_; }

  // The field `name` of a map; an absent field (with the place of this one) when there is none.
  SpecField At(absl::string_view name) const;
  // The field that `path` ("a.b[2].c") leads to from here, as far as it is there.
  SpecField Find(absl::string_view path) const;
  // The items of a list; nothing when this is not a list.
  std::vector<SpecField> Items() const;
  // The entries of a map with the place of their keys.
  std::vector<std::pair<std::string, SpecField>> Entries() const;
  // The same field without its node.
  SpecField Absent() const { return Child(nullptr, path_, place_); }
  // This field, reported at its key instead of its value.
  SpecField AtKey(Place key_place) const;

  // The source text of a scalar, quoted or not; "" when it is not one.
  std::string Text() const;
  std::vector<std::string> Texts() const;
  std::vector<std::pair<std::string, std::string>> TextEntries() const;
  std::optional<int64_t> Integer() const;
  bool Bool() const;  // false when absent

  void Error(absl::string_view message) const;
  void Warn(absl::string_view message) const;
  // Adds errors whose messages start with the path of a field below this one ("spec.a[0].b: what").
  void Errors(const std::vector<absl::Status>& statuses) const;
  Report* report() const { return report_; }

 private:
  SpecField Child(const YamlNode* node, std::string path, Place key_place) const;
  SpecField Item(size_t i) const;

  const YamlNode* node_;
  std::string path_;
  const std::string* file_;
  Report* report_;
  Place place_;
};

// Readings of scalars as the typed fields of a spec accept them; quoted or not.
std::optional<int64_t> ParseSpecInteger(const YamlNode& node);
std::optional<bool> ParseSpecBool(const YamlNode& node);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_REPORT_H_
