#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "core/parameter.h"
#include "core/random_stream.h"

namespace qalam {
namespace {

TEST(FormatNumberTest, WritesWhatAPersonWouldWrite) {
  EXPECT_EQ(FormatNumber(0), "0");
  EXPECT_EQ(FormatNumber(64), "64");
  EXPECT_EQ(FormatNumber(-3), "-3");
  EXPECT_EQ(FormatNumber(0.1), "0.1");
  EXPECT_EQ(FormatNumber(0.0001), "0.0001");
  EXPECT_EQ(FormatNumber(0.00001), "1e-05");
  EXPECT_EQ(FormatNumber(1e15), "1000000000000000");
  EXPECT_EQ(FormatNumber(1e16), "1e+16");
  EXPECT_EQ(FormatNumber(9007199254740992), "9007199254740992");
  EXPECT_EQ(FormatNumber(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
}

TEST(FormatNumberTest, NamesWhatIsNoNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(FormatNumber(std::nan("")), "nan");
  EXPECT_EQ(FormatNumber(infinity), "inf");
  EXPECT_EQ(FormatNumber(-infinity), "-inf");
}

TEST(FormatNumberTest, AnyDoubleReadsBackAsItself) {
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    SCOPED_TRACE(seed);
    const double value = std::bit_cast<double>(RandomStream(seed, 0, "bits").Bits());
    if (std::isnan(value)) continue;
    const std::optional<double> read = ParseNumber(FormatNumber(value));
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(*read, value);
  }
}

TEST(ParseNumberTest, ReadsTheUsualForms) {
  EXPECT_EQ(ParseNumber("1"), 1);
  EXPECT_EQ(ParseNumber("+1"), 1);
  EXPECT_EQ(ParseNumber("-.5"), -0.5);
  EXPECT_EQ(ParseNumber("1."), 1);
  EXPECT_EQ(ParseNumber("1e-3"), 0.001);
  EXPECT_EQ(ParseNumber("1E3"), 1000);
  EXPECT_TRUE(std::isnan(ParseNumber("NaN").value_or(0)));
  EXPECT_EQ(ParseNumber("-inf"), -std::numeric_limits<double>::infinity());
}

TEST(ParseNumberTest, TooLargeIsInfiniteAndTooSmallIsZero) {
  EXPECT_EQ(ParseNumber("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseNumber("-1e999"), -std::numeric_limits<double>::infinity());
  EXPECT_NEAR(ParseNumber("1e-999").value_or(1), 0, 1e-300);
}

TEST(ParseNumberTest, RefusesEverythingElse) {
  for (const char* text : {"", " ", " 1", "1 ", "+", "-", "+-1", "--1", "1,5", "0x10", "1e", "abc",
                           "nan(1)", "1.2.3", "1_000", "e5", "."}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace qalam
