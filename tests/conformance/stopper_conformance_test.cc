// What every registered stopping rule promises.
#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "earlystop/registry.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

std::vector<std::string> StopperNames() {
  std::vector<std::string> names;
  for (const StopperDescriptor& stopper : Stoppers()) names.push_back(stopper.name);
  return names;
}

Objective ObjectiveOf(Direction direction, MetricStrategy strategy) {
  Objective objective;
  objective.direction = direction;
  objective.metrics = {{"loss", strategy}};
  return objective;
}

// What happens in an experiment: trials report and end, and attempts are lost.
struct Happening {
  enum class Kind { kReport, kEnd, kLost } kind = Kind::kReport;
  int64_t number = 0;
  double value = 0;
  TrialCondition condition = TrialCondition::kSucceeded;
};

// Curves that fall towards different levels, rounded so that there are ties, some NaN.
std::vector<Happening> RandomWorld(uint64_t seed, int trials, int steps) {
  RandomStream random(seed, 0, "stopper-conformance");
  std::vector<double> level(static_cast<size_t>(trials));
  for (double& l : level) l = random.Uniform();
  std::vector<int> reported(level.size());
  std::vector<bool> ended(level.size());
  std::vector<Happening> happenings;
  for (int i = 0; i < trials * steps; ++i) {
    const size_t t = random.Below(level.size());
    const auto number = static_cast<int64_t>(t);
    if (ended[t]) continue;
    if (reported[t] == steps || random.Below(100) == 0) {
      ended[t] = true;
      const bool succeeded = reported[t] == steps;
      happenings.push_back(
          {.kind = Happening::Kind::kEnd,
           .number = number,
           .condition = succeeded ? TrialCondition::kSucceeded : TrialCondition::kFailed});
    } else if (random.Below(200) == 0) {
      reported[t] = 0;
      happenings.push_back({.kind = Happening::Kind::kLost, .number = number});
    } else {
      const double step = ++reported[t];
      const double value = level[t] + 1 / step + 0.05 * random.Normal();
      const bool diverged = random.Below(50) == 0;
      happenings.push_back(
          {.number = number, .value = diverged ? std::nan("") : std::round(value * 32) / 32});
    }
  }
  return happenings;
}

class StopperConformanceTest : public testing::TestWithParam<std::string> {
 protected:
  StopperConformanceTest() : stopper_(*FindStopper(GetParam()).value()) {}

  // Short trials, so that rules have something to say; the settings that must be given.
  StopperSpec Spec(Direction direction = Direction::kMinimize,
                   MetricStrategy strategy = MetricStrategy::kMin) const {
    StopperSpec spec{.objective = ObjectiveOf(direction, strategy), .settings = {}};
    for (const SettingSpec& setting : stopper_.settings) {
      if (setting.name == "max_resource") spec.settings["max_resource"] = "12";
      if (setting.name == "start_step") spec.settings["start_step"] = "4";
    }
    if (stopper_.inner == "rules") spec.settings["rules"] = "medianstop,curve,patient";
    return spec;
  }
  std::unique_ptr<EarlyStopper> Create(const StopperSpec& spec) const {
    return *CreateStopper(stopper_.name, spec);
  }

  // The decisions at all reports; "" for going on. `fresh`: a new instance for each question.
  std::vector<std::string> Decisions(const StopperSpec& spec,
                                     const std::vector<Happening>& happenings, double sign = 1,
                                     bool fresh = false) const {
    CurveHistory history(spec.objective);
    std::unique_ptr<EarlyStopper> stopper = Create(spec);
    std::vector<std::string> decisions;
    for (const Happening& happening : happenings) {
      const int64_t number = happening.number;
      if (history.Find(number) == nullptr || happening.kind == Happening::Kind::kLost) {
        history.Start(number);
      }
      if (happening.kind == Happening::Kind::kEnd) history.End(number, happening.condition);
      if (happening.kind != Happening::Kind::kReport) continue;
      history.Report(number, sign * happening.value);
      if (fresh) stopper = Create(spec);
      const StopDecision decision = stopper->Judge(*history.Find(number), history);
      EXPECT_EQ(decision.stop, !decision.why.empty()) << decision.why;
      decisions.push_back(decision.why);
    }
    return decisions;
  }

  const StopperDescriptor& stopper_;
};

TEST_P(StopperConformanceTest, ANewInstanceBetweenAnyTwoCallsChangesNothing) {
  for (const MetricStrategy strategy : {MetricStrategy::kMin, MetricStrategy::kLatest}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const StopperSpec spec = Spec(Direction::kMinimize, strategy);
      const auto happenings = RandomWorld(seed, 12, 12);
      EXPECT_EQ(Decisions(spec, happenings), Decisions(spec, happenings, 1, /*fresh=*/true));
    }
  }
}

// Else the tests above and below would tell nothing. A rule without settings stops nobody.
TEST_P(StopperConformanceTest, SomeTrialsAreStoppedAndSomeReportsPass) {
  size_t stopped = 0;
  size_t passed = 0;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    for (const std::string& why : Decisions(Spec(), RandomWorld(seed, 40, 12))) {
      ++(why.empty() ? passed : stopped);
    }
  }
  EXPECT_EQ(stopped > 0, !stopper_.settings.empty());
  EXPECT_GT(passed, stopped / 4);
}

TEST_P(StopperConformanceTest, MaximisingIsTheMirrorImageOfMinimising) {
  const auto stops = [](const std::vector<std::string>& decisions) {
    std::vector<bool> stops;
    for (const std::string& why : decisions) stops.push_back(!why.empty());
    return stops;
  };
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const auto happenings = RandomWorld(seed, 12, 12);
    EXPECT_EQ(stops(Decisions(Spec(Direction::kMinimize, MetricStrategy::kMin), happenings)),
              stops(Decisions(Spec(Direction::kMaximize, MetricStrategy::kMax), happenings, -1)));
  }
}

// The same curves, told trial by trial or step by step.
TEST_P(StopperConformanceTest, HowReportsOfDifferentTrialsMixDoesNotMatter) {
  constexpr int kTrials = 9;
  constexpr int kSteps = 8;
  RandomStream random(5, 0, "stopper-conformance");
  std::vector<std::vector<double>> curves(kTrials);
  for (std::vector<double>& curve : curves) {
    for (int step = 0; step < kSteps; ++step) curve.push_back(random.Uniform());
  }
  const auto why = [&](bool by_trial) {
    CurveHistory history(Spec().objective);
    const auto stopper = Create(Spec());
    for (int i = 0; i < kTrials; ++i) history.Start(i);
    for (int i = 0; i < kTrials * kSteps; ++i) {
      const int trial = by_trial ? i / kSteps : i % kTrials;
      const int step = by_trial ? i % kSteps : i / kTrials;
      history.Report(trial, curves[static_cast<size_t>(trial)][static_cast<size_t>(step)]);
      // Asked in between or not, too.
      if (by_trial) stopper->Judge(*history.Find(trial), history);
    }
    for (int i = 0; i < kTrials / 2; ++i) {
      history.End(by_trial ? i : kTrials / 2 - 1 - i, TrialCondition::kSucceeded);
    }
    std::vector<std::string> all;
    for (int i = 0; i < kTrials; ++i) all.push_back(stopper->Judge(history.curve(i), history).why);
    return all;
  };
  EXPECT_EQ(why(true), why(false));
}

TEST_P(StopperConformanceTest, ALoneTrialAndEqualTrialsAreNotStopped) {
  if (!stopper_.compares) return;
  for (const int trials : {1, 40}) {
    CurveHistory history(Spec().objective);
    const auto stopper = Create(Spec());
    for (int64_t number = 0; number < trials; ++number) {
      history.Start(number);
      for (int step = 1; step <= 12; ++step) {
        history.Report(number, trials == 1 ? 9.0 * step : 1.0 / step);
        ASSERT_FALSE(stopper->Judge(*history.Find(number), history).stop) << number << "." << step;
      }
      history.End(number, TrialCondition::kSucceeded);
    }
  }
}

TEST_P(StopperConformanceTest, TheBestOfAllIsNotStopped) {
  if (!stopper_.compares) return;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<Happening> happenings = RandomWorld(seed, 15, 12);
    const size_t others = happenings.size();
    for (int step = 1; step <= 12; ++step) happenings.push_back({.number = 99, .value = -100});
    const std::vector<std::string> decisions = Decisions(Spec(), happenings);
    EXPECT_GT(others, 100U);
    for (size_t i = decisions.size() - 12; i < decisions.size(); ++i) EXPECT_EQ(decisions[i], "");
  }
}

// Thread time of a judgement with so many trials of 20 reports beside it.
double SecondsPerJudgement(EarlyStopper& stopper, const Objective& objective, int trials) {
  CurveHistory history(objective);
  RandomStream random(8, 0, "stopper-conformance");
  for (int64_t number = 0; number < trials; ++number) {
    history.Start(number);
    for (int step = 0; step < 20; ++step) history.Report(number, random.Uniform());
    if (number % 2 == 0) history.End(number, TrialCondition::kSucceeded);
  }
  history.Start(trials);
  history.Report(trials, 0.5);
  stopper.Judge(*history.Find(trials), history);  // catches up
  constexpr int kJudgements = 400;
  timespec begin = {};
  timespec end = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  for (int i = 0; i < kJudgements; ++i) {
    if (i % 20 == 19) history.Start(++trials);
    history.Report(trials, random.Uniform());
    stopper.Judge(*history.Find(trials), history);
  }
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  return (static_cast<double>(end.tv_sec - begin.tv_sec) +
          1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec)) /
         kJudgements;
}

TEST_P(StopperConformanceTest, TheCostOfAJudgementDoesNotGrowWithTheNumberOfReports) {
  const double few = SecondsPerJudgement(*Create(Spec()), Spec().objective, 20);
  const double many = SecondsPerJudgement(*Create(Spec()), Spec().objective, 10'000);
  // Five hundredfold would be linear. What is put into an ordered array moves what is behind it,
  // which sanitizers make slow.
  EXPECT_LT(many, 100 * few + 200e-6) << few * 1e6 << " us became " << many * 1e6 << " us";
}

TEST_P(StopperConformanceTest, StaticRulesAreAboutTheObjective) {
  CurveHistory history(Spec().objective);
  const auto stopper = Create(Spec());
  stopper->Rules(history);  // without any trial
  size_t rules = 0;
  for (const Happening& happening : RandomWorld(3, 20, 12)) {
    if (history.Find(happening.number) == nullptr) history.Start(happening.number);
    if (happening.kind == Happening::Kind::kReport) {
      history.Report(happening.number, happening.value);
    } else if (happening.kind == Happening::Kind::kEnd) {
      history.End(happening.number, happening.condition);
    }
    for (const EarlyStoppingRule& rule : stopper->Rules(history)) {
      EXPECT_EQ(rule.metric, "loss");
      EXPECT_EQ(rule.comparison, EarlyStoppingRule::Comparison::kGreater);
      EXPECT_FALSE(rule.value.empty());
      EXPECT_GE(rule.start_step, 0);
      ++rules;
    }
  }
  EXPECT_TRUE(stopper_.static_form || rules == 0) << rules;
}

TEST_P(StopperConformanceTest, SettingsAreCheckedByTheirSchema) {
  const auto problems = [this](const std::string& name, const std::string& value) {
    StopperSpec spec = Spec();
    spec.settings[name] = value;
    std::vector<std::string> found;
    for (const StopperProblem& problem : ValidateStopper(stopper_, spec)) {
      if (problem.setting == name) found.push_back(std::string(problem.status.message()));
    }
    return found;
  };
  EXPECT_EQ(problems("no_such_setting", "1").size(), 1U);
  for (const SettingSpec& setting : stopper_.settings) {
    SCOPED_TRACE(setting.name);
    if (setting.type == SettingType::kString && setting.choices.empty()) continue;
    EXPECT_EQ(problems(setting.name, "red").size(), 1U);
    EXPECT_EQ(problems(setting.name, "").size(), 1U);
    if (setting.min) {
      EXPECT_EQ(problems(setting.name, absl::StrCat(*setting.min - 1)).size(), 1U);
      EXPECT_EQ(problems(setting.name, absl::StrCat(*setting.min)).size(),
                setting.min_exclusive ? 1U : 0U);
    }
    if (setting.max) {
      EXPECT_EQ(problems(setting.name, absl::StrCat(*setting.max + 1)).size(), 1U);
      EXPECT_EQ(problems(setting.name, absl::StrCat(*setting.max)).size(),
                setting.max_exclusive ? 1U : 0U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, StopperConformanceTest, testing::ValuesIn(StopperNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace qalam
