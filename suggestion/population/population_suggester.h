#ifndef QALAM_SUGGESTION_POPULATION_POPULATION_SUGGESTER_H_
#define QALAM_SUGGESTION_POPULATION_POPULATION_SUGGESTER_H_

#include <memory>
#include <string>
#include <vector>

#include "suggestion/finite_space.h"
#include "suggestion/history_ahead.h"
#include "suggestion/population/explorer.h"
#include "suggestion/population/members.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"
#include "suggestion/start_points.h"

namespace qalam {

// Settings of population training: Katib's suggestion_trial_dir, n_population and
// truncation_threshold; resample_probability is pbt's alone.
std::vector<SettingSpec> PopulationSettings();

// Trains a population: what is next is told by Members, and what to change by an Explorer. First
// members are start points and random draws. A request for several is so many requests for one,
// those before being pending.
class PopulationSuggester final : public Suggester, public ResumingSuggester {
 public:
  // `name`: of the algorithm, for explanations.
  PopulationSuggester(const SuggesterSpec& spec, std::string name,
                      std::unique_ptr<Explorer> explorer);

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override;
  bool MayGoOnFrom(const History& history, int i) override;

 private:
  absl::StatusOr<Suggestion> SuggestOne(const History& history);
  absl::StatusOr<Suggestion> BeginOne(const History& history);

  std::string name_;
  std::unique_ptr<Explorer> explorer_;
  Members members_;
  std::optional<FiniteSpace> finite_;
  StartPoints start_points_;
  std::unique_ptr<Suggester> random_;
  HistoryAhead ahead_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_POPULATION_POPULATION_SUGGESTER_H_
