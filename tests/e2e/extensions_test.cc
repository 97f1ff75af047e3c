// Conditions, constraints, initial trials and explanations, from the file to what people see.
#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ExtensionsTest : public QalamTest {};

double Number(const Json& parameters, const char* name) {
  return std::atof(parameters[name].get<std::string>().c_str());
}

TEST_F(ExtensionsTest, TheExampleKeepsItsConditionsAndConstraints) {
  const Finished run = Qalam({"run", "examples/conditions/experiment.yaml"});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const Json trials = QalamJson({"export", "conditions", "--format", "json"});
  ASSERT_EQ(trials.size(), 24);
  for (const Json& trial : trials) {
    SCOPED_TRACE(trial.dump());
    const Json& parameters = trial["parameters"];
    EXPECT_EQ(trial["status"], "Succeeded");
    EXPECT_EQ(parameters.contains("momentum"), parameters["optimizer"] == "sgd");
    EXPECT_LT(Number(parameters, "min_units"), Number(parameters, "max_units"));
    EXPECT_TRUE(parameters["optimizer"] == "sgd" || Number(parameters, "lr") <= 0.1);
    EXPECT_NE(trial["explanation"], "");
  }
  EXPECT_EQ(trials[0]["labels"]["qalam.dev/initial"], "known");
  EXPECT_EQ(trials[0]["reason"], "InitialTrialKnown");
  EXPECT_EQ(trials[0]["objective"], 1.5);
  EXPECT_EQ(trials[1]["labels"]["qalam.dev/initial"], "run");
  EXPECT_EQ(trials[1]["parameters"]["momentum"], "0.9");

  const std::string name = trials[5]["name"];
  EXPECT_THAT(Qalam({"describe", "trial", name}).out,
              AllOf(HasSubstr("Why"), HasSubstr("of the Sobol sequence")));
  const Json object = QalamJson({"get", "trial", name, "-o", "json"});
  EXPECT_EQ(object["metadata"]["annotations"]["qalam.dev/explanation"], trials[5]["explanation"]);
  EXPECT_THAT(Qalam({"describe", "trial", trials[0]["name"]}).out,
              HasSubstr("given in spec.initialTrials with its result; not run"));
  const std::string text = Qalam({"describe", "conditions"}).out;
  EXPECT_THAT(
      text, AllOf(HasSubstr("while optimizer is sgd"), HasSubstr("min_units + max_units <= 100")));
  EXPECT_THAT(Qalam({"explain", "spec.parameterConstraints"}).out, HasSubstr("not in Katib"));
}

}  // namespace
}  // namespace qalam
