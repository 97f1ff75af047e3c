#ifndef QALAM_SUGGESTION_EVOLUTION_LABELS_H_
#define QALAM_SUGGESTION_EVOLUTION_LABELS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace qalam {

// What `evolution` writes on the trials that it breeds; those that it draws have no such label.
struct EvolutionLabels {
  enum class Operator { kDifferential, kLocal };
  Operator op = Operator::kLocal;
  int64_t parent = 0;     // number of the trial that this one replaces when it is better
  int64_t reference = 0;  // number of the good trial that it was bred towards
  // Of kDifferential: scale of differences, crossover rate.
  double f = 0;
  double cr = 0;
  friend bool operator==(const EvolutionLabels&, const EvolutionLabels&) = default;
};

std::map<std::string, std::string> FormatEvolutionLabels(const EvolutionLabels& labels);
// Nothing when the labels are not those of a trial that `evolution` bred.
std::optional<EvolutionLabels> ParseEvolutionLabels(
    const std::map<std::string, std::string>& labels);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_EVOLUTION_LABELS_H_
