#ifndef QALAM_TESTS_SUGGESTION_ASYNCHRONOUS_SEARCH_H_
#define QALAM_TESTS_SUGGESTION_ASYNCHRONOUS_SEARCH_H_

#include <functional>
#include <string>
#include <vector>

#include "core/history.h"
#include "suggestion/registry.h"

namespace qalam {

// A search with several trials running at a time, which finish in random order.
struct AsynchronousSearch {
  std::string algorithm;
  SuggesterSpec spec;
  int trials = 100;
  int parallel = 1;
  // A new suggester for every request: what a restart of the service amounts to.
  bool new_instance_each_call = false;
  double failing = 0;        // share of trials that fail
  double early_stopped = 0;  // share of trials that are stopped early
  double foreign = 0;        // share of trials that someone else proposes
  std::function<double(absl::Span<const double> unit)> loss;
  // What trials report beside it: of further objectives, and violations of constraints.
  std::function<std::vector<double>(absl::Span<const double> unit)> further = nullptr;
  std::function<std::vector<double>(absl::Span<const double> unit)> violations = nullptr;

  // The history when all trials have ended. Aborts when a request fails.
  History Run() const;
};

// The least objective of trials that succeeded and violate no constraint; infinity without any.
double BestLoss(const History& history);

}  // namespace qalam

#endif  // QALAM_TESTS_SUGGESTION_ASYNCHRONOUS_SEARCH_H_
