// Compares with the values of other implementations, where the data folder is given:
// QALAM_BENCH_DATA=DIR. The folder is not part of the project; without it the tests are skipped.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/bbob.h"
#include "bench/data_file.h"
#include "bench/outcome_functions.h"
#include "bench/suites.h"
#include "bench/surrogate_network.h"
#include "bench/synthetic_functions.h"
#include "tests/support/status_matchers.h"

namespace qalam::bench {
namespace {

class ReferenceValuesTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const data = std::getenv("QALAM_BENCH_DATA");
    if (data == nullptr) GTEST_SKIP() << "QALAM_BENCH_DATA names no folder of benchmark data";
    data_ = data;
  }

  CsvTable Read(const std::string& file) const {
    return CsvTable::Read(absl::StrCat(data_, "/", file)).value();
  }

  std::string data_;
};

std::vector<double> Numbers(const std::string& text) {
  std::vector<double> numbers;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    double number = 0;
    EXPECT_TRUE(absl::SimpleAtod(word, &number)) << word;
    numbers.push_back(number);
  }
  return numbers;
}

// The program that made the values keeps the constants of three functions in single precision.
double RelativeTolerance(const std::string& function) {
  const bool single = function == "Hartmann3" || function == "Hartmann6" || function == "Shekel10";
  return single ? 1e-7 : 1e-9;
}

TEST_F(ReferenceValuesTest, SyntheticFunctionsAgree) {
  const CsvTable table = Read("synthetic/reference_values.csv.gz");
  int compared = 0;
  for (int r = 0; r < table.rows(); ++r) {
    if (table.Text(r, 1) != "single") continue;
    const SyntheticFunction* const function = FindSyntheticFunction(table.Text(r, 0));
    ASSERT_NE(function, nullptr) << table.Text(r, 0);
    const double expected = table.Number(r, 3);
    const double value = function->value(Numbers(table.Text(r, 2)));
    EXPECT_NEAR(value, expected,
                RelativeTolerance(function->name) * std::max(1.0, std::fabs(expected)))
        << function->name << " at " << table.Text(r, 2);
    ++compared;
  }
  EXPECT_GT(compared, 300);
}

TEST_F(ReferenceValuesTest, FunctionsOfSeveralOutcomesAgree) {
  const CsvTable table = Read("synthetic/reference_values.csv.gz");
  int compared = 0;
  for (int r = 0; r < table.rows(); ++r) {
    const OutcomeFunction* const function = FindOutcomeFunction(table.Text(r, 0));
    if (function == nullptr) continue;
    const std::vector<double> x = Numbers(table.Text(r, 2));
    // Where it divides by zero, but for rounding.
    if (function->name == "TensionCompressionString" && x[0] == x[1]) continue;
    const FunctionOutcome outcome = function->value(x);
    const auto compare = [&](const std::vector<double>& values, int column, const char* what) {
      const std::vector<double> expected = Numbers(table.Text(r, column));
      ASSERT_EQ(values.size(), expected.size()) << function->name << " " << what;
      for (size_t i = 0; i < values.size(); ++i) {
        // The program that made the values leaves a factor of the second objective out.
        if (function->name == "ZDT3_6" && i == 1) continue;
        EXPECT_NEAR(values[i], expected[i], 1e-9 * std::max(1.0, std::fabs(expected[i])))
            << function->name << ", " << what << " " << i << " at " << table.Text(r, 2);
      }
    };
    compare(outcome.losses, 3, "objective");
    compare(outcome.slacks, 4, "slack");
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

TEST_F(ReferenceValuesTest, FunctionsOfSeveralOutcomesHaveTheirBestValues) {
  const CsvTable table = Read("synthetic/functions.csv");
  for (int r = 0; r < table.rows(); ++r) {
    const OutcomeFunction* const function = FindOutcomeFunction(table.Text(r, 0));
    if (function == nullptr) continue;
    SCOPED_TRACE(function->name);
    if (function->objectives == 1) {
      EXPECT_NEAR(function->optimum, table.Number(r, 4), 1e-4);
      continue;
    }
    const std::vector<double> reference = Numbers(table.Text(r, 7));
    ASSERT_EQ(function->reference.size(), reference.size());
    for (size_t i = 0; i < reference.size(); ++i) {
      EXPECT_NEAR(function->reference[i], reference[i], 1e-5 * reference[i]);
    }
    if (table.Text(r, 8).empty()) continue;
    EXPECT_NEAR(function->max_hypervolume, table.Number(r, 8), 1e-6 * table.Number(r, 8));
  }
}

TEST_F(ReferenceValuesTest, BbobFunctionsAgree) {
  const CsvTable table = Read("synthetic/bbob_reference_values.csv.gz");
  std::map<int, int> wrong;
  for (int r = 0; r < table.rows(); ++r) {
    const int function_id = static_cast<int>(table.Number(r, 0));
    const absl::StatusOr<BbobFunction> function = BbobFunction::Create(
        function_id, static_cast<int>(table.Number(r, 2)), static_cast<int>(table.Number(r, 1)));
    ASSERT_OK(function);
    const double expected = table.Number(r, 5);
    const double value = function->Value(Numbers(table.Text(r, 4)));
    EXPECT_NEAR(function->optimum(), table.Number(r, 3), 1e-9);
    if (std::fabs(value - expected) <= 1e-9 * std::max(1.0, std::fabs(expected))) continue;
    if (++wrong[function_id] <= 3) {
      ADD_FAILURE() << "f" << function_id << " instance " << table.Text(r, 1) << " dimension "
                    << table.Text(r, 2) << ": " << value - function->optimum() << " instead of "
                    << expected - function->optimum() << " above the optimum";
    }
  }
}

TEST_F(ReferenceValuesTest, SurrogatesAgreeWithTheirTestVectors) {
  for (const std::string scenario : {"lcbench", "rbv2_xgboost"}) {
    SCOPED_TRACE(scenario);
    const std::string stem = absl::StrCat(data_, "/yahpo/", scenario);
    ASSERT_OK_AND_ASSIGN(const Json description, ReadJsonFile(stem + ".json"));
    ASSERT_OK_AND_ASSIGN(const SurrogateNetwork network,
                         SurrogateNetwork::Load(description, stem + ".f32"));
    const CsvTable table = Read(absl::StrCat("yahpo/", scenario, "_testvectors.csv.gz"));
    const int categorical = network.categorical_inputs();
    const int continuous = network.continuous_inputs();
    for (int r = 0; r < table.rows(); ++r) {
      std::vector<int> codes;
      std::vector<float> values;
      int column = 1;
      for (int i = 0; i < categorical; ++i) {
        codes.push_back(static_cast<int>(table.Number(r, column++)));
      }
      for (int i = 0; i < continuous; ++i) {
        values.push_back(static_cast<float>(table.Number(r, column++)));
      }
      for (const float output : network.Evaluate(codes, values)) {
        const double expected = table.Number(r, column++);
        EXPECT_NEAR(output, expected, 1e-3 * std::max(1e-3, std::fabs(expected)))
            << "row " << r + 1 << ", " << table.header()[static_cast<size_t>(column - 1)];
      }
    }
  }
}

TEST_F(ReferenceValuesTest, TablesHaveTheOptimaAndMediansOfTheBaseline) {
  const CsvTable baseline = Read("random_search_baseline.csv");
  ASSERT_OK_AND_ASSIGN(const int best, baseline.Column("best"));
  ASSERT_OK_AND_ASSIGN(const int median, baseline.Column("median"));
  for (const Suite& suite : Suites()) {
    if (!suite.needs_data || suite.several_outcomes || suite.curves) continue;
    for (const std::string& task : suite.tasks) {
      SCOPED_TRACE(absl::StrCat(suite.name, "/", task));
      ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Problem> problem, LoadProblem(suite, task, data_));
      bool found = false;
      for (int r = 0; r < baseline.rows(); ++r) {
        if (baseline.Text(r, 0) != suite.name || baseline.Text(r, 1) != task) continue;
        found = true;
        EXPECT_NEAR(*problem->info().optimum, baseline.Number(r, best),
                    2e-6 * std::fabs(baseline.Number(r, best)));
        EXPECT_NEAR(*problem->info().median, baseline.Number(r, median),
                    1e-3 * std::fabs(baseline.Number(r, median)));
      }
      EXPECT_TRUE(found);
    }
  }
}

}  // namespace
}  // namespace qalam::bench
