#ifndef QALAM_CLI_CSV_H_
#define QALAM_CLI_CSV_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace qalam {

// One line of CSV (RFC 4180), with its CRLF. Fields with a comma, a quote or an end of line are
// quoted.
std::string CsvRow(const std::vector<std::string>& fields);

}  // namespace qalam

#endif  // QALAM_CLI_CSV_H_
