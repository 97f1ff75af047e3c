#include "cli/text_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random_stream.h"

namespace qalam {
namespace {

TEST(FormatElapsedTest, ShowsTwoUnitsAtMost) {
  EXPECT_EQ(FormatElapsed(absl::ZeroDuration()), "0.0s");
  EXPECT_EQ(FormatElapsed(absl::Milliseconds(420)), "0.4s");
  EXPECT_EQ(FormatElapsed(absl::Seconds(9.94)), "9.9s");
  EXPECT_EQ(FormatElapsed(absl::Seconds(9.96)), "10s");
  EXPECT_EQ(FormatElapsed(absl::Seconds(59.4)), "59s");
  EXPECT_EQ(FormatElapsed(absl::Seconds(59.6)), "1m00s");
  EXPECT_EQ(FormatElapsed(absl::Seconds(200)), "3m20s");
  EXPECT_EQ(FormatElapsed(absl::Minutes(125)), "2h05m");
  EXPECT_EQ(FormatElapsed(absl::Hours(76)), "3d04h");
  EXPECT_EQ(FormatElapsed(-absl::Seconds(5)), "0.0s");
}

TEST(FormatAgeTest, IsThatOfKubectl) {
  EXPECT_EQ(FormatAge(-absl::Seconds(3)), "0s");
  EXPECT_EQ(FormatAge(absl::Seconds(119)), "119s");
  EXPECT_EQ(FormatAge(absl::Seconds(120)), "2m");
  EXPECT_EQ(FormatAge(absl::Seconds(200)), "3m20s");
  EXPECT_EQ(FormatAge(absl::Minutes(10)), "10m");
  EXPECT_EQ(FormatAge(absl::Minutes(179)), "179m");
  EXPECT_EQ(FormatAge(absl::Hours(3)), "3h");
  EXPECT_EQ(FormatAge(absl::Minutes(310)), "5h10m");
  EXPECT_EQ(FormatAge(absl::Hours(47)), "47h");
  EXPECT_EQ(FormatAge(absl::Hours(76)), "3d4h");
  EXPECT_EQ(FormatAge(absl::Hours(24 * 100)), "100d");
  EXPECT_EQ(FormatAge(absl::Hours(24 * 740)), "2y10d");
  EXPECT_EQ(FormatAge(absl::Hours(24 * 365 * 9)), "9y");
}

TEST(ShortNumberTest, CutsLongNumbersAndLeavesOtherTexts) {
  EXPECT_EQ(ShortNumber("0.05"), "0.05");
  EXPECT_EQ(ShortNumber("0.0312345678901"), "0.0312346");
  EXPECT_EQ(ShortNumber("123456789.123"), "1.23457e+08");
  EXPECT_EQ(ShortNumber("a rather long text"), "a rather long text");
  EXPECT_EQ(ShortNumber("1e-05"), "1e-05");
  EXPECT_EQ(ShortNumber(""), "");
}

TEST(PrintableTest, ReplacesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("plain ünïcode 漢"), "plain ünïcode 漢");
  EXPECT_EQ(Printable("a\x1b]0;title\x07"), "a?]0;title?");
  EXPECT_EQ(Printable("tab\tline\n"), "tab?line?");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "?31m");  // C1 control sequence introducer
  EXPECT_EQ(Printable("\xff\xfe"
                      "ok\xe2\x82"),
            "??ok??");  // broken UTF-8
  EXPECT_EQ(Printable("\xe2\x80\xae"
                      "txt"),
            "?txt");                            // right-to-left override
  EXPECT_EQ(Printable("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(Printable("\xc0\xaf"), "??");       // overlong
}

TEST(PrintableTest, AnyBytesBecomeSafeTextOfTheSameMeaning) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed, 0, "bytes");
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += static_cast<char>(random.Below(256));
    const std::string text = Printable(bytes);
    EXPECT_EQ(Printable(text), text);
    for (const char c : text) {
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
    for (int width = 0; width < 20; ++width) {
      EXPECT_LE(DisplayWidth(Truncate(text, width, "…")), width);
    }
  }
}

TEST(TruncateTest, MarksWhatWasCut) {
  EXPECT_EQ(Truncate("short", 5, "…"), "short");
  EXPECT_EQ(Truncate("longer", 5, "…"), "long…");
  EXPECT_EQ(Truncate("漢字漢字", 5, "…"), "漢字…");
  EXPECT_EQ(Truncate("longer", 4, ""), "long");
  EXPECT_EQ(Truncate("longer", 0, "…"), "");
}

TEST(DisplayWidthTest, CountsColumns) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("é"), 1);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
  EXPECT_EQ(DisplayWidth("漢"), 2);
}

TEST(FormatAssignmentTest, ShortensNumbersOnlyWhenBrief) {
  const NamedValues values = {{"lr", "0.0312345678901"}, {"opt", "adam"}};
  EXPECT_EQ(FormatAssignment(values, /*brief=*/true), "lr=0.0312346 opt=adam");
  EXPECT_EQ(FormatAssignment(values, /*brief=*/false), "lr=0.0312345678901 opt=adam");
}

TEST(ObservedValueTest, FollowsTheStrategyAndFallsBackToLatest) {
  const std::vector<MetricSummary> observation = {{"loss", "0.1", "0.9", "0.5"},
                                                  {"genotype", "", "", "A|B"}};
  EXPECT_EQ(ObservedValue(observation, {"loss", MetricStrategy::kMin}), "0.1");
  EXPECT_EQ(ObservedValue(observation, {"loss", MetricStrategy::kMax}), "0.9");
  EXPECT_EQ(ObservedValue(observation, {"loss", MetricStrategy::kLatest}), "0.5");
  EXPECT_EQ(ObservedValue(observation, {"genotype", MetricStrategy::kMax}), "A|B");
  EXPECT_EQ(ObservedValue(observation, {"other", MetricStrategy::kMax}), "");
}

TEST(FormatCountsTest, NamesOnlyConditionsThatOccur) {
  EXPECT_EQ(FormatCounts({}), "none yet");
  EXPECT_EQ(FormatCounts({.created = 1, .running = 2, .succeeded = 30, .failed = 1}),
            "30 succeeded, 1 failed, 2 running, 1 waiting");
  const TrialCounts counts = {.created = 1,
                              .running = 2,
                              .succeeded = 4,
                              .killed = 8,
                              .failed = 16,
                              .metrics_unavailable = 32,
                              .early_stopped = 64};
  EXPECT_EQ(FinishedTrials(counts), 124);
  EXPECT_EQ(TotalTrials(counts), 127);
}

TEST(ShellQuoteTest, QuotesOnlyWhatTheShellWouldTakeApart) {
  EXPECT_EQ(ShellQuote("/home/me/.local/share"), "/home/me/.local/share");
  EXPECT_EQ(ShellQuote("two words"), "'two words'");
  EXPECT_EQ(ShellQuote("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(ShellQuote(""), "''");
}

TEST(DescribeObjectiveTest, NamesTheGoalWhereThereIsOne) {
  Objective objective{.direction = Direction::kMaximize, .metrics = {{"accuracy"}}};
  EXPECT_EQ(DescribeObjective(objective), "maximize accuracy");
  objective.goal = 0.99;
  EXPECT_EQ(DescribeObjective(objective), "maximize accuracy, goal 0.99");
}

}  // namespace
}  // namespace qalam
