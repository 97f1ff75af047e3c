// The Suggestion service over a real connection, with a client that behaves like Katib's
// controller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "suggestion/registry.h"
#include "tests/server/katib_controller.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) names.push_back(algorithm.name);
  return names;
}

class SuggestionServiceTest : public testing::Test {
 protected:
  grpc::Status Ask(const katib::GetSuggestionsRequest& request) {
    grpc::ClientContext context;
    reply_.Clear();
    return katib::Suggestion::NewStub(server_.channel())
        ->GetSuggestions(&context, request, &reply_);
  }

  grpc::Status Validate(const katib::Experiment& experiment) {
    grpc::ClientContext context;
    katib::ValidateAlgorithmSettingsRequest request;
    *request.mutable_experiment() = experiment;
    katib::ValidateAlgorithmSettingsReply reply;
    return katib::Suggestion::NewStub(server_.channel())
        ->ValidateAlgorithmSettings(&context, request, &reply);
  }

  // What is wrong with the algorithm's setting.
  std::string ProblemOf(const std::string& algorithm, const std::string& name,
                        const std::string& value) {
    katib::Experiment experiment = SampleExperiment(algorithm);
    auto* setting = experiment.mutable_spec()->mutable_algorithm()->add_algorithm_settings();
    setting->set_name(name);
    setting->set_value(value);
    const grpc::Status status = Validate(experiment);
    EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::INVALID_ARGUMENT)
        << status.error_code();
    return status.error_message();
  }

  LoopbackServer server_;
  katib::GetSuggestionsReply reply_;
};

class KatibExperimentTest : public SuggestionServiceTest,
                            public testing::WithParamInterface<std::string> {};

TEST_P(KatibExperimentTest, RunsToItsEndAndNeitherRestartsNorTheOrderOfTrialsChangeIt) {
  KatibController calm(SampleExperiment(GetParam()), {.evaluate = SampleLoss});
  EXPECT_EQ(calm.Run(&server_), "");
  EXPECT_EQ(calm.proposals().size(), 40U);
  KatibController restless(SampleExperiment(GetParam()),
                           {.shuffle = 2, .restarts = true, .evaluate = SampleLoss});
  EXPECT_EQ(restless.Run(&server_), "");
  EXPECT_EQ(restless.proposals(), calm.proposals());
}

TEST_P(KatibExperimentTest, RunsToItsEndThoughTrialsFailVanishAndReportNonsense) {
  int trials = 0;
  KatibController controller(SampleExperiment(GetParam()), {.evaluate = [&](const auto& values) {
                               const std::vector<std::string> bad = {
                                   "fails", "has no loss", "nan", "", "Genotype(a=1)", "inf"};
                               return ++trials % 2 == 0 ? SampleLoss(values)
                                                        : bad[trials / 2 % bad.size()];
                             }});
  EXPECT_EQ(controller.Run(&server_), "");
  EXPECT_EQ(controller.proposals().size(), 40U);
}

TEST_P(KatibExperimentTest, RunsToItsEndWithAControllerThatNamesTrialsItself) {
  KatibController controller(SampleExperiment(GetParam()),
                             {.keeps_names = false, .evaluate = SampleLoss});
  EXPECT_EQ(controller.Run(&server_), "");
  EXPECT_EQ(controller.proposals().size(), 40U);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, KatibExperimentTest, testing::ValuesIn(AlgorithmNames()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// The resource is k.
katib::Experiment HyperbandExperiment(int most, int eta, int parallel, int trials) {
  katib::Experiment experiment = SampleExperiment("hyperband");
  katib::ExperimentSpec* spec = experiment.mutable_spec();
  spec->set_parallel_trial_count(parallel);
  spec->set_max_trial_count(trials);
  auto* settings = spec->mutable_algorithm();
  settings->mutable_algorithm_settings(1)->set_value(absl::StrCat(most));
  katib::AlgorithmSetting* setting = settings->add_algorithm_settings();
  setting->set_name("eta");
  setting->set_value(absl::StrCat(eta));
  auto* range = spec->mutable_parameter_specs()->mutable_parameters(1)->mutable_feasible_space();
  range->set_max(absl::StrCat(most));
  return experiment;
}

struct HyperbandShape {
  int most = 0;
  int eta = 0;
  int parallel = 0;
  std::map<std::string, int> planned;  // trials by k, in one pass over all brackets
};

class KatibHyperbandTest : public SuggestionServiceTest,
                           public testing::WithParamInterface<HyperbandShape> {};

// Katib's controller takes exactly as many trials as it asks for, so that the last ones may go to a
// second pass while rungs of the first one wait.
TEST_P(KatibHyperbandTest, EveryRungOfEveryBracketIsRunThoughTheControllerNeverWaits) {
  const HyperbandShape& shape = GetParam();
  int total = 0;
  for (const auto& [amount, count] : shape.planned) total += count;
  KatibController controller(HyperbandExperiment(shape.most, shape.eta, shape.parallel, 2 * total),
                             {.restarts = shape.most < 27, .evaluate = SampleLoss});
  EXPECT_EQ(controller.Run(&server_), "");
  EXPECT_EQ(controller.proposals().size(), static_cast<size_t>(2 * total));
  std::map<std::string, int> run;
  for (const katib::Trial& trial : controller.trials()) {
    ++run[trial.spec().parameter_assignments().assignments(1).value()];
  }
  EXPECT_EQ(run.size(), shape.planned.size());
  for (const auto& [amount, count] : shape.planned) EXPECT_GE(run[amount], count) << amount;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, KatibHyperbandTest,
    testing::Values(
        HyperbandShape{9, 3, 9, {{"1", 9}, {"3", 3 + 5}, {"9", 1 + 1 + 3}}},
        HyperbandShape{4, 2, 4, {{"1", 4}, {"2", 2 + 3}, {"4", 1 + 1 + 3}}},
        HyperbandShape{
            27, 3, 27, {{"1", 27}, {"3", 9 + 12}, {"9", 3 + 4 + 6}, {"27", 1 + 1 + 2 + 4}}},
        HyperbandShape{
            27, 3, 4, {{"1", 27}, {"3", 9 + 12}, {"9", 3 + 4 + 6}, {"27", 1 + 1 + 2 + 4}}},
        HyperbandShape{81,
                       3,
                       81,
                       {{"1", 81},
                        {"3", 27 + 34},
                        {"9", 9 + 11 + 15},
                        {"27", 3 + 3 + 5 + 8},
                        {"81", 1 + 1 + 1 + 2 + 5}}}),
    [](const auto& info) {
      return absl::StrCat(info.param.most, "_", info.param.eta, "_", info.param.parallel);
    });

TEST_F(SuggestionServiceTest, TheSameQuestionHasTheSameAnswer) {
  KatibController controller(SampleExperiment("auto"), {.evaluate = SampleLoss});
  ASSERT_EQ(controller.Run(&server_), "");
  const katib::GetSuggestionsRequest request = controller.Question(5);
  ASSERT_TRUE(Ask(request).ok());
  const std::string first = reply_.SerializeAsString();
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_EQ(reply_.SerializeAsString(), first);
  server_.Restart();
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_EQ(reply_.SerializeAsString(), first);
}

TEST_F(SuggestionServiceTest, DoubledTrialsCountOnce) {
  KatibController controller(SampleExperiment("tpe"), {.evaluate = SampleLoss});
  ASSERT_EQ(controller.Run(&server_), "");
  katib::GetSuggestionsRequest request = controller.Question(3);
  ASSERT_TRUE(Ask(request).ok());
  const std::string once = reply_.SerializeAsString();
  for (const katib::Trial& trial : controller.trials()) {
    *request.add_trials() = trial;
    // An older state of the same trial knows less, and is ignored.
    katib::Trial* earlier = request.add_trials();
    *earlier = trial;
    earlier->mutable_status()->set_condition(katib::TrialStatus::RUNNING);
    earlier->mutable_status()->clear_observation();
  }
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_EQ(reply_.SerializeAsString(), once);
}

TEST_F(SuggestionServiceTest, TrialsThatDoNotFitTheSpaceAreIgnored) {
  KatibController controller(SampleExperiment("gp"), {.evaluate = SampleLoss});
  ASSERT_EQ(controller.Run(&server_), "");
  katib::GetSuggestionsRequest request = controller.Question(1);
  ASSERT_TRUE(Ask(request).ok());
  const std::string without = reply_.SerializeAsString();
  katib::Trial* stranger = request.add_trials();
  stranger->set_name("stranger");
  auto* assignments = stranger->mutable_spec()->mutable_parameter_assignments();
  assignments->add_assignments()->set_name("lr");
  request.add_trials();
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_EQ(reply_.SerializeAsString(), without);
}

TEST_F(SuggestionServiceTest, TrialsOfOthersAreLearntFrom) {
  KatibController controller(SampleExperiment("grid"), {.evaluate = SampleLoss});
  katib::Trial trial;
  trial.set_name("by-hand");
  for (const auto& [name, value] : {std::pair("x", "-1"), {"k", "1"}, {"c", "sgd"}}) {
    auto* assignment = trial.mutable_spec()->mutable_parameter_assignments()->add_assignments();
    assignment->set_name(name);
    assignment->set_value(value);
  }
  controller.AddForeign(trial);
  ASSERT_TRUE(Ask(controller.Question(1)).ok());
  const auto& proposed = reply_.parameter_assignments(0).assignments();
  const std::vector<std::string> values = {proposed[0].value(), proposed[1].value(),
                                           proposed[2].value()};
  EXPECT_THAT(values, testing::ElementsAre("-1", "1", "adam"))
      << "the second point of the grid, for the first was tried by hand";
}

// Katib sends the trials of experiments of the same name in all namespaces.
TEST_F(SuggestionServiceTest, ExperimentsOfOneNameInTwoNamespacesDoNotMixTheirNumbers) {
  KatibController first(SampleExperiment("sobol"), {.evaluate = SampleLoss});
  ASSERT_EQ(first.Run(&server_), "");
  KatibController second(SampleExperiment("sobol"), {.evaluate = SampleLoss});
  for (const katib::Trial& trial : first.trials()) second.AddForeign(trial);
  EXPECT_EQ(second.Run(&server_), "");
  std::set<std::string> names;
  for (const katib::Trial& trial : second.trials()) names.insert(trial.name());
  EXPECT_EQ(names.size(), 80U);
}

TEST_F(SuggestionServiceTest, TwoHundredExperimentsAtOnceAreServedAsIfEachWereAlone) {
  const auto experiment = [](int i) {
    katib::Experiment made = SampleExperiment(std::vector{"tpe", "random", "cmaes", "auto"}[i % 4]);
    made.set_name(absl::StrCat("experiment-", i));
    made.mutable_spec()->set_max_trial_count(12);
    return made;
  };
  std::vector<std::unique_ptr<KatibController>> controllers;
  for (int i = 0; i < 200; ++i) {
    controllers.push_back(std::make_unique<KatibController>(
        experiment(i), KatibController::Options{.evaluate = SampleLoss}));
  }
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([&] {
      for (size_t at = next++; at < controllers.size(); at = next++) {
        EXPECT_EQ(controllers[at]->Run(&server_), "") << at;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i : {0, 1, 2, 3, 117, 199}) {
    LoopbackServer own;
    KatibController alone(experiment(i), {.evaluate = SampleLoss});
    EXPECT_EQ(alone.Run(&own), "");
    EXPECT_EQ(controllers[i]->proposals(), alone.proposals()) << i;
  }
}

TEST_F(SuggestionServiceTest, ASpaceThatIsUsedUpIsAnErrorThatSaysSo) {
  katib::Experiment experiment = SampleExperiment("grid");
  experiment.mutable_spec()->mutable_parameter_specs()->mutable_parameters()->DeleteSubrange(0, 2);
  experiment.mutable_spec()->set_max_trial_count(3);
  KatibController controller(experiment, {.evaluate = [](const auto&) { return "1"; }});
  ASSERT_EQ(controller.Run(&server_), "");
  const grpc::Status status = Ask(controller.Question(1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(), HasSubstr("each of its 3 points has been suggested"));
}

TEST_F(SuggestionServiceTest, AScheduleIsTrainedAlongToItsEndWhichIsAnErrorThatSaysSo) {
  katib::Experiment experiment = SampleExperiment("schedule");
  experiment.mutable_spec()->set_parallel_trial_count(1);
  experiment.mutable_spec()->set_max_trial_count(3);
  KatibController controller(experiment, {.evaluate = SampleLoss});
  ASSERT_EQ(controller.Run(&server_), "");
  EXPECT_THAT(controller.proposals(),
              testing::ElementsAre("c=sgd k=3 x=0.5 ", "c=adam k=9 x=0.2 ", "c=adam k=9 x=0.5 "));
  const grpc::Status status = Ask(controller.Question(1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(), HasSubstr("nothing left to suggest after 3 trials"));
}

TEST_F(SuggestionServiceTest, AsManyAsWereAskedForComeEvenFromTheRestOfASpace) {
  katib::Experiment experiment = SampleExperiment("grid");
  experiment.mutable_spec()->mutable_parameter_specs()->mutable_parameters()->DeleteSubrange(0, 2);
  experiment.mutable_spec()->set_max_trial_count(0);
  KatibController controller(experiment, {});
  ASSERT_TRUE(Ask(controller.Question(5)).ok());
  std::set<std::string> values;
  for (const auto& trial : reply_.parameter_assignments()) {
    values.insert(trial.assignments(0).value());
  }
  EXPECT_EQ(reply_.parameter_assignments_size(), 5);
  EXPECT_EQ(values.size(), 3U);
}

TEST_F(SuggestionServiceTest, ValidSettingsAreAccepted) {
  for (const std::string& algorithm : AlgorithmNames()) {
    const grpc::Status status = Validate(SampleExperiment(algorithm));
    EXPECT_TRUE(status.ok()) << algorithm << ": " << status.error_message();
  }
  EXPECT_EQ(ProblemOf("tpe", "gamma", "0.3"), "");
}

TEST_F(SuggestionServiceTest, ProblemsOfSettingsAreToldInKatibsWords) {
  EXPECT_THAT(ProblemOf("gird", "gamma", "1"), StartsWith("unknown algorithm name "));
  EXPECT_THAT(ProblemOf("tpe", "gama", "1"), StartsWith("unknown setting gama for algorithm tpe"));
  EXPECT_EQ(ProblemOf("tpe", "gamma", "1.5"), "gamma should be in the range of (0, 1)");
  EXPECT_EQ(ProblemOf("tpe", "n_EI_candidates", "0"), "n_EI_candidates should be great than zero");
  EXPECT_EQ(ProblemOf("random", "random_state", "-1"),
            "random_state should be great or equal than zero");
  EXPECT_THAT(ProblemOf("tpe", "gamma", "wide"), StartsWith("failed to validate gamma(wide): "));
  EXPECT_THAT(ProblemOf("bayesianoptimization", "base_estimator", "NN"),
              StartsWith("base_estimator NN is not supported in Bayesian optimization"));
}

TEST_F(SuggestionServiceTest, HyperbandIsCheckedInKatibsWordsAndForNoParallelism) {
  EXPECT_EQ(Validate(HyperbandExperiment(81, 3, 1, 10)).error_message(), "");
  katib::Experiment experiment = HyperbandExperiment(9, 3, 9, 10);
  auto* settings = experiment.mutable_spec()->mutable_algorithm()->mutable_algorithm_settings();
  settings->Mutable(1)->set_value("-1");
  EXPECT_EQ(Validate(experiment).error_message(), "r_l must be a positive float number.");
  settings->Mutable(1)->set_value("9");
  settings->Mutable(0)->set_value("steps");
  EXPECT_THAT(Validate(experiment).error_message(),
              StartsWith("value of resource_name setting must be in parameters."));
  settings->DeleteSubrange(0, 1);
  EXPECT_EQ(Validate(experiment).error_message(), "r_l and resource_name must be set.");
  auto* reports = settings->Add();
  reports->set_name("resource_type");
  reports->set_value("reports");
  EXPECT_THAT(Validate(experiment).error_message(),
              HasSubstr("Katib's controller stops no trial after so many"));
}

TEST_F(SuggestionServiceTest, AGridIsCheckedForItsStepsAndItsSize) {
  katib::Experiment experiment = SampleExperiment("grid");
  auto* parameters = experiment.mutable_spec()->mutable_parameter_specs();
  parameters->mutable_parameters(0)->mutable_feasible_space()->clear_step();
  EXPECT_EQ(Validate(experiment).error_message(),
            "Param x step is nil; For discrete search space, all parameters must include step");
  experiment = SampleExperiment("grid");
  experiment.mutable_spec()->set_max_trial_count(100'000);
  EXPECT_EQ(Validate(experiment).error_message(),
            "Max Trial Count: 100000 > all possible search combinations: 4032");
}

TEST_F(SuggestionServiceTest, MistakesInParametersAreNamedWithTheirPlace) {
  katib::Experiment experiment = SampleExperiment("random");
  auto* parameters = experiment.mutable_spec()->mutable_parameter_specs();
  parameters->mutable_parameters(1)->mutable_feasible_space()->set_min("one");
  KatibController controller(experiment, {});
  const grpc::Status status = Ask(controller.Question(1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("spec.parameters[1].feasibleSpace.min: \"one\""));
  parameters->mutable_parameters(1)->set_parameter_type(katib::UNKNOWN_TYPE);
  EXPECT_THAT(Validate(experiment).error_message(),
              HasSubstr("spec.parameters[1].parameterType: \"unknown\" is not allowed"));
}

TEST_F(SuggestionServiceTest, AQuestionForTooManyIsRefused) {
  KatibController controller(SampleExperiment("random"), {});
  const grpc::Status status = Ask(controller.Question(1'000'000));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("current_request_number is 1000000"));
}

TEST_F(SuggestionServiceTest, SettingsOfTheServerThatSomeoneChangedAreRefused) {
  KatibController controller(SampleExperiment("auto"), {});
  katib::GetSuggestionsRequest request = controller.Question(1);
  auto* algorithm = request.mutable_experiment()->mutable_spec()->mutable_algorithm();
  auto* setting = algorithm->add_algorithm_settings();
  setting->set_name("qalam.labels.0");
  setting->set_value("[1]");
  const grpc::Status status = Ask(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("setting qalam.labels.0 is not a list of labels"));
}

}  // namespace
}  // namespace qalam
