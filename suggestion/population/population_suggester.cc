#include "suggestion/population/population_suggester.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "suggestion/settings.h"
#include "suggestion/unseen_points.h"

namespace qalam {
namespace {

constexpr char kSizeSetting[] = "n_population";
constexpr char kShareSetting[] = "truncation_threshold";

// First members differ from each other as long as the space allows.
SuggesterSpec SpecOfDraws(SuggesterSpec spec) {
  spec.duplicates = DuplicatePolicy::kAvoid;
  spec.seed = EffectiveSeed(spec);
  spec.settings.clear();
  return spec;
}

Members MembersOf(const SuggesterSpec& spec) {
  const std::vector<SettingSpec> specs = PopulationSettings();
  const SettingsReader settings(specs, spec.settings);
  return Members(settings.Int(kSizeSetting).value_or(40),
                 settings.Double(kShareSetting).value_or(0.2), EffectiveSeed(spec));
}

}  // namespace

std::vector<SettingSpec> PopulationSettings() {
  return {
      {.name = kTrialDirSetting,
       .type = SettingType::kString,
       .help = "Where trials have the folder for their checkpoint, as in Katib; without it "
               "trialTemplate.checkpoint says so."},
      {.name = kSizeSetting,
       .type = SettingType::kInt,
       .default_value = "40",
       .min = 5,
       .max = 100000,
       .help = "Members that are trained side by side; maxTrialCount divided by it is how many "
               "trials each is trained in."},
      {.name = kShareSetting,
       .type = SettingType::kDouble,
       .default_value = "0.2",
       .min = 0,
       .max = 1,
       .help = "This share of each generation, the worst, goes on from the same share of the best; "
               "at most half."},
      RandomStateSetting()};
}

PopulationSuggester::PopulationSuggester(const SuggesterSpec& spec, std::string name,
                                         std::unique_ptr<Explorer> explorer)
    : name_(std::move(name)),
      explorer_(std::move(explorer)),
      members_(MembersOf(spec)),
      finite_(FiniteSpace::Of(spec.space)),
      start_points_(SpecOfDraws(spec)),
      random_((*FindAlgorithm("random"))->create(SpecOfDraws(spec))),
      ahead_(spec.space, spec.objective) {}

absl::StatusOr<std::vector<Suggestion>> PopulationSuggester::Suggest(const History& history,
                                                                     int count) {
  ahead_.Follow(history);
  std::vector<Suggestion> suggestions;
  for (int i = 0; i < count; ++i) {
    QALAM_ASSIGN_OR_RETURN(Suggestion suggestion, SuggestOne(ahead_.history()));
    ahead_.AddPending(ahead_.history().next_number(), suggestion);
    suggestions.push_back(std::move(suggestion));
  }
  return suggestions;
}

bool PopulationSuggester::MayGoOnFrom(const History& history, int i) {
  members_.Update(history);
  return members_.MayGoOnFrom(history, i);
}

absl::StatusOr<Suggestion> PopulationSuggester::SuggestOne(const History& history) {
  members_.Update(history);
  const PopulationStep step = members_.Next(history);
  Suggestion suggestion;
  std::string what;
  if (step.kind == PopulationStep::Kind::kBegin) {
    QALAM_ASSIGN_OR_RETURN(suggestion, BeginOne(history));
    what = std::exchange(suggestion.explanation, "");
  } else {
    const TrialRecord& from = history.trial(step.from);
    suggestion.assignment = from.assignment;
    const std::string rank =
        step.of > 0 ? absl::StrCat("rank ", step.rank, " of ", step.of) : "no result";
    if (step.kind == PopulationStep::Kind::kRepeat) {
      what = absl::StrCat("trial ", from.number, " once more");
    } else if (step.kind == PopulationStep::Kind::kGoOn) {
      what = absl::StrCat("goes on from its trial ", from.number, " (", rank, ")");
    } else {
      suggestion.assignment = explorer_->Explore(history, step);
      what = absl::StrCat(
          "gives up (", rank, ") and goes on from trial ", from.number,
          ", changed: ", DescribeChanges(history.space(), from.assignment, suggestion.assignment));
    }
  }
  suggestion.labels = FormatPopulationPlace(step.place);
  suggestion.explanation = absl::StrCat(name_, ": member ", step.place.member, ", generation ",
                                        step.place.generation, ": ", what);
  return suggestion;
}

absl::StatusOr<Suggestion> PopulationSuggester::BeginOne(const History& history) {
  const UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr);
  if (std::optional<Suggestion> start = start_points_.Next(unseen)) return *std::move(start);
  QALAM_ASSIGN_OR_RETURN(std::vector<Suggestion> drawn, random_->Suggest(history, 1));
  return std::move(drawn.at(0));
}

}  // namespace qalam
