#ifndef QALAM_STORAGE_CHANGE_BYTES_H_
#define QALAM_STORAGE_CHANGE_BYTES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/records.h"

namespace qalam {

// Changes as bytes, for those that are kept until they are put in their place. Of an
// ExperimentChange, what changes of the experiment alone. A first byte tells the format.
std::string WriteChanges(absl::Span<const Change> changes);

// DataLoss for bytes that WriteChanges did not write.
absl::StatusOr<std::vector<Change>> ReadChanges(absl::string_view bytes);

}  // namespace qalam

#endif  // QALAM_STORAGE_CHANGE_BYTES_H_
