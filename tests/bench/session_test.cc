#include "bench/session.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "bench/function_problem.h"
#include "bench/json_space.h"
#include "bench/outcome_problem.h"
#include "tests/support/status_matchers.h"

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
