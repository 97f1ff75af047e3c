#ifndef QALAM_SUGGESTION_POPULATION_PLACE_H_
#define QALAM_SUGGESTION_POPULATION_PLACE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace qalam {

// Katib's names for labels of population training.
inline constexpr char kGenerationLabel[] = "pbt.suggestion.katib.kubeflow.org/generation";
inline constexpr char kParentLabel[] = "pbt.suggestion.katib.kubeflow.org/parent";

// Where a trial of population training stands; kept in its labels.
struct PopulationPlace {
  int64_t member = 0;
  // How many trials its weights have been trained in before: one more than its parent's.
  int64_t generation = 0;
  // Number of the trial that it goes on from; absent in generation 0 alone.
  std::optional<int64_t> parent;
  friend bool operator==(const PopulationPlace&, const PopulationPlace&) = default;
};

// With kResumeFromLabel beside the rest where there is a parent.
std::map<std::string, std::string> FormatPopulationPlace(const PopulationPlace& place);
// Nothing when the labels are not those of such a trial.
std::optional<PopulationPlace> ParsePopulationPlace(
    const std::map<std::string, std::string>& labels);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_POPULATION_PLACE_H_
