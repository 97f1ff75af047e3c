#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "trials/metrics/collector.h"
#include "trials/metrics/metric_value.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kSeen = absl::FromUnixSeconds(1000);

MetricsCollectorSpec TextSpec(std::vector<std::string> filters = {}) {
  MetricsCollectorSpec spec;
  spec.filters = std::move(filters);
  return spec;
}
MetricsCollectorSpec JsonSpec() {
  MetricsCollectorSpec spec;
  spec.kind = CollectorKind::kFile;
  spec.format = FileFormat::kJson;
  return spec;
}

std::unique_ptr<LineParser> MakeParser(const MetricsCollectorSpec& spec) {
  auto factory = MakeParserFactory(spec, {"loss", "accuracy", "Best-Genotype"});
  EXPECT_OK(factory);
  return (*factory)->Create();
}

std::vector<MetricPoint> Parse(const MetricsCollectorSpec& spec,
                               const std::vector<std::string>& lines) {
  const std::unique_ptr<LineParser> parser = MakeParser(spec);
  std::vector<MetricPoint> points;
  for (const std::string& line : lines) parser->Parse(line, kSeen, &points);
  return points;
}

// "name=text" of each point.
std::vector<std::string> Found(const MetricsCollectorSpec& spec,
                               const std::vector<std::string>& lines) {
  std::vector<std::string> found;
  for (const MetricPoint& point : Parse(spec, lines)) {
    found.push_back(absl::StrCat(point.metric, "=", point.text));
  }
  return found;
}

TEST(TextMetricsTest, EveryMatchOfAnAskedNameIsAPoint) {
  EXPECT_THAT(Found(TextSpec(), {"epoch 1: loss=0.25, accuracy = 9e-1 lr=0.1", "nothing here",
                                 "loss=1 loss=2", "val-loss=7 loss2=3", "{loss=-1.5}"}),
              ElementsAre("loss=0.25", "accuracy=9e-1", "loss=1", "loss=2", "loss=-1.5"));
}

TEST(TextMetricsTest, PointsCarryValueStepAndTime) {
  const std::vector<MetricPoint> points =
      Parse(TextSpec(), {"2024-05-01T10:00:00.123456789Z loss=0.50", "loss=+2", "accuracy=1"});
  ASSERT_THAT(points, SizeIs(3));
  absl::Time stamped;
  std::string error;
  ASSERT_TRUE(
      absl::ParseTime(absl::RFC3339_full, "2024-05-01T10:00:00.123456789Z", &stamped, &error));
  EXPECT_EQ(points[0], (MetricPoint{"loss", "0.50", 0.5, stamped, 0}));
  EXPECT_EQ(points[1], (MetricPoint{"loss", "+2", 2, kSeen, 1}));
  EXPECT_EQ(points[2], (MetricPoint{"accuracy", "1", 1, kSeen, 0}));
}

TEST(TextMetricsTest, TheFirstWordIsTheTimeOnlyWhenItIsOne) {
  for (const char* prefix : {"2024-05-01 10:00:00 ", "2024-05-01T10:00:00 ", "infinite-future ",
                             "1714557600 ", "2024-13-01T10:00:00Z ", " 2024-05-01T10:00:00Z "}) {
    const std::vector<MetricPoint> points = Parse(TextSpec(), {absl::StrCat(prefix, "loss=1")});
    ASSERT_THAT(points, SizeIs(1)) << prefix;
    EXPECT_EQ(points[0].time, kSeen) << prefix;
  }
  const std::vector<MetricPoint> points =
      Parse(TextSpec(), {"2024-05-01T12:00:00+02:00 loss=1", "2024-05-01T10:00:00Z loss=1"});
  EXPECT_EQ(points[0].time, points[1].time);
  EXPECT_NE(points[0].time, kSeen);
}

TEST(TextMetricsTest, NanAndInfinityAreValuesAndNothingIsNot) {
  EXPECT_THAT(Found(TextSpec(), {"loss=nan", "loss= NaN,", "loss=-inf", "loss=Infinity.",
                                 "loss=+INF", "loss=", "loss=-", "loss=none", "loss=nancy",
                                 "loss=infra", "loss=e5ab", "loss=nan_x"}),
              ElementsAre("loss=nan", "loss=NaN", "loss=-inf", "loss=Infinity", "loss=+INF"));
  const std::vector<MetricPoint> points = Parse(TextSpec(), {"loss=nan", "loss=-Infinity"});
  EXPECT_TRUE(std::isnan(points[0].value));
  EXPECT_EQ(points[1].value, -std::numeric_limits<double>::infinity());
}

TEST(TextMetricsTest, CustomFiltersReplaceTheDefaultAndTakeAnyText) {
  EXPECT_THAT(
      Found(TextSpec({R"(([\w-]+)=(Genotype.*))"}),
            {"Best-Genotype=Genotype(normal=[[('sep', 0)]], concat=range(2))\r", "loss=0.1"}),
      ElementsAre("Best-Genotype=Genotype(normal=[[('sep', 0)]], concat=range(2))"));
  EXPECT_THAT(
      Found(TextSpec({R"({metricName: ([\w|-]+), metricValue: ((-?\d+)(\.\d+)?)})",
                      R"((\w+) is (\S*))"}),
            {"{metricName: loss, metricValue: -0.5} accuracy is high", "loss is nan accuracy is "}),
      ElementsAre("loss=-0.5", "accuracy=high", "loss=nan"));
  EXPECT_THAT(Found(TextSpec({R"((loss|)(\d*))"}), {"loss5 xx loss6"}),
              ElementsAre("loss=5", "loss=6"));
}

TEST(TextMetricsTest, NanIsFoundWhereACustomFilterFindsNoDigits) {
  EXPECT_THAT(
      Found(TextSpec({R"((\w+): ([+-]?\d*\.?\d*);?)"}), {"loss: nan; accuracy: -inf; loss: 2;"}),
      ElementsAre("loss=nan", "accuracy=-inf", "loss=2"));
}

TEST(TextMetricsTest, TheDefaultFilterWrittenOutIsTheDefaultFilter) {
  EXPECT_THAT(
      Found(TextSpec({R"(([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?))"}), {"loss=1 loss="}),
      ElementsAre("loss=1"));
}

TEST(TextMetricsTest, OverlongLinesAreSkippedAndCounted) {
  const std::unique_ptr<LineParser> parser = MakeParser(TextSpec());
  std::vector<MetricPoint> points;
  parser->Parse("loss=1 " + std::string(kMaxMetricLineBytes, 'x'), kSeen, &points);
  parser->Parse("loss=" + std::string(kMaxMetricValueBytes + 1, '1'), kSeen, &points);
  EXPECT_THAT(points, IsEmpty());
  EXPECT_EQ(parser->bad_lines(), 1);
}

TEST(TextMetricsTest, ParsersOfOneFactoryCountForThemselves) {
  ASSERT_OK_AND_ASSIGN(const auto factory, MakeParserFactory(TextSpec(), {"loss"}));
  std::vector<MetricPoint> points;
  factory->Create()->Parse("loss=1", kSeen, &points);
  factory->Create()->Parse("loss=2", kSeen, &points);
  ASSERT_THAT(points, SizeIs(2));
  EXPECT_EQ(points[1].step, 0);
}

TEST(JsonMetricsTest, NumbersAndTextsAreKeptAsTheyAreWritten) {
  EXPECT_THAT(Found(JsonSpec(), {R"({"loss": 0.10, "accuracy": "0.90", "epoch": 3})",
                                 R"({"loss": 12, "accuracy": -1e-5})",
                                 R"({"loss": true, "accuracy": null, "Best-Genotype": ""})"}),
              ElementsAre("loss=0.10", "accuracy=0.90", "loss=12", "accuracy=-1e-5"));
}

TEST(JsonMetricsTest, OnlyMembersOfTheLinesObjectCount) {
  EXPECT_THAT(Found(JsonSpec(), {R"({"a":{"loss":1},"b":[{"loss":2}],"loss":3})"}),
              ElementsAre("loss=3"));
}

TEST(JsonMetricsTest, ReadsWhatPythonWritesForNan) {
  EXPECT_THAT(Found(JsonSpec(), {R"({"loss": NaN, "accuracy": -Infinity, "note": "NaN \" NaN"})",
                                 R"({"loss": Infinity})"}),
              ElementsAre("loss=NaN", "accuracy=-Infinity", "loss=Infinity"));
}

TEST(JsonMetricsTest, BadLinesAreSkippedAndCounted) {
  const std::unique_ptr<LineParser> parser = MakeParser(JsonSpec());
  std::vector<MetricPoint> points;
  for (const char* line : {"{bad", "", "  ", "loss=1", "[1]", R"({"loss":1)", R"({"loss":1} x)",
                           R"({"loss":NaN)", R"( {"loss": 2} )"}) {
    parser->Parse(line, kSeen, &points);
  }
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_EQ(points[0].text, "2");
  EXPECT_EQ(points[0].step, 0);
  EXPECT_EQ(parser->bad_lines(), 6);
}

TEST(JsonMetricsTest, TimestampsAreTextsOrSecondsWithTheirFraction) {
  const std::vector<MetricPoint> points =
      Parse(JsonSpec(),
            {R"({"loss":1,"timestamp":1638422847.28721})",
             R"({"timestamp":"2021-12-02T05:27:27.28721Z","loss":1})",
             R"({"loss":1,"timestamp":"1638422847.28721"})", R"({"loss":1,"timestamp":1638422847})",
             R"({"loss":1,"timestamp":"yesterday"})", R"({"loss":1,"timestamp":1e300})"});
  ASSERT_THAT(points, SizeIs(6));
  const absl::Time exact = absl::FromUnixSeconds(1638422847) + absl::Nanoseconds(287210000);
  EXPECT_EQ(points[0].time, exact);
  EXPECT_EQ(points[1].time, exact);
  EXPECT_EQ(points[2].time, exact);
  EXPECT_EQ(points[3].time, absl::FromUnixSeconds(1638422847));
  EXPECT_EQ(points[4].time, kSeen);
  EXPECT_EQ(points[5].time, kSeen);
}

TEST(MetricValueTest, SecondsBeforeTheEpochAndSmallFractionsAreExact) {
  EXPECT_EQ(ParseEpochSeconds("-0.5"), absl::UnixEpoch() - absl::Milliseconds(500));
  EXPECT_EQ(ParseEpochSeconds("1.000000001"),
            absl::UnixEpoch() + absl::Seconds(1) + absl::Nanoseconds(1));
  EXPECT_EQ(ParseEpochSeconds("1.05"), absl::UnixEpoch() + absl::Milliseconds(1050));
  EXPECT_EQ(ParseEpochSeconds("1.5e3"), absl::FromUnixSeconds(1500));
  EXPECT_EQ(ParseEpochSeconds("nan"), std::nullopt);
  EXPECT_EQ(ParseEpochSeconds("x"), std::nullopt);
}

TEST(MetricValueTest, NumbersHaveOneSignAndNothingBehind) {
  EXPECT_EQ(MetricNumber("+1.5"), 1.5);
  EXPECT_EQ(MetricNumber("-.5"), -0.5);
  EXPECT_EQ(MetricNumber("-INFINITY"), -std::numeric_limits<double>::infinity());
  for (const char* text : {"", "+", "--1", "+-1", "1x", "0x10", "nanx", "infinit", "e5", " 1"}) {
    EXPECT_EQ(MetricNumber(text), std::nullopt) << text;
  }
}

TEST(ParserFactoryTest, NoneCollectsNothingAndBadFiltersAreRefused) {
  MetricsCollectorSpec spec;
  spec.kind = CollectorKind::kNone;
  EXPECT_THAT(Found(spec, {"loss=1"}), IsEmpty());
  EXPECT_THAT(MakeParserFactory(TextSpec({"(x)"}), {"loss"}),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("metricsFormat[0]")));
}

}  // namespace
}  // namespace qalam
