#include "bench/bbob.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// The functions whose instances are those of another one.
int SeedOf(int function) { return function == 4 ? 3 : function == 18 ? 17 : function; }

const BbobDefinition* DefinitionOf(int function) {
  size_t i = static_cast<size_t>(function - 1);
  for (const auto* group : {&BbobUnimodal(), &BbobMultimodal()}) {
    if (i < group->size()) return &(*group)[i];
    i -= group->size();
  }
  return nullptr;
}

absl::Status CheckRange(absl::string_view what, int value, int low, int high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("BBOB ", what, " ", value, " is not between ", low, " and ", high));
}

}  // namespace

absl::StatusOr<BbobFunction> BbobFunction::Create(int function, int dimension, int instance) {
  QALAM_RETURN_IF_ERROR(CheckRange("function", function, 1, kFunctions));
  QALAM_RETURN_IF_ERROR(CheckRange("dimension", dimension, 2, kMaxDimension));
  QALAM_RETURN_IF_ERROR(CheckRange("instance", instance, 1, 10000));
  const BbobDefinition* const definition = DefinitionOf(function);
  BbobParts parts;
  parts.dimension = dimension;
  parts.seed = SeedOf(function) + 10000LL * instance;
  definition->prepare(parts);
  return BbobFunction(definition, std::move(parts), BbobOptimalValue(function, instance));
}

}  // namespace qalam::bench
