#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string>
#include <vector>

#include "core/random_stream.h"
#include "tests/support/status_matchers.h"
#include "trials/metrics/collector.h"
#include "trials/metrics/filter.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Matches = std::vector<std::vector<std::string>>;  // name, value, end

Matches HandWritten(const std::string& line) {
  Matches matches;
  size_t position = 0;
  FilterMatch match;
  while (NextDefaultMatch(line, &position, &match)) {
    matches.push_back(
        {std::string(match.name), std::string(match.value), std::to_string(match.end)});
  }
  return matches;
}

Matches ByRe2(const RE2& regex, const std::string& line) {
  Matches matches;
  size_t position = 0;
  re2::StringPiece groups[3];
  while (position <= line.size() &&
         regex.Match(line, position, line.size(), RE2::UNANCHORED, groups, 3)) {
    position = groups[0].data() + groups[0].size() - line.data();
    matches.push_back({groups[1].as_string(), groups[2].as_string(), std::to_string(position)});
  }
  return matches;
}

TEST(MetricFilterTest, TheHandWrittenDefaultFilterMatchesAsRe2Does) {
  const RE2 regex{std::string(kDefaultMetricFilter)};
  ASSERT_TRUE(regex.ok());
  const std::vector<std::string> pieces = {
      "loss", "a", "=", "=", " ",  "\t",  "\v", "1",   "23", ".",     "e",       "E",   "+",
      "-",    "|", "_", "é", "\r", "nan", ",",  "0.5", "\n", "-1e-3", "val-acc", "\xff"};
  size_t matches = 0;
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed, 0, "metric_filter_test");
    std::string line;
    for (uint64_t i = random.Below(14); i > 0; --i) line += pieces[random.Below(pieces.size())];
    ASSERT_EQ(HandWritten(line), ByRe2(regex, line)) << line;
    matches += HandWritten(line).size();
  }
  EXPECT_GT(matches, 5000u);  // the lines are not all without metrics
}

TEST(MetricFilterTest, FindsTheTopLevelGroups) {
  EXPECT_THAT(TopLevelGroups(std::string(kDefaultMetricFilter)), ElementsAre(1, 2));
  EXPECT_THAT(TopLevelGroups(R"({metricName: ([\w|-]+), metricValue: ((-?\d+)(\.\d+)?)})"),
              ElementsAre(1, 2));
  EXPECT_THAT(TopLevelGroups("((a)b)=(c)"), ElementsAre(1, 3));
  EXPECT_THAT(TopLevelGroups("(?:(a)b)=(?P<v>c)"), ElementsAre(1, 2));
  EXPECT_THAT(TopLevelGroups(R"(\(a\)[()](b)[^])(](c)[[:alpha:](](d)\Q(e)\E(f))"),
              ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(TopLevelGroups("((a)(b))"), ElementsAre(1));
  EXPECT_THAT(TopLevelGroups("a)(b"), IsEmpty());
}

TEST(MetricFilterTest, ValidationTellsWhatIsWrongWithEachFilter) {
  EXPECT_THAT(ValidateFilters({}), IsEmpty());
  EXPECT_THAT(ValidateFilters({std::string(kDefaultMetricFilter), R"(([\w-]+)=(Genotype.*))"}),
              IsEmpty());
  const std::vector<absl::Status> problems =
      ValidateFilters({"(a)=(b)", "(a", "((a)b)", R"((?<=x)(a)(b))"});
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_THAT(problems[0],
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("metricsFormat[1]: \"(a\" is not a regular expression "
                                 "of RE2: missing )")));
  EXPECT_THAT(problems[1],
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("metricsFormat[2]: \"((a)b)\" must have two groups")));
  EXPECT_THAT(problems[2], StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[3]")));
}

}  // namespace
}  // namespace qalam
