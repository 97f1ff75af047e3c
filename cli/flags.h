#ifndef QALAM_CLI_FLAGS_H_
#define QALAM_CLI_FLAGS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace qalam {

// One flag of a verb, declared once: the parser, the help and the completion read it.
struct FlagSpec {
  std::string name;                       // "output", without dashes
  char short_name = 0;                    // 'o'; 0 when there is none
  std::string value;                      // what help calls its value: "FORMAT"; empty for a switch
  std::string help;                       // one sentence without a full stop
  std::vector<std::string> choices = {};  // the allowed values; empty allows any
  bool repeatable = false;
  bool is_switch() const { return value.empty(); }
};

// What a command line amounts to.
class ParsedFlags {
 public:
  // True when the switch was given (and not as --name=false).
  bool IsOn(absl::string_view name, bool by_default = false) const;
  // The last value given; nothing when the flag was not given.
  std::optional<std::string> Value(absl::string_view name) const;
  std::string ValueOr(absl::string_view name, absl::string_view fallback) const;
  // All values in order, for repeatable flags.
  std::vector<std::string> Values(absl::string_view name) const;
  // The words that are not flags, in order.
  const std::vector<std::string>& args() const { return args_; }
  // How many words were read; less than all only with ParseMode::kUntilArgument.
  size_t words_read() const { return words_read_; }

 private:
  friend class FlagParser;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> args_;
  size_t words_read_ = 0;
};

enum class ParseMode {
  kAll,            // flags and arguments in any order; "--" ends the flags
  kUntilArgument,  // stops before the first word that is not a flag
};

// Reads --flag value, --flag=value, -o value, -ovalue, -o=value, and switches, also grouped (-Aw),
// and
// --switch=true|false. "-" alone is an argument. InvalidArgument with a did-you-mean for an unknown
// flag, a missing value, a value for a switch that is not true or false, or one not in `choices`.
absl::StatusOr<ParsedFlags> ParseFlags(absl::Span<const std::string> words,
                                       const std::vector<FlagSpec>& specs,
                                       ParseMode mode = ParseMode::kAll);

// The flag's value as a whole number of at least `minimum`; nothing when it was not given.
absl::StatusOr<std::optional<int64_t>> IntegerFlag(const ParsedFlags& flags, absl::string_view name,
                                                   int64_t minimum);

}  // namespace qalam

#endif  // QALAM_CLI_FLAGS_H_
