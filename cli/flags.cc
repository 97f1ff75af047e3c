#include "cli/flags.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {

bool ParsedFlags::IsOn(absl::string_view name, bool by_default) const {
  const std::optional<std::string> value = Value(name);
  return value.has_value() ? *value == "true" : by_default;
}

std::optional<std::string> ParsedFlags::Value(absl::string_view name) const {
  const auto it = values_.find(std::string(name));
  if (it == values_.end()) return std::nullopt;
  return it->second.back();
}

std::string ParsedFlags::ValueOr(absl::string_view name, absl::string_view fallback) const {
  return Value(name).value_or(std::string(fallback));
}

std::vector<std::string> ParsedFlags::Values(absl::string_view name) const {
  const auto it = values_.find(std::string(name));
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

// One pass over the words.
class FlagParser {
 public:
  FlagParser(absl::Span<const std::string> words, const std::vector<FlagSpec>& specs)
      : words_(words), specs_(specs) {}

  absl::StatusOr<ParsedFlags> Parse(ParseMode mode) {
    bool flags_ended = false;
    while (next_ < words_.size()) {
      const std::string& word = words_[next_];
      const bool is_flag = !flags_ended && word.size() > 1 && word[0] == '-';
      if (!is_flag && mode == ParseMode::kUntilArgument) break;
      ++next_;
      if (!is_flag) {
        result_.args_.push_back(word);
      } else if (word == "--") {
        flags_ended = true;
      } else if (absl::StartsWith(word, "--")) {
        QALAM_RETURN_IF_ERROR(ReadLong(absl::string_view(word).substr(2)));
      } else {
        QALAM_RETURN_IF_ERROR(ReadShort(absl::string_view(word).substr(1)));
      }
    }
    result_.words_read_ = next_;
    return std::move(result_);
  }

 private:
  absl::Status ReadLong(absl::string_view text) {
    const size_t equals = text.find('=');
    const absl::string_view name = text.substr(0, equals);
    const auto spec = std::find_if(specs_.begin(), specs_.end(),
                                   [&](const FlagSpec& s) { return s.name == name; });
    if (spec == specs_.end()) return UnknownFlag(name);
    if (equals != absl::string_view::npos) {
      return Store(*spec, absl::StrCat("--", name), std::string(text.substr(equals + 1)));
    }
    if (spec->is_switch()) return Store(*spec, absl::StrCat("--", name), "true");
    return StoreNextWord(*spec, absl::StrCat("--", name));
  }

  absl::Status ReadShort(absl::string_view text) {
    while (!text.empty()) {
      const char letter = text[0];
      const std::string shown = absl::StrCat("-", text.substr(0, 1));
      const auto spec = std::find_if(specs_.begin(), specs_.end(),
                                     [&](const FlagSpec& s) { return s.short_name == letter; });
      if (spec == specs_.end()) {
        return absl::InvalidArgumentError(absl::StrCat("unknown flag ", shown));
      }
      text.remove_prefix(1);
      if (spec->is_switch()) {
        QALAM_RETURN_IF_ERROR(Store(*spec, shown, "true"));
        continue;
      }
      if (text.empty()) return StoreNextWord(*spec, shown);
      return Store(*spec, shown, std::string(absl::StripPrefix(text, "=")));
    }
    return absl::OkStatus();
  }

  absl::Status StoreNextWord(const FlagSpec& spec, const std::string& shown) {
    if (next_ >= words_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(shown, " needs a value: ", spec.value));
    }
    return Store(spec, shown, words_[next_++]);
  }

  absl::Status Store(const FlagSpec& spec, const std::string& shown, std::string value) {
    if (spec.is_switch() && value != "true" && value != "false") {
      return absl::InvalidArgumentError(
          absl::StrCat(shown, " is true or false, not \"", value, "\""));
    }
    if (!spec.choices.empty() &&
        std::find(spec.choices.begin(), spec.choices.end(), value) == spec.choices.end()) {
      const std::string near = ClosestMatch(value, spec.choices);
      return absl::InvalidArgumentError(
          absl::StrCat(shown, ": \"", value, "\" is not one of ", JoinAlternatives(spec.choices),
                       near.empty() ? "" : absl::StrCat("; did you mean ", near, "?")));
    }
    result_.values_[spec.name].push_back(std::move(value));
    return absl::OkStatus();
  }

  absl::Status UnknownFlag(absl::string_view name) const {
    std::vector<std::string> names;
    for (const FlagSpec& spec : specs_) names.push_back(spec.name);
    const std::string near = ClosestMatch(name, names);
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown flag --", name, near.empty() ? "" : absl::StrCat("; did you mean --", near, "?")));
  }

  const absl::Span<const std::string> words_;
  const std::vector<FlagSpec>& specs_;
  size_t next_ = 0;
  ParsedFlags result_;
};

absl::StatusOr<ParsedFlags> ParseFlags(absl::Span<const std::string> words,
                                       const std::vector<FlagSpec>& specs, ParseMode mode) {
  return FlagParser(words, specs).Parse(mode);
}

absl::StatusOr<std::optional<int64_t>> IntegerFlag(const ParsedFlags& flags, absl::string_view name,
                                                   int64_t minimum) {
  const std::optional<std::string> text = flags.Value(name);
  if (!text.has_value()) return std::optional<int64_t>();
  int64_t value = 0;
  if (!absl::SimpleAtoi(*text, &value) || value < minimum) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", name, ": \"", *text, "\" is not a whole number of at least ", minimum));
  }
  return std::optional<int64_t>(value);
}

}  // namespace qalam
