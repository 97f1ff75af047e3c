#include "cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/text_format.h"

namespace qalam {
namespace {

constexpr int kGap = 3;
constexpr int kFieldColumn = 17;

}  // namespace

Table::Table(std::vector<std::string> header, int indent) : indent_(indent) {
  widths_.resize(header.size(), 0);
  rows_.push_back(std::move(header));
}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(widths_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::ClearRows() { rows_.resize(1); }

std::string Table::Render(bool with_header) {
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths_[i] = std::max(widths_[i], DisplayWidth(row[i]));
    }
  }
  std::string text;
  for (size_t r = with_header ? 0 : 1; r < rows_.size(); ++r) {
    std::string line(indent_, ' ');
    for (size_t i = 0; i < widths_.size(); ++i) {
      const std::string& cell = rows_[r][i];
      line += cell;
      if (i + 1 < widths_.size()) line.append(widths_[i] - DisplayWidth(cell) + kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

std::string FormatField(const std::string& label, const std::string& value) {
  std::string line = absl::StrCat(label, ":");
  line.resize(std::max<size_t>(kFieldColumn, line.size() + 1), ' ');
  return absl::StrCat(line, value, "\n");
}

}  // namespace qalam
