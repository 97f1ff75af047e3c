// The TEXT format: filters matched against lines.
#include <re2/re2.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "trials/metrics/filter.h"
#include "trials/metrics/metric_value.h"
#include "trials/metrics/parsers.h"

namespace qalam {
namespace {

// A filter of the user's.
class CustomFilter {
 public:
  explicit CustomFilter(const std::string& pattern)
      : regex_(std::make_unique<RE2>(pattern, RE2::Quiet)) {
    const std::vector<int> groups = TopLevelGroups(pattern);
    name_group_ = groups[0];
    value_group_ = groups[1];
  }

  // As NextDefaultMatch; `groups` is scratch space.
  bool Next(absl::string_view line, size_t* position, std::vector<re2::StringPiece>* groups,
            FilterMatch* match) const {
    if (*position > line.size()) return false;
    groups->resize(value_group_ + 1);
    const re2::StringPiece text(line.data(), line.size());
    if (!regex_->Match(text, *position, line.size(), RE2::UNANCHORED, groups->data(),
                       static_cast<int>(groups->size()))) {
      return false;
    }
    const re2::StringPiece& whole = (*groups)[0];
    const re2::StringPiece& value = (*groups)[value_group_];
    match->name = View((*groups)[name_group_]);
    match->value = View(value);
    const re2::StringPiece& last = value.data() == nullptr ? whole : value;
    match->end = last.data() + last.size() - line.data();
    // An empty match must not be found again for ever.
    *position = whole.data() + whole.size() - line.data() + (whole.empty() ? 1 : 0);
    return true;
  }

 private:
  static absl::string_view View(const re2::StringPiece& piece) {
    return piece.data() == nullptr ? "" : absl::string_view(piece.data(), piece.size());
  }

  std::unique_ptr<RE2> regex_;
  int name_group_ = 1;
  int value_group_ = 2;
};

using CustomFilters = std::vector<CustomFilter>;

bool IsSign(absl::string_view text) { return text == "+" || text == "-"; }

class TextParser final : public LineParser {
 public:
  // No filters: the default filter.
  TextParser(std::shared_ptr<const CustomFilters> filters, const MetricCounters& counters)
      : filters_(std::move(filters)), counters_(counters) {}

  void Parse(absl::string_view line, absl::Time seen, std::vector<MetricPoint>* points) override {
    if (line.size() > kMaxMetricLineBytes) {
      ++bad_lines_;
      return;
    }
    if (!counters_.AnyIn(line)) return;
    const absl::Time time = ParseTimestamp(line.substr(0, line.find(' '))).value_or(seen);
    FilterMatch match;
    if (filters_->empty()) {
      size_t position = 0;
      while (NextDefaultMatch(line, &position, &match)) AppendNumber(line, match, time, points);
    }
    for (const CustomFilter& filter : *filters_) {
      size_t position = 0;
      while (filter.Next(line, &position, &groups_, &match)) {
        AppendAny(line, match, time, points);
      }
    }
  }

  int64_t bad_lines() const override { return bad_lines_; }

 private:
  // The value of the match, or the nan or inf that stands where the filter found no digits.
  static absl::string_view ValueOf(absl::string_view line, const FilterMatch& match) {
    if (!match.value.empty() && !IsSign(match.value)) return match.value;
    const size_t word = NonFiniteWordLength(line.substr(match.end));
    return line.substr(match.end - match.value.size(), word > 0 ? match.value.size() + word : 0);
  }

  void AppendNumber(absl::string_view line, const FilterMatch& match, absl::Time time,
                    std::vector<MetricPoint>* points) {
    if (!counters_.Knows(match.name)) return;
    const absl::string_view value = ValueOf(line, match);
    // The default filter also matches what no number is, as the "e5" of "commit=e5ab".
    if (MetricNumber(value).has_value()) counters_.Append(match.name, value, time, points);
  }

  void AppendAny(absl::string_view line, const FilterMatch& match, absl::Time time,
                 std::vector<MetricPoint>* points) {
    counters_.Append(absl::StripAsciiWhitespace(match.name), ValueOf(line, match), time, points);
  }

  const std::shared_ptr<const CustomFilters> filters_;
  MetricCounters counters_;
  std::vector<re2::StringPiece> groups_;
  int64_t bad_lines_ = 0;
};

class TextParserFactory final : public ParserFactory {
 public:
  TextParserFactory(const std::vector<std::string>& filters,
                    const std::vector<std::string>& metric_names)
      : counters_(metric_names) {
    const bool is_default = filters.size() == 1 && filters[0] == kDefaultMetricFilter;
    auto compiled = std::make_shared<CustomFilters>();
    if (!is_default) {
      for (const std::string& filter : filters) compiled->emplace_back(filter);
    }
    filters_ = std::move(compiled);
  }

  std::unique_ptr<LineParser> Create() const override {
    return std::make_unique<TextParser>(filters_, counters_);
  }

 private:
  std::shared_ptr<const CustomFilters> filters_;
  MetricCounters counters_;
};

}  // namespace

std::unique_ptr<ParserFactory> MakeTextParserFactory(const std::vector<std::string>& filters,
                                                     const std::vector<std::string>& metric_names) {
  return std::make_unique<TextParserFactory>(filters, metric_names);
}

}  // namespace qalam
