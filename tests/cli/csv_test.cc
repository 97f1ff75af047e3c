#include "cli/csv.h"

#include <gtest/gtest.h>

namespace qalam {
namespace {

TEST(CsvTest, PlainFieldsAreLeftAsTheyAre) {
  EXPECT_EQ(CsvRow({"a", "", "0.5", "two words"}), "a,,0.5,two words\r\n");
  EXPECT_EQ(CsvRow({}), "\r\n");
}

TEST(CsvTest, FieldsWithSeparatorsAreQuotedAndTheirQuotesDoubled) {
  EXPECT_EQ(CsvRow({"a,b", "say \"hi\"", "two\nlines", "cr\r", "\""}),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\",\"\"\"\"\r\n");
}

}  // namespace
}  // namespace qalam
