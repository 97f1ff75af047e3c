#ifndef QALAM_CLI_TABLE_H_
#define QALAM_CLI_TABLE_H_

#include <string>
#include <vector>

namespace qalam {

// Text in aligned columns, as kubectl prints it: a header in capitals, three spaces between
// columns, nothing after the last one.
class Table {
 public:
  // `indent` spaces stand before each line.
  explicit Table(std::vector<std::string> header, int indent = 0);

  // One cell a column; missing ones are empty. Cells are made printable; empty ones are left blank.
  void AddRow(std::vector<std::string> cells);
  bool empty() const { return rows_.size() <= 1; }
  // All lines, each with its end of line. The columns are at least as wide as in the last call, so
  // that rows that are printed later stand below the earlier ones.
  std::string Render(bool with_header = true);
  // Forgets the rows but not the widths.
  void ClearRows();

 private:
  std::vector<std::vector<std::string>> rows_;  // rows_[0] is the header
  std::vector<int> widths_;
  int indent_ = 0;
};

// "Name:        value" lines of `qalam describe`: the values stand in one column.
std::string FormatField(const std::string& label, const std::string& value);

}  // namespace qalam

#endif  // QALAM_CLI_TABLE_H_
