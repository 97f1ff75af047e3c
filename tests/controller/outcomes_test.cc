// Several objectives and outcome constraints in the life cycle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "controller/reconcile.h"
#include "controller/trial_values.h"
#include "core/parameter.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1000);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

MetricSummary Metric(const std::string& name, const std::string& value) {
  return {name, value, value, value};
}

// Minimises loss, and beside it maximises speed, with at most 10 MB of memory, as far as a test
// adds these.
class OutcomesTest : public ::testing::Test {
 protected:
  OutcomesTest() {
    state_.record.id = 7;
    state_.record.parallel_trial_count = 10;
    state_.record.max_trial_count = 10;
    state_.objective.metrics = {{"loss", MetricStrategy::kMin},
                                {"speed", MetricStrategy::kMax},
                                {"memory", MetricStrategy::kLatest}};
    SetCondition(state_.record, "Created", "ExperimentCreated", "", kNow);
  }

  void AddSpeed() { state_.objective.further = {{"speed", Direction::kMaximize}}; }
  void AddBound() { state_.objective.constraints = {{"memory", /*at_most=*/true, 10}}; }

  void StartTrials() {
    Resume(state_, kNow);
    SuggestionsArrived reply{.ask_id = state_.ask_id};
    for (int i = 0; i < state_.asked_count; ++i) {
      reply.trials.push_back({.name = absl::StrCat("x-", i)});
    }
    Reconcile(state_, reply, kNow);
  }

  // Ends a trial with an observation of loss first; returns what became of it.
  TrialChanged Finish(int64_t number, const std::vector<MetricSummary>& observation) {
    JobFinished event{.number = number, .attempt = 1, .observation = observation};
    event.judgement.verdict = Verdict::kSucceeded;
    event.judgement.message = "done";
    if (!observation.empty() && observation[0].name == "loss") {
      event.objective = ParseNumber(observation[0].latest);
    }
    step_ = Reconcile(state_, event, kNow);
    for (const Change& change : step_.changes) {
      if (const auto* changed = std::get_if<TrialChanged>(&change)) return *changed;
    }
    ADD_FAILURE() << "trial " << number << " did not end";
    return {};
  }
  TrialChanged Finish(int64_t number, double loss, double speed, double memory) {
    return Finish(number, {Metric("loss", FormatNumber(loss)), Metric("speed", FormatNumber(speed)),
                           Metric("memory", FormatNumber(memory))});
  }

  std::vector<int64_t> LeftFront() const {
    std::vector<int64_t> numbers;
    for (const Change& change : step_.changes) {
      if (const auto* left = std::get_if<FrontLeft>(&change)) numbers = left->numbers;
    }
    return numbers;
  }

  std::vector<int64_t> Front() const {
    std::vector<int64_t> numbers;
    for (const ParetoArchive::Member& member : state_.front.members()) {
      numbers.push_back(member.number);
    }
    return numbers;
  }

  ExperimentState state_;
  Step step_;
};

TEST_F(OutcomesTest, TheBestTrialKeepsToTheConstraints) {
  AddBound();
  StartTrials();
  TrialChanged end = Finish(0, 1, 0, 12.5);
  EXPECT_EQ(end.condition, TrialCondition::kSucceeded);
  EXPECT_EQ(end.violation, 2.5);
  EXPECT_EQ(end.message, "done; memory is 12.5, beyond memory <= 10");
  EXPECT_EQ(state_.best, std::nullopt);
  EXPECT_EQ(state_.nearest, (ExperimentState::Nearest{0, 2.5}));
  Finish(1, 0.5, 0, 11);
  Finish(2, 0.1, 0, 11);
  EXPECT_EQ(state_.nearest, (ExperimentState::Nearest{1, 1})) << "the first of two equal ones";
  end = Finish(3, 9, 0, 10);
  EXPECT_EQ(end.violation, 0) << "the bound itself is allowed";
  EXPECT_EQ(end.message, "done");
  EXPECT_EQ(state_.best, (ExperimentState::Best{3, 9}));
  Finish(4, 10, 0, 1);
  EXPECT_EQ(state_.best->number, 3);
}

TEST_F(OutcomesTest, AnUnknownConstraintMetricIsNoReasonToFailButToNeverBeTheBest) {
  AddBound();
  StartTrials();
  const std::vector<std::vector<MetricSummary>> observations = {
      {Metric("loss", "1")}, {Metric("loss", "1"), Metric("memory", "nan")}};
  for (const std::vector<MetricSummary>& observation : observations) {
    const TrialChanged end = Finish(state_.counts.succeeded, observation);
    EXPECT_EQ(end.condition, TrialCondition::kSucceeded);
    EXPECT_EQ(end.violation, kInfinity);
    EXPECT_THAT(end.message, HasSubstr("memory was not reported as a number, bound memory <= 10"));
  }
  EXPECT_EQ(state_.best, std::nullopt);
  EXPECT_EQ(state_.nearest, std::nullopt);
}

TEST_F(OutcomesTest, OnlyATrialThatKeepsToTheConstraintsReachesTheGoal) {
  AddBound();
  state_.objective.goal = 0.5;
  StartTrials();
  Finish(0, 0.1, 0, 20);
  EXPECT_EQ(state_.record.condition, "Running");
  Finish(1, 0.4, 0, 5);
  for (int64_t number = 2; number < 10; ++number) {
    JobFinished cancelled{.number = number, .attempt = 1};
    cancelled.outcome.end = JobEnd::kCancelled;
    Reconcile(state_, cancelled, kNow);
  }
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentGoalReached");
  EXPECT_THAT(state_.record.conditions.back().message,
              HasSubstr("its goal 0.5 was reached with 0.4"));
}

TEST_F(OutcomesTest, TheEndSaysThatNoTrialKeepsToTheConstraints) {
  AddBound();
  state_.record.max_trial_count = 1;
  StartTrials();
  Finish(0, 1, 0, 20);
  EXPECT_EQ(state_.record.condition, "Succeeded");
  EXPECT_THAT(state_.record.conditions.back().message,
              HasSubstr("trials are done; none of them keeps to spec.constraints"));
}

TEST_F(OutcomesTest, TheFrontIsOfTrialsThatKeepToTheConstraints) {
  AddSpeed();
  AddBound();
  StartTrials();
  EXPECT_TRUE(Finish(0, 3, 3, 0).on_front);
  EXPECT_TRUE(Finish(1, 5, 7, 0).on_front);
  EXPECT_FALSE(Finish(2, 4, 2, 0).on_front);
  EXPECT_FALSE(Finish(3, 1, 9, 11).on_front) << "it violates the constraint";
  EXPECT_EQ(state_.best, (ExperimentState::Best{0, 3}));
  EXPECT_THAT(LeftFront(), IsEmpty());
  EXPECT_TRUE(Finish(4, 2, 4, 10).on_front);
  EXPECT_THAT(LeftFront(), ElementsAre(0));
  EXPECT_THAT(Front(), ElementsAre(1, 4));
  EXPECT_EQ(state_.best, (ExperimentState::Best{4, 2}));
}

TEST_F(OutcomesTest, ATrialNeedsAllObjectives) {
  AddSpeed();
  StartTrials();
  TrialChanged end = Finish(0, {Metric("loss", "1")});
  EXPECT_EQ(end.condition, TrialCondition::kMetricsUnavailable);
  EXPECT_EQ(end.reason, "MetricsUnavailable");
  EXPECT_THAT(end.message, HasSubstr("without reporting its objective metric \"speed\""));
  EXPECT_EQ(end.objective, std::nullopt);
  end = Finish(1, {Metric("loss", "1"), Metric("speed", "nan")});
  EXPECT_EQ(end.condition, TrialCondition::kMetricsUnavailable);
  EXPECT_EQ(end.reason, "ObjectiveNotFinite");
  EXPECT_THAT(end.message, HasSubstr("\"speed\" came out as nan"));
  end = Finish(2, {Metric("loss", "1"), Metric("speed", "-inf")});
  EXPECT_THAT(end.message, HasSubstr("\"speed\" came out as -inf"));
  end = Finish(3, {Metric("speed", "1")});
  EXPECT_THAT(end.message, HasSubstr("without reporting its objective metric \"loss\""));
  EXPECT_TRUE(state_.front.empty());
}

TEST_F(OutcomesTest, OneTrialMustReachAllGoals) {
  AddSpeed();
  state_.objective.goal = 2;
  state_.further_goals = {5};
  state_.record.max_trial_count = 3;
  StartTrials();
  Finish(0, 1, 4, 0);
  Finish(1, 3, 9, 0);
  EXPECT_EQ(state_.record.condition, "Running") << "each goal was reached, but by two trials";
  Finish(2, 2, 5, 0);
  EXPECT_EQ(state_.record.conditions.back().reason, "ExperimentGoalReached");
  EXPECT_THAT(state_.record.conditions.back().message,
              HasSubstr("one trial reached the goals: loss 2, speed 5"));
}

TEST_F(OutcomesTest, KnownTrialsTakeTheirPlaceOnTheFront) {
  AddSpeed();
  AddBound();
  const auto known = [](double loss, double speed, double memory) {
    return InitialTrial{
        .values = {{"x", "1"}},
        .objective = loss,
        .observation = {Metric("loss", FormatNumber(loss)), Metric("speed", FormatNumber(speed)),
                        Metric("memory", FormatNumber(memory))}};
  };
  state_.initial_trials = {known(3, 3, 1), known(1, 1, 1), known(0, 9, 99), known(2, 5, 1)};
  step_ = Resume(state_, kNow);
  EXPECT_THAT(LeftFront(), ElementsAre(0));
  EXPECT_THAT(Front(), ElementsAre(1, 3));
  EXPECT_EQ(state_.best->number, 1);
  EXPECT_EQ(state_.nearest, (ExperimentState::Nearest{2, 89}));
}

TEST(TrialValuesTest, AreTakenByEachMetricsStrategy) {
  Objective objective;
  objective.metrics = {{"loss", MetricStrategy::kMin},
                       {"speed", MetricStrategy::kMax},
                       {"memory", MetricStrategy::kLatest}};
  objective.further = {{"speed", Direction::kMaximize}};
  objective.constraints = {{"memory", true, 10}, {"speed", false, 2}, {"memory", false, 1}};
  TrialValues values = ValuesOf(
      {{"loss", "1", "2", "2"}, {"memory", "1", "9", "4"}, {"speed", "1", "NaN", "+3"}}, objective);
  EXPECT_TRUE(std::isnan(values.further_objectives[0]));
  values = ValuesOf({{"memory", "1", "9", "4"}, {"speed", "1", "+3", "2"}}, objective);
  EXPECT_THAT(values.further_objectives, ElementsAre(3));
  EXPECT_THAT(values.violations, ElementsAre(-6, -1, -3));
  EXPECT_THAT(LossesOf(0.5, values, objective), ElementsAre(0.5, -3));
}

}  // namespace
}  // namespace qalam
