#ifndef QALAM_SERVER_CARRIED_STATE_H_
#define QALAM_SERVER_CARRIED_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "suggestion/registry.h"
#include "suggestion/suggester.h"

namespace qalam {

// What a server without memory has its client keep. Katib's controller merges the settings of an
// answer into those of the experiment, by name, and sends them with every later request:
//
//   qalam.id          the experiment's id (see trial_codes.h)
//   qalam.labels.<n>  what the algorithm must remember of trials n, n + 1, ...: a JSON list with an
//                     object for each

// True for the names of such settings, which are none of the algorithm's.
bool IsCarriedSetting(absl::string_view name);
std::pair<std::string, std::string> IdSetting(uint32_t id);
// The labels of suggestions that are numbered from `first`; nothing when they have none.
std::optional<std::pair<std::string, std::string>> LabelsSetting(
    int64_t first, absl::Span<const Suggestion> suggestions);

// Reads them; what was read before is not read again.
class CarriedState {
 public:
  using Labels = std::map<std::string, std::string>;

  // `settings` are all of them, whatever came before. InvalidArgument naming a setting that cannot
  // be read.
  absl::Status Update(const Settings& settings);

  std::optional<uint32_t> id() const { return id_; }
  // No labels for a trial that none were kept of.
  const Labels& LabelsOf(int64_t number) const;

 private:
  absl::Status Read(const std::string& name, const std::string& value);

  Settings settings_;
  std::optional<uint32_t> id_;
  absl::flat_hash_map<int64_t, Labels> labels_;
};

}  // namespace qalam

#endif  // QALAM_SERVER_CARRIED_STATE_H_
