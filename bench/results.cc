#include "bench/results.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "bench/data_file.h"
#include "core/parameter.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

const std::vector<std::string>& Columns() {
  static const auto* const kColumns = new std::vector<std::string>{
      "algorithm", "version", "suite", "task", "seed",    "mode",  "parallel",   "n",
      "nr",        "aulc",    "best",  "gap",  "speedup", "clock", "ask_seconds"};
  return *kColumns;
}

// Columns that older files lack.
const std::vector<std::string>& StopColumns() {
  static const auto* const kColumns =
      new std::vector<std::string>{"begun", "stopped", "missed", "saved"};
  return *kColumns;
}

// Quoted when it has to be.
std::string Field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}, {"\n", " "}}), "\"");
}

std::string Optional(const std::optional<double>& number) {
  return number.has_value() ? FormatNumber(*number) : "";
}

std::optional<double> ReadOptional(double number) {
  return std::isnan(number) ? std::optional<double>() : number;
}

// Reads one file's rows into runs by key.
class RowReader {
 public:
  absl::Status Read(const std::string& path) {
    QALAM_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
    columns_.clear();
    for (const std::string& name : Columns()) {
      QALAM_ASSIGN_OR_RETURN(const int column, table.Column(name));
      columns_.push_back(column);
    }
    stop_columns_.clear();
    for (const std::string& name : StopColumns()) {
      const std::optional<int> column = table.Find(name);
      if (column.has_value()) stop_columns_.push_back(*column);
    }
    for (int r = 0; r < table.rows(); ++r) QALAM_RETURN_IF_ERROR(ReadRow(path, table, r));
    return absl::OkStatus();
  }

  std::vector<RunResult> Results() {
    std::vector<RunResult> results;
    for (const auto& [key, run] : runs_) {
      RunResult result{.key = run.key};
      for (const auto& [n, point] : run.points) result.curve.push_back(point);
      results.push_back(std::move(result));
    }
    return results;
  }

 private:
  struct Run {
    RunKey key;
    std::map<int, CurvePoint> points;
  };

  absl::Status ReadRow(const std::string& path, const CsvTable& table, int r) {
    const auto text = [&](size_t i) -> const std::string& { return table.Text(r, columns_[i]); };
    const auto number = [&](size_t i) { return table.Number(r, columns_[i]); };
    RunKey key{.algorithm = text(0), .version = text(1), .suite = text(2), .task = text(3)};
    CurvePoint point;
    if (!absl::SimpleAtoi(text(4), &key.seed) || !absl::SimpleAtoi(text(6), &key.parallel) ||
        !absl::SimpleAtoi(text(7), &point.n) || std::isnan(number(8))) {
      return absl::DataLossError(
          absl::StrCat(path, ": row ", r + 1, " lacks a number among seed, parallel, n and nr"));
    }
    key.mode = text(5) == "N" ? Mode::kNoisy : Mode::kTrue;
    point.nr = number(8);
    point.aulc = number(9);
    point.best = ReadOptional(number(10));
    point.gap = ReadOptional(number(11));
    point.speedup = number(12);
    point.clock = number(13);
    point.ask_seconds = number(14);
    point.stops = ReadStops(table, r);
    Run& run = runs_[{key.suite, key.task, key.algorithm, text(5), key.parallel, key.seed}];
    run.key = std::move(key);
    run.points[point.n] = point;
    return absl::OkStatus();
  }

  // Nothing where a field is empty or a column missing.
  std::optional<StopAccount> ReadStops(const CsvTable& table, int r) const {
    std::vector<double> numbers;
    for (const int column : stop_columns_) {
      const double number = table.Number(r, column);
      if (!std::isnan(number)) numbers.push_back(number);
    }
    if (numbers.size() < StopColumns().size()) return std::nullopt;
    return StopAccount{.begun = static_cast<int>(numbers[0]),
                       .stopped = static_cast<int>(numbers[1]),
                       .missed = static_cast<int>(numbers[2]),
                       .saved = numbers[3]};
  }

  using Name = std::tuple<std::string, std::string, std::string, std::string, int, uint64_t>;
  std::vector<int> columns_;
  std::vector<int> stop_columns_;
  std::map<Name, Run> runs_;
};

std::string StopFields(const std::optional<StopAccount>& stops) {
  if (!stops.has_value()) return ",,,,";
  return absl::StrCat(",", stops->begun, ",", stops->stopped, ",", stops->missed, ",",
                      FormatNumber(stops->saved));
}

std::string Rows(const RunResult& result, bool with_stops) {
  const RunKey& key = result.key;
  const std::string prefix = absl::StrJoin(
      {Field(key.algorithm), Field(key.version), Field(key.suite), Field(key.task),
       absl::StrCat(key.seed), std::string(ModeName(key.mode)), absl::StrCat(key.parallel)},
      ",");
  std::string rows;
  for (const CurvePoint& point : result.curve) {
    absl::StrAppend(&rows, prefix, ",", point.n, ",", FormatNumber(point.nr), ",",
                    FormatNumber(point.aulc), ",");
    absl::StrAppend(&rows, Optional(point.best), ",", Optional(point.gap), ",",
                    FormatNumber(point.speedup), ",", FormatNumber(point.clock), ",",
                    absl::StrCat(point.ask_seconds), with_stops ? StopFields(point.stops) : "",
                    "\n");
  }
  return rows;
}

// Whether the file begins with a header that has no columns of stops.
bool IsOlder(int fd) {
  const std::string older = absl::StrJoin(Columns(), ",") + "\n";
  std::string start(older.size(), '\0');
  return pread(fd, start.data(), start.size(), 0) == static_cast<ssize_t>(start.size()) &&
         start == older;
}

absl::Status SystemError(const std::string& path) {
  return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

}  // namespace

const char* ModeName(Mode mode) { return mode == Mode::kNoisy ? "N" : "D"; }

std::string ResultsHeader() {
  return absl::StrCat(absl::StrJoin(Columns(), ","), ",", absl::StrJoin(StopColumns(), ","), "\n");
}

std::string ResultsRows(const RunResult& result) { return Rows(result, /*with_stops=*/true); }

absl::StatusOr<std::vector<RunResult>> ReadResults(const std::vector<std::string>& paths) {
  RowReader reader;
  for (const std::string& path : paths) QALAM_RETURN_IF_ERROR(reader.Read(path));
  return reader.Results();
}

absl::Status AppendResults(const std::string& path, const std::vector<RunResult>& results) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError(path);
  const auto close_file = absl::MakeCleanup([fd] { close(fd); });
  if (flock(fd, LOCK_EX) != 0) return SystemError(path);
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError(path);
  std::string text = info.st_size == 0 ? ResultsHeader() : "";
  const bool with_stops = !IsOlder(fd);
  for (const RunResult& result : results) text += Rows(result, with_stops);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(fd, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(path);
    written += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

}  // namespace qalam::bench
