#ifndef QALAM_TRIALS_KINDS_FIELD_H_
#define QALAM_TRIALS_KINDS_FIELD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/json.h"

namespace qalam {

// A field of a manifest and its path ("spec.template.spec.containers[0].env"), for reading.
// Whatever is of the wrong type is told to a list of problems and read as if it were absent. null
// is absent. A text that still holds a ${trialParameters.x} is taken for whatever is expected,
// without value.
class Field {
 public:
  using Problems = std::vector<absl::Status>;

  // `node` may be null; it and `problems` outlive the field.
  Field(const Json* node, std::string path, Problems* problems);

  bool present() const { return node_ != nullptr; }
  const std::string& path() const { return path_; }
  bool HoldsPlaceholder() const;
  // Absent, or a list without elements.
  bool IsEmpty() const;

  // A member, of any type. Absent when this field is absent or no object.
  Field Get(absl::string_view key) const;
  // A member that must be an object.
  Field Object(absl::string_view key) const;
  // The elements of a member that must be an array of objects.
  std::vector<Field> Objects(absl::string_view key) const;
  // The elements of a member that must be an array of texts.
  std::vector<std::string> Texts(absl::string_view key) const;
  // The members of a member that must be an object of texts.
  std::map<std::string, std::string> TextMap(absl::string_view key) const;
  // A text, "" when absent.
  std::string Text(absl::string_view key) const;
  // The same, but an absent or empty one is a problem.
  std::string RequiredText(absl::string_view key) const;
  // A whole number of at least `least`, also as text (what a placeholder in quotes becomes).
  std::optional<int64_t> Integer(absl::string_view key, int64_t least) const;
  bool Bool(absl::string_view key, bool otherwise) const;
  // A Kubernetes quantity ("500m", "1Gi", 2) that is not negative.
  std::optional<double> Quantity(absl::string_view key) const;

  // The keys of an object, in order.
  std::vector<std::string> Keys() const;

  // InvalidArgument "<path>: <what>".
  absl::Status Error(absl::string_view what) const;
  void AddProblem(absl::string_view what) const { problems_->push_back(Error(what)); }

 private:
  // "a string", "a list", ... and the value itself where it is short.
  std::string Found() const;

  const Json* node_;
  std::string path_;
  Problems* problems_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_FIELD_H_
