// The JSON format: one object a line.
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "trials/metrics/metric_value.h"
#include "trials/metrics/parsers.h"

namespace qalam {
namespace {

constexpr absl::string_view kTimestampKey = "timestamp";

// Takes the members of an object (the line is known to begin with its brace) as they are read. A
// number is kept as it was written, which a parsed document would not do. What lies deeper is
// passed over.
class MemberReader final : public nlohmann::json_sax<Json> {
 public:
  explicit MemberReader(const MetricCounters& counters) : counters_(counters) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return Take(absl::StrCat(value), true); }
  bool number_unsigned(number_unsigned_t value) override { return Take(absl::StrCat(value), true); }
  bool number_float(number_float_t, const string_t& text) override { return Take(text, true); }
  bool string(string_t& text) override { return Take(text, false); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

  const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }
  std::optional<absl::Time> time() const { return time_; }

 private:
  bool Take(const std::string& text, bool is_number) {
    if (depth_ != 1) return true;
    if (key_ == kTimestampKey) {
      time_ = is_number ? ParseEpochSeconds(text) : ParseTimestamp(text);
      if (!time_.has_value() && !is_number) time_ = ParseEpochSeconds(text);
    } else if (counters_.Knows(key_)) {
      members_.emplace_back(key_, text);
    }
    return true;
  }

  const MetricCounters& counters_;
  int depth_ = 0;
  std::string key_;
  std::vector<std::pair<std::string, std::string>> members_;
  std::optional<absl::Time> time_;
};

// `line` with each NaN, Infinity and -Infinity outside quotes put into quotes: what Python's json
// module writes for them is no JSON.
std::string QuoteNonFinite(absl::string_view line) {
  std::string result;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '\\' && i + 1 < line.size()) {
      result += c;
      result += line[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    const size_t sign = c == '-' ? 1 : 0;
    const size_t word = quoted ? 0 : NonFiniteWordLength(line.substr(i + sign));
    if (word == 0) {
      result += c;
      continue;
    }
    absl::StrAppend(&result, "\"", line.substr(i, sign + word), "\"");
    i += sign + word - 1;
  }
  return result;
}

class JsonParser final : public LineParser {
 public:
  explicit JsonParser(const MetricCounters& counters) : counters_(counters) {}

  void Parse(absl::string_view line, absl::Time seen, std::vector<MetricPoint>* points) override {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) return;
    if (line.size() > kMaxMetricLineBytes || line[0] != '{') {
      ++bad_lines_;
      return;
    }
    if (Read(line, seen, points)) return;
    const bool may_be_non_finite =
        absl::StrContains(line, "NaN") || absl::StrContains(line, "Infinity");
    if (may_be_non_finite && Read(QuoteNonFinite(line), seen, points)) return;
    ++bad_lines_;
  }

  int64_t bad_lines() const override { return bad_lines_; }

 private:
  // False, with nothing appended, when `line` is not an object.
  bool Read(absl::string_view line, absl::Time seen, std::vector<MetricPoint>* points) {
    MemberReader reader(counters_);
    if (!Json::sax_parse(line.begin(), line.end(), &reader)) return false;
    const absl::Time time = reader.time().value_or(seen);
    for (const auto& [name, text] : reader.members()) {
      counters_.Append(name, text, time, points);
    }
    return true;
  }

  MetricCounters counters_;
  int64_t bad_lines_ = 0;
};

class JsonParserFactory final : public ParserFactory {
 public:
  explicit JsonParserFactory(const std::vector<std::string>& metric_names)
      : counters_(metric_names) {}
  std::unique_ptr<LineParser> Create() const override {
    return std::make_unique<JsonParser>(counters_);
  }

 private:
  MetricCounters counters_;
};

}  // namespace

std::unique_ptr<ParserFactory> MakeJsonParserFactory(const std::vector<std::string>& metric_names) {
  return std::make_unique<JsonParserFactory>(metric_names);
}

}  // namespace qalam
