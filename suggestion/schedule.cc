// Training along a schedule that is given, such as one that population based training found
// (Jaderberg et al., "Population based training of neural networks", arXiv 1711.09846, 2017): each
// trial is a step, which goes on from the checkpoint of the one before. Nothing is searched; what
// comes out says how good the schedule is by itself, without the selection among many members by
// which it was found.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "suggestion/history_ahead.h"
#include "suggestion/population/explorer.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"
#include "suggestion/schedule/steps.h"
#include "suggestion/schedule/trainings.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr char kRepeatsSetting[] = "repeats";

std::vector<SettingSpec> ScheduleSettings() {
  return {{.name = kTrialDirSetting,
           .type = SettingType::kString,
           .help = "Where trials have the folder for their checkpoint, as in Katib; without it "
                   "trialTemplate.checkpoint says so."},
          {.name = kStepsSetting,
           .type = SettingType::kString,
           .help = "What to train with, step by step: a JSON object a line, with the value of each "
                   "parameter; required."},
          {.name = kRepeatsSetting,
           .type = SettingType::kInt,
           .default_value = "1",
           .min = 1,
           .max = 100000,
           .help = "How often it is trained along the whole schedule, each time from nothing."}};
}

// Requires valid settings.
class ScheduleSuggester final : public Suggester, public ResumingSuggester {
 public:
  ScheduleSuggester(const SuggesterSpec& spec, std::vector<Assignment> steps, int64_t repeats)
      : steps_(std::move(steps)),
        repeats_(repeats),
        trainings_({.steps = static_cast<int64_t>(steps_.size()),
                    .repeats = repeats,
                    .never_waits = spec.never_waits}),
        ahead_(spec.space, spec.objective) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    ahead_.Follow(history);
    std::vector<Suggestion> suggestions;
    while (static_cast<int>(suggestions.size()) < count) {
      trainings_.Update(ahead_.history());
      const std::optional<Trainings::Step> step = trainings_.Next(ahead_.history());
      if (!step.has_value()) {
        QALAM_RETURN_IF_ERROR(trainings_.CameToSomething(ahead_.history()));
        return suggestions;
      }
      suggestions.push_back(SuggestionFor(*step));
      ahead_.AddPending(ahead_.history().next_number(), suggestions.back());
    }
    return suggestions;
  }

  bool MayGoOnFrom(const History& history, int i) override {
    trainings_.Update(history);
    return trainings_.MayGoOnFrom(history, i);
  }

 private:
  Suggestion SuggestionFor(const Trainings::Step& step) const {
    const PopulationPlace& place = step.place;
    const auto at = static_cast<size_t>(place.generation);
    const std::string training =
        repeats_ > 1 || place.member > 0 ? absl::StrCat("training ", place.member + 1, ", ") : "";
    std::string what = "from nothing";
    if (step.again.has_value()) {
      what = absl::StrCat("trial ", *step.again, " once more");
    } else if (place.parent.has_value()) {
      what = absl::StrCat("goes on from trial ", *place.parent, ", changed: ",
                          DescribeChanges(ahead_.history().space(), steps_[at - 1], steps_[at]));
    }
    return {
        steps_[at], FormatPopulationPlace(place),
        absl::StrCat("schedule: ", training, "step ", at + 1, " of ", steps_.size(), ": ", what)};
  }

  std::vector<Assignment> steps_;
  int64_t repeats_;
  Trainings trainings_;
  HistoryAhead ahead_;
};

absl::StatusOr<std::vector<Assignment>> StepsOf(const SuggesterSpec& spec) {
  const auto text = spec.settings.find(kStepsSetting);
  return ParseSteps(text == spec.settings.end() ? "" : text->second, *spec.space);
}

std::unique_ptr<Suggester> CreateSchedule(const SuggesterSpec& spec) {
  const std::vector<SettingSpec> specs = ScheduleSettings();
  const SettingsReader settings(specs, spec.settings);
  return std::make_unique<ScheduleSuggester>(spec, *StepsOf(spec),
                                             settings.Int(kRepeatsSetting).value_or(1));
}

}  // namespace

AlgorithmDescriptor ScheduleAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "schedule";
  descriptor.summary =
      "Trains along given steps, each trial from the checkpoint of the one before; such as a "
      "lineage of pbt.";
  descriptor.source = "Jaderberg et al., arXiv 1711.09846: the schedules that it finds";
  descriptor.capabilities.may_repeat = true;
  descriptor.settings = ScheduleSettings();
  descriptor.validate = [](const SuggesterSpec& spec) { return StepsOf(spec).status(); };
  descriptor.create = CreateSchedule;
  return descriptor;
}

}  // namespace qalam
