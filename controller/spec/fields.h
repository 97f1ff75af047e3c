#ifndef QALAM_CONTROLLER_SPEC_FIELDS_H_
#define QALAM_CONTROLLER_SPEC_FIELDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace qalam {

enum class FieldType {
  kText,     // any scalar, taken as it is written
  kInteger,  // 64-bit
  kNumber,
  kBool,
  kObject,  // a map of known fields
  kList,    // of such objects
  kTextList,
  kIntegerList,
  kTextMap,           // any key, scalar values
  kTextOrObjectList,  // of texts or maps of known fields
  kAny,               // not looked into
};

// "text", "whole number", "list of texts", ...
absl::string_view FieldTypeName(FieldType type);

// One field of an Experiment. The table of them is the only place where fields are listed: it
// serves the check for unknown fields and types, and `qalam explain`.
struct FieldInfo {
  absl::string_view path;  // "spec.parameters[].feasibleSpace.min"
  FieldType type;
  absl::string_view default_text;  // what an absent field means; "" when it is required or nothing
  absl::string_view help;          // one sentence
  absl::string_view choices = "";  // the allowed texts, separated by blanks; "" allows any
};

// All fields, parents before children.
absl::Span<const FieldInfo> ExperimentFields();
// nullptr when there is no such field.
const FieldInfo* FindField(absl::string_view path);
// The names of the fields right below `path` ("" for the top level), in the table's order.
std::vector<std::string> FieldNamesBelow(absl::string_view path);

// The field names that Kubernetes knows in an object of a batch/v1 Job: `path` as
// "spec.template.spec" with "[]" for items. Empty where the names are not known here.
std::vector<std::string> JobFieldNames(absl::string_view path);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_FIELDS_H_
