#ifndef QALAM_CONTROLLER_SPEC_SEARCH_READER_H_
#define QALAM_CONTROLLER_SPEC_SEARCH_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "controller/spec/experiment_spec.h"
#include "core/json.h"

namespace qalam {

// What an algorithm needs of an Experiment, for those who ask for trials and run them themselves.
struct SearchSpec {
  std::string name;  // of the experiment
  std::shared_ptr<const SearchSpace> space;
  Objective objective;
  AlgorithmSpec algorithm;
  Budget budget;
  uint64_t seed = 0;

  SuggesterSpec made_for() const;
};

// Reads it from an Experiment object of which only metadata.name and, below spec, objective,
// parameters, nasConfig, algorithm, parallelTrialCount and maxTrialCount need to be there. Checks
// them as LoadExperiments does, but for the algorithm, its settings and the limits: those are left
// to the caller (FindAlgorithm, ValidateAlgorithm). InvalidArgument with each problem and its path.
absl::StatusOr<SearchSpec> ReadSearch(const Json& experiment);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_SEARCH_READER_H_
