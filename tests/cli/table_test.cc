#include "cli/table.h"

#include <gtest/gtest.h>

namespace qalam {
namespace {

TEST(TableTest, AlignsColumnsWithoutTrailingSpaces) {
  Table table({"NAME", "STATUS", "AGE"});
  table.AddRow({"digits", "Running", "5s"});
  table.AddRow({"a-much-longer-name", "", ""});
  EXPECT_EQ(table.Render(),
            "NAME                 STATUS    AGE\n"
            "digits               Running   5s\n"
            "a-much-longer-name\n");
}

TEST(TableTest, KeepsItsWidthsForRowsThatComeLater) {
  Table table({"NAME", "STATUS"});
  table.AddRow({"a-much-longer-name", "Running"});
  table.Render();
  table.ClearRows();
  EXPECT_TRUE(table.empty());
  table.AddRow({"x", "Failed"});
  EXPECT_EQ(table.Render(/*with_header=*/false), "x                    Failed\n");
}

TEST(TableTest, CountsColumnsNotBytes) {
  Table table({"A", "B"}, /*indent=*/2);
  table.AddRow({"é", "1"});
  table.AddRow({"漢字", "2"});
  EXPECT_EQ(table.Render(/*with_header=*/false), "  é      1\n  漢字   2\n");
}

TEST(TableTest, CellsCannotSendEscapeSequencesToTheTerminal) {
  Table table({"A"});
  table.AddRow({"x\x1b[2Jy\nz"});
  EXPECT_EQ(table.Render(/*with_header=*/false), "x?[2Jy?z\n");
}

TEST(TableTest, MissingCellsAreEmpty) {
  Table table({"A", "B", "C"});
  table.AddRow({"1"});
  EXPECT_EQ(table.Render(/*with_header=*/false), "1\n");
}

TEST(FieldTest, ValuesStandInOneColumn) {
  EXPECT_EQ(FormatField("Name", "digits"), "Name:            digits\n");
  EXPECT_EQ(FormatField("A label that is long", "x"), "A label that is long: x\n");
}

}  // namespace
}  // namespace qalam
