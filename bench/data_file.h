#ifndef QALAM_BENCH_DATA_FILE_H_
#define QALAM_BENCH_DATA_FILE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/json.h"

namespace qalam::bench {

// Reads a whole file, unpacked when it is a gzip file. NotFound when there is none, DataLoss when
// it cannot be read or unpacked.
absl::StatusOr<std::string> ReadDataFile(const std::string& path);
// The same, parsed as JSON; DataLoss when it is none.
absl::StatusOr<Json> ReadJsonFile(const std::string& path);

// A CSV file with a header and without line breaks in fields. Fields may be quoted.
class CsvTable {
 public:
  // DataLoss, naming `path` and the line, when a row has another number of fields than the header.
  static absl::StatusOr<CsvTable> Read(const std::string& path);
  static absl::StatusOr<CsvTable> Parse(absl::string_view text, absl::string_view path);

  int rows() const { return static_cast<int>(rows_.size()); }
  const std::vector<std::string>& header() const { return header_; }
  std::optional<int> Find(absl::string_view column) const;
  // DataLoss, naming the file, when there is no such column.
  absl::StatusOr<int> Column(absl::string_view column) const;
  const std::string& Text(int row, int column) const { return rows_[row][column]; }
  // NaN for an empty field and for one that is no number.
  double Number(int row, int column) const;

 private:
  std::string path_;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_DATA_FILE_H_
