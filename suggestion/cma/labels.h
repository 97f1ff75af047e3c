#ifndef QALAM_SUGGESTION_CMA_LABELS_H_
#define QALAM_SUGGESTION_CMA_LABELS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qalam {

// What `cmaes` writes on its trials. Together with the results they are the state of the search.
struct CmaLabels {
  // The generation whose distribution the trial was drawn from, over all runs.
  int64_t generation = 0;
  int run = 0;      // for people
  int attempt = 0;  // how many draws before it had been seen already
  // On the first trial of a generation only: the numbers of earlier trials that had no result yet
  // when the generation before was closed; in increasing order.
  std::vector<int64_t> waiting;
  // On the first trial of all only: the search began where beliefs say (CmaOptions::beliefs).
  bool warm = false;
  friend bool operator==(const CmaLabels&, const CmaLabels&) = default;
};

std::map<std::string, std::string> FormatCmaLabels(const CmaLabels& labels);
// Nothing when the labels are not those of a trial of `cmaes`.
std::optional<CmaLabels> ParseCmaLabels(const std::map<std::string, std::string>& labels);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_LABELS_H_
