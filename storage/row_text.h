#ifndef QALAM_STORAGE_ROW_TEXT_H_
#define QALAM_STORAGE_ROW_TEXT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/search_space.h"
#include "core/trial.h"
#include "storage/records.h"

namespace qalam {

// JSON texts of the columns that hold lists and maps. Bytes that are not UTF-8 are replaced
// (U+FFFD). Reading gives DataLoss when a text is not what writing gives.

// {"lr":"0.1"}, in order; names are unique.
std::string WriteNamedValues(const NamedValues& values);
absl::StatusOr<NamedValues> ReadNamedValues(absl::string_view text);

std::string WriteLabels(const std::map<std::string, std::string>& labels);
absl::StatusOr<std::map<std::string, std::string>> ReadLabels(absl::string_view text);

// [{"name":...,"min":...,"max":...,"latest":...}]
std::string WriteObservation(const std::vector<MetricSummary>& observation);
absl::StatusOr<std::vector<MetricSummary>> ReadObservation(absl::string_view text);

// [{"type":...,"status":true,"reason":...,"message":...,"lastUpdate":ns,"lastTransition":ns}]
std::string WriteConditions(const std::vector<ConditionRecord>& conditions);
absl::StatusOr<std::vector<ConditionRecord>> ReadConditions(absl::string_view text);

}  // namespace qalam

#endif  // QALAM_STORAGE_ROW_TEXT_H_
