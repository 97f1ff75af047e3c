#include "cli/best_trials.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "controller/trial_values.h"
#include "core/outcomes.h"
#include "core/status_macros.h"

namespace qalam {

absl::StatusOr<BestTrials> ReadBestTrials(const Store& store, int64_t experiment,
                                          const Objective& objective) {
  BestTrials result;
  QALAM_ASSIGN_OR_RETURN(result.best,
                         store.BestTrial(experiment, objective.direction == Direction::kMaximize));
  if (!result.best.has_value() && !objective.constraints.empty()) {
    QALAM_ASSIGN_OR_RETURN(result.nearest, store.NearestTrial(experiment));
  }
  if (objective.count() == 1) return result;
  QALAM_ASSIGN_OR_RETURN(result.front, store.FrontTrials(experiment));
  const auto better = [&](const StoredTrial& a, const StoredTrial& b) {
    return objective.Better(*a.objective, *b.objective);
  };
  std::stable_sort(result.front.begin(), result.front.end(), better);
  return result;
}

std::string FrontTable(const std::vector<StoredTrial>& front, const Objective& objective,
                       size_t limit, int indent) {
  std::vector<std::string> header = {"TRIAL"};
  for (int i = 0; i < objective.count(); ++i) header.push_back(OptimisedMetric(objective, i).name);
  header.push_back("PARAMETERS");
  Table table(header, indent);
  for (size_t row = 0; row < std::min(limit, front.size()); ++row) {
    const StoredTrial& trial = front[row];
    std::vector<std::string> cells = {trial.name};
    for (int i = 0; i < objective.count(); ++i) {
      cells.push_back(ObservedValue(trial.observation, OptimisedMetric(objective, i)));
    }
    cells.push_back(FormatAssignment(trial.assignment, /*brief=*/true));
    table.AddRow(cells);
  }
  std::string text = table.Render();
  if (front.size() > limit) {
    absl::StrAppend(&text, std::string(static_cast<size_t>(indent), ' '), "and ",
                    front.size() - limit, " more\n");
  }
  return text;
}

std::string WhyNoBest(const std::optional<StoredTrial>& nearest, const Objective& objective) {
  if (objective.constraints.empty()) return "none yet";
  if (!nearest.has_value()) return "none yet: no trial keeps to the constraints";
  return absl::StrCat("no trial keeps to the constraints yet; nearest: ", nearest->name, " (",
                      Printable(DescribeViolations(nearest->observation, objective)), ")");
}

}  // namespace qalam
