#include "bench/suites.h"

#include <algorithm>
#include <exception>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/function_problem.h"
#include "bench/outcome_problem.h"
#include "bench/surrogate_problem.h"
#include "bench/table_problem.h"
#include "core/text.h"

namespace qalam::bench {
namespace {

using Loaded = absl::StatusOr<std::unique_ptr<Problem>>;

Loaded LoadSynthetic(const std::string&, const std::string& task) {
  return MakeSyntheticProblem(task);
}
Loaded LoadShifted(const std::string&, const std::string& task) { return MakeShiftedProblem(task); }
Loaded LoadBbob(const std::string&, const std::string& task) { return MakeBbobProblem(task); }
Loaded LoadMixed(const std::string&, const std::string& task) { return MakeMixedProblem(task); }
Loaded LoadMultiObjective(const std::string&, const std::string& task) {
  return MakeMultiObjectiveProblem(task);
}
Loaded LoadConstrained(const std::string&, const std::string& task) {
  return MakeConstrainedProblem(task);
}
Loaded LoadMlp(const std::string& data, const std::string& task) {
  return LoadGridProblem(data, "hpobench_mlp", task);
}
Loaded LoadFcnet(const std::string& data, const std::string& task) {
  return LoadGridProblem(data, "fcnet", task);
}
Loaded LoadNasbench201(const std::string& data, const std::string& task) {
  return LoadGridProblem(data, "nasbench201", task);
}
Loaded LoadNasbenchGraph(const std::string& data, const std::string& task) {
  return LoadGridProblem(data, "nasbench_graph", task);
}
Loaded LoadTaskset(const std::string& data, const std::string& task) {
  return LoadPoolProblem(data, "taskset_rnn", task, {"valid_loss_10000", Direction::kMinimize});
}
Loaded LoadNmt(const std::string& data, const std::string& task) {
  return LoadPoolProblem(data, "nmt_hpo", task, {"dev_bleu", Direction::kMaximize});
}
Loaded LoadLcbench(const std::string& data, const std::string& task) {
  return LoadSurrogateProblem(data, "yahpo_lcbench", task,
                              {"lcbench", "val_accuracy", Direction::kMaximize, "time"});
}
Loaded LoadXgboost(const std::string& data, const std::string& task) {
  return LoadSurrogateProblem(data, "yahpo_rbv2_xgboost", task,
                              {"rbv2_xgboost", "acc", Direction::kMaximize, "timetrain"});
}

// The losses after 200, 400, ... 10000 steps: an epoch is 200 of them.
Loaded LoadTasksetCurves(const std::string& data, const std::string& task) {
  PoolFormat format{"valid_loss_10000", Direction::kMinimize};
  for (int step = 200; step <= 10000; step += 200) {
    format.curve.push_back(absl::StrCat("valid_loss_", step));
  }
  return LoadPoolProblem(data, "taskset_rnn", task, format, {.suite = "taskset_curves"});
}
Loaded LoadLcbenchCurves(const std::string& data, const std::string& task) {
  return LoadSurrogateProblem(
      data, "yahpo_lcbench", task,
      {"lcbench", "val_accuracy", Direction::kMaximize, "time", /*length=*/"epoch"},
      {.suite = "lcbench_curves"});
}

std::vector<std::string> TasksetTasks() {
  return {"patch128_LSTM128_bs64",      "patch32_GRU128_bs128",
          "patch32_GRU64_avg_bs128",    "patch32_IRNN64_relu_last_bs128",
          "patch32_LSTM128_E128_bs128", "patch32_VRNN64_tanh_avg_bs128"};
}

std::vector<Suite> MakeSuites() {
  return {
      {.name = "synthetic",
       .summary = "Test functions of the literature",
       .tasks = SyntheticTasks(),
       .load = LoadSynthetic},
      {.name = "shifted",
       .summary = "The same, rotated, with the optimum moved",
       .tasks = ShiftedTasks(),
       .load = LoadShifted},
      {.name = "bbob",
       .summary = "The 24 noiseless BBOB functions",
       .tasks = BbobTasks(),
       .load = LoadBbob},
      {.name = "mixed",
       .summary = "Functions of doubles, ints, ordered lists and categories",
       .tasks = MixedTasks(),
       .load = LoadMixed},
      {.name = "hpobench_mlp",
       .summary = "HPOBench: multilayer perceptrons, complete grid",
       .needs_data = true,
       .tasks = {"australian", "car", "credit_g", "kc1"},
       .in_tables = true,
       .load = LoadMlp},
      {.name = "fcnet",
       .summary = "FCNet: two-layer networks, complete grid",
       .needs_data = true,
       .tasks = {"parkinsons_telemonitoring", "protein_structure"},
       .in_tables = true,
       .load = LoadFcnet},
      {.name = "nasbench201",
       .summary = "NAS-Bench-201: cells of six operations",
       .needs_data = true,
       .tasks = {"cifar10"},
       .in_tables = true,
       .load = LoadNasbench201},
      {.name = "nasbench_graph",
       .summary = "NAS-Bench-Graph: graph networks",
       .needs_data = true,
       .tasks = {"computers", "cora", "pubmed"},
       .in_tables = true,
       .load = LoadNasbenchGraph},
      {.name = "yahpo_lcbench",
       .summary = "YAHPO Gym: lcbench, surrogate",
       .needs_data = true,
       .tasks = {"3945", "167168", "189873", "167152", "168868"},
       .in_tables = true,
       .load = LoadLcbench},
      {.name = "yahpo_rbv2_xgboost",
       .summary = "YAHPO Gym: rbv2_xgboost, surrogate with conditions",
       .needs_data = true,
       .tasks = {"12", "1501", "28", "1489", "40981"},
       .in_tables = true,
       .load = LoadXgboost},
      {.name = "taskset_rnn",
       .summary = "TaskSet: optimisers of recurrent networks, pool of 1,000",
       .needs_data = true,
       .tasks = TasksetTasks(),
       .load = LoadTaskset},
      {.name = "nmt_hpo",
       .summary = "Neural translation, pools of 118 to 604",
       .needs_data = true,
       .tasks = {"ja-en", "so-en", "zh-en"},
       .load = LoadNmt},
      {.name = "multi_objective",
       .summary = "Functions of two to four objectives",
       .tasks = MultiObjectiveTasks(),
       .several_outcomes = true,
       .load = LoadMultiObjective},
      {.name = "constrained",
       .summary = "Functions with outcome constraints, two of them with two objectives",
       .tasks = ConstrainedTasks(),
       .several_outcomes = true,
       .load = LoadConstrained},
      {.name = "multi_objective_tables",
       .summary = "Tasks of tables with a second objective",
       .needs_data = true,
       .tasks = {"nasbench_graph/computers", "nasbench_graph/cora", "nasbench_graph/pubmed",
                 "nmt_hpo/ja-en", "nmt_hpo/so-en", "nmt_hpo/zh-en", "yahpo_lcbench/167152",
                 "yahpo_lcbench/189873", "yahpo_rbv2_xgboost/12", "yahpo_rbv2_xgboost/28"},
       .several_outcomes = true,
       .load = LoadMultiObjectiveTable},
      {.name = "constrained_tables",
       .summary = "Tasks of tables with a bound on the run time",
       .needs_data = true,
       .tasks = {"nasbench_graph/computers", "nasbench_graph/cora", "nasbench_graph/pubmed",
                 "nmt_hpo/ja-en", "nmt_hpo/so-en", "nmt_hpo/zh-en", "yahpo_lcbench/3945",
                 "yahpo_lcbench/167168", "yahpo_lcbench/189873", "yahpo_lcbench/167152",
                 "yahpo_lcbench/168868", "yahpo_rbv2_xgboost/12", "yahpo_rbv2_xgboost/1501",
                 "yahpo_rbv2_xgboost/28", "yahpo_rbv2_xgboost/1489", "yahpo_rbv2_xgboost/40981"},
       .several_outcomes = true,
       .load = LoadConstrainedTable},
      {.name = "taskset_curves",
       .summary = "TaskSet with its learning curves, 50 epochs",
       .needs_data = true,
       .tasks = TasksetTasks(),
       .curves = true,
       .load = LoadTasksetCurves},
      {.name = "lcbench_curves",
       .summary = "YAHPO Gym: lcbench with its learning curves, 52 epochs",
       .needs_data = true,
       .tasks = {"3945", "167168", "189873", "167152", "168868"},
       .curves = true,
       .load = LoadLcbenchCurves},
  };
}

bool IsIn(const Suite& suite, absl::string_view word) {
  if (word == suite.name) return true;
  if (suite.curves) return word == "curves";
  if (suite.several_outcomes) return false;
  if (word == "all") return true;
  if (word == "tables") return suite.in_tables;
  return word == "functions" && !suite.needs_data;
}

}  // namespace

const std::vector<Suite>& Suites() {
  static const auto* const kSuites = new std::vector<Suite>(MakeSuites());
  return *kSuites;
}

absl::StatusOr<std::vector<const Suite*>> SelectSuites(absl::string_view list) {
  std::vector<bool> chosen(Suites().size());
  for (const absl::string_view word : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    bool found = false;
    for (size_t i = 0; i < chosen.size(); ++i) {
      if (!IsIn(Suites()[i], word)) continue;
      chosen[i] = found = true;
    }
    if (found) continue;
    std::vector<std::string> names = {"all", "tables", "functions", "curves"};
    for (const Suite& suite : Suites()) names.push_back(suite.name);
    const std::string near = ClosestMatch(word, names);
    return absl::NotFoundError(
        absl::StrCat("there is no suite \"", word, "\"",
                     near.empty() ? "" : absl::StrCat("; did you mean ", near, "?"), "; there are ",
                     absl::StrJoin(names, ", ")));
  }
  std::vector<const Suite*> suites;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i]) suites.push_back(&Suites()[i]);
  }
  return suites;
}

absl::StatusOr<std::unique_ptr<Problem>> LoadProblem(const Suite& suite, const std::string& task,
                                                     const std::string& data) {
  if (suite.needs_data && data.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("suite ", suite.name,
                     " needs the folder of benchmark tables: give --data DIR, the folder "
                     "that holds ",
                     suite.name, "; without it the suites of --suite functions can be run"));
  }
  Loaded problem = absl::InternalError("not loaded");
  // The JSON library throws on values of another type than expected.
  try {
    problem = suite.load(data, task);
  } catch (const std::exception& error) {
    problem = absl::DataLossError(error.what());
  }
  if (problem.ok()) return problem;
  const std::string known =
      problem.status().code() == absl::StatusCode::kNotFound
          ? absl::StrCat("; the tasks of ", suite.name, " are ", absl::StrJoin(suite.tasks, ", "))
          : "";
  return absl::Status(problem.status().code(),
                      absl::StrCat(suite.name, "/", task, ": ", problem.status().message(), known));
}

}  // namespace qalam::bench
