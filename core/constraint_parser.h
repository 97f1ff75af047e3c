#ifndef QALAM_CORE_CONSTRAINT_PARSER_H_
#define QALAM_CORE_CONSTRAINT_PARSER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/constraint.h"

namespace qalam {

// Reads the text of a constraint; the language is described at ParameterConstraint, and so are the
// errors.
absl::StatusOr<ParameterConstraint::Node> ParseConstraintText(
    absl::string_view text, absl::Span<const Parameter> parameters);

// The index of the parameter called `name`; InvalidArgument with a did-you-mean when there is none.
absl::StatusOr<int> FindConstraintParameter(absl::string_view name,
                                            absl::Span<const Parameter> parameters);

}  // namespace qalam

#endif  // QALAM_CORE_CONSTRAINT_PARSER_H_
