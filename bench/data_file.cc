#include "bench/data_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/parameter.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// Splits a line of CSV. Most lines hold no quote.
std::vector<std::string> SplitFields(absl::string_view line) {
  if (line.find('"') == absl::string_view::npos) return absl::StrSplit(line, ',');
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

}  // namespace

absl::StatusOr<std::string> ReadDataFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrCat("there is no file ", path));
  }
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) return absl::DataLossError(absl::StrCat("cannot open ", path));
  std::string text;
  std::array<char, 1 << 16> buffer;
  int got = 0;
  while ((got = gzread(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  if (got < 0) return absl::DataLossError(absl::StrCat("cannot unpack ", path));
  return text;
}

absl::StatusOr<Json> ReadJsonFile(const std::string& path) {
  QALAM_ASSIGN_OR_RETURN(const std::string text, ReadDataFile(path));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::DataLossError(absl::StrCat(path, " is not valid JSON"));
  return json;
}

absl::StatusOr<CsvTable> CsvTable::Read(const std::string& path) {
  QALAM_ASSIGN_OR_RETURN(const std::string text, ReadDataFile(path));
  return Parse(text, path);
}

absl::StatusOr<CsvTable> CsvTable::Parse(absl::string_view text, absl::string_view path) {
  CsvTable table;
  table.path_ = std::string(path);
  int line_number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    std::vector<std::string> fields = SplitFields(line);
    if (table.header_.empty()) {
      table.header_ = std::move(fields);
    } else if (fields.size() != table.header_.size()) {
      return absl::DataLossError(absl::StrCat(path, ":", line_number, ": ", fields.size(),
                                              " fields where the header has ",
                                              table.header_.size()));
    } else {
      table.rows_.push_back(std::move(fields));
    }
  }
  if (table.header_.empty()) return absl::DataLossError(absl::StrCat(path, " is empty"));
  return table;
}

std::optional<int> CsvTable::Find(absl::string_view column) const {
  const auto it = std::find(header_.begin(), header_.end(), column);
  if (it == header_.end()) return std::nullopt;
  return static_cast<int>(it - header_.begin());
}

absl::StatusOr<int> CsvTable::Column(absl::string_view column) const {
  const std::optional<int> found = Find(column);
  if (!found.has_value()) {
    return absl::DataLossError(absl::StrCat(path_, " has no column \"", column, "\""));
  }
  return *found;
}

double CsvTable::Number(int row, int column) const {
  return ParseNumber(Text(row, column)).value_or(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace qalam::bench
