#include "bench/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/function_problem.h"
#include "bench/json_space.h"
#include "bench/outcome_problem.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam::bench {
namespace {

TEST(OutcomeSessionTest, TellsAllValuesAndViolations) {
  const std::unique_ptr<Problem> problem = MakeConstrainedProblem("C2DTLZ2_6_2").value();
  EvaluationSession session(*problem, {.algorithm = "other", .seed = 3}, 2);
  const Json greeting = Json::parse(session.Greeting());
  EXPECT_EQ(greeting["directions"], Json({"minimize", "minimize"}));
  EXPECT_EQ(greeting["constraints"], 1);
  Json assignment;
  for (int i = 0; i < 6; ++i) assignment[absl::StrCat("p", i)] = 0.5;
  const Json answer = Json::parse(session.Answer(Json({{"assignment", assignment}}).dump()));
  // The middle of the front, which is feasible.
  EXPECT_NEAR(answer["values"][0].get<double>(), std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(answer["values"][1].get<double>(), std::sqrt(0.5), 1e-12);
  EXPECT_EQ(answer["value"], answer["values"][0]);
  EXPECT_NEAR(answer["violations"][0].get<double>(), -0.08, 1e-12);
}

// The loss after so many epochs of four.
class FourEpochs final : public Problem {
 public:
  FourEpochs() : Problem(Info()) {}

  Evaluation Evaluate(const Assignment& assignment, Mode, RandomStream&, RunState&) const override {
    Evaluation evaluation;
    evaluation.truth = evaluation.observed = assignment[0] + 10 / assignment[1];
    return evaluation;
  }

 private:
  static ProblemInfo Info() {
    ProblemInfo info;
    info.suite = "four";
    info.task = "epochs";
    info.space = MakeSpace({DoubleParameter("x", 0, 1), IntParameter("epochs", 1, 4)});
    info.optimum = 2.5;
    info.median = 3;
    info.length = TrainingLength{.parameter = 1, .full = 4};
    return info;
  }
};

class CurveSessionTest : public testing::Test {
 protected:
  CurveSessionTest() : session_(problem_, {.algorithm = "other", .seed = 3}, 2) {
    name_ = Json::parse(session_.Greeting())["space"][0]["name"].get<std::string>();
  }

  Json Ask(double x, const Json& epochs = nullptr) {
    Json request = {{"assignment", {{name_, x}}}};
    if (!epochs.is_null()) request["epochs"] = epochs;
    return Json::parse(session_.Answer(request.dump()));
  }

  const FourEpochs problem_;
  EvaluationSession session_;
  std::string name_;
};

TEST_F(CurveSessionTest, GreetsWithTheLengthInThePlaceOfItsParameter) {
  const Json greeting = Json::parse(session_.Greeting());
  EXPECT_EQ(greeting["epochs"], 4);
  EXPECT_EQ(greeting["space"].size(), 1u);
  EXPECT_EQ(greeting["space"][0]["max"], 1);
}

TEST_F(CurveSessionTest, CountsEpochsAndScoresWholeTrainings) {
  EXPECT_EQ(Ask(0.5, 1)["value"], 10.5);
  EXPECT_EQ(Ask(0.25, 2)["spent"], 0.75);
  EXPECT_EQ(Ask(0.5, 2)["spent"], 1);
  EXPECT_EQ(Ask(0.5)["value"], 3);
  EXPECT_FALSE(session_.done());
  EXPECT_EQ(Ask(0.75, 1)["spent"], 1.75);
  EXPECT_EQ(Ask(0.75, 2)["spent"], 2);
  EXPECT_TRUE(session_.done());
  EXPECT_TRUE(Ask(0.75, 3).contains("error"));
  const std::vector<CurvePoint> curve = session_.Result().curve;
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve[0].nr, 1);
  EXPECT_EQ(curve[1].best, 3);
  EXPECT_EQ(curve[1].stops->begun, 2);
  EXPECT_EQ(curve[1].stops->stopped, 1);
  EXPECT_EQ(curve[1].stops->missed, 1);  // 0.25 would have come to 2.75
}

TEST_F(CurveSessionTest, EpochsOutsideATrainingAreAMistake) {
  for (const Json& epochs : {Json(0), Json(5), Json(1.5)}) {
    EXPECT_TRUE(Ask(0.5, epochs).contains("error")) << epochs;
  }
  EXPECT_EQ(Ask(0.5, 4)["spent"], 1);
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() : problem_(MakeMixedProblem("training").value()) {}

  EvaluationSession Start(int budget) const {
    return EvaluationSession(*problem_, {.algorithm = "other", .seed = 3}, budget);
  }
  // The middle of the space, by the names of the greeting.
  std::string Request() const {
    const Disguise disguise(problem_->info().space, 3);
    const std::vector<double> unit(static_cast<size_t>(disguise.space()->size()), 0.5);
    const Assignment assignment = disguise.space()->FromUnit(unit);
    return Json({{"assignment", AssignmentToJson(*disguise.space(), assignment)},
                 {"ask_seconds", 0.5}})
        .dump();
  }

  std::unique_ptr<Problem> problem_;
};

TEST_F(SessionTest, GreetsWithTheSpaceUnderNamesThatTellNothing) {
  const Json greeting = Json::parse(Start(5).Greeting());
  EXPECT_EQ(greeting["task"], "training");
  EXPECT_EQ(greeting["budget"], 5);
  EXPECT_EQ(greeting["space"].size(), 7u);
  EXPECT_EQ(greeting["space"][0]["name"], "p0");
}

TEST_F(SessionTest, EvaluatesUntilTheBudgetIsUsed) {
  EvaluationSession session = Start(2);
  const Json first = Json::parse(session.Answer(Request()));
  EXPECT_GT(first["value"].get<double>(), 0);
  EXPECT_FALSE(session.done());
  EXPECT_EQ(Json::parse(session.Answer(Request()))["value"], first["value"]);
  EXPECT_TRUE(session.done());
  EXPECT_TRUE(Json::parse(session.Answer(Request())).contains("error"));
  const RunResult result = session.Result();
  EXPECT_EQ(result.key.suite, "mixed");
  EXPECT_EQ(result.curve.back().n, 2);
  EXPECT_EQ(result.curve.back().ask_seconds, 1);
}

// A trial of "training" lasts a random time around a second.
TEST_F(SessionTest, TrialsThatRunSideBySideCountInTheOrderInWhichTheyEnd) {
  EvaluationSession session = Start(6);
  Json request = Json::parse(Request());
  request["started"] = 0;
  std::vector<double> ends;
  for (int i = 0; i < 5; ++i) {
    ends.push_back(Json::parse(session.Answer(request.dump()))["seconds"].get<double>());
  }
  EXPECT_FALSE(std::is_sorted(ends.begin(), ends.end()));
  std::sort(ends.begin(), ends.end());
  request["started"] = ends[0];
  ends.push_back(ends[0] + Json::parse(session.Answer(request.dump()))["seconds"].get<double>());
  std::sort(ends.begin(), ends.end());
  EXPECT_TRUE(session.done());
  const RunResult result = session.Result();
  ASSERT_EQ(result.curve.size(), 6u);
  for (size_t i = 0; i < ends.size(); ++i) EXPECT_DOUBLE_EQ(result.curve[i].clock, ends[i]);
}

TEST_F(SessionTest, WithoutTimesOneTrialFollowsTheOther) {
  EvaluationSession session = Start(2);
  const double first = Json::parse(session.Answer(Request()))["seconds"].get<double>();
  const double second = Json::parse(session.Answer(Request()))["seconds"].get<double>();
  const RunResult result = session.Result();
  EXPECT_EQ(result.curve[0].clock, first);
  EXPECT_EQ(result.curve[1].clock, first + second);
}

TEST_F(SessionTest, MistakesAreAnsweredAndTheRunGoesOn) {
  EvaluationSession session = Start(2);
  for (const char* const line :
       {"", "nonsense", "[1]", "{}", R"({"assignment": 3})", R"({"assignment": {}})",
        R"({"assignment": {"p0": 1}})", R"({"assignment": {"nobody": 1}})"}) {
    EXPECT_TRUE(Json::parse(session.Answer(line)).contains("error")) << line;
  }
  EXPECT_TRUE(Json::parse(session.Answer(Request())).contains("value"));
}

}  // namespace
}  // namespace qalam::bench
