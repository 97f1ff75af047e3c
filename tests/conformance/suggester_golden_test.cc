// The first suggestions of every algorithm, kept in files: another process, another day and a later
// release give the same. QALAM_UPDATE_GOLDEN=1 rewrites the files after an intended change.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/parameter.h"
#include "suggestion/registry.h"
#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

class SuggesterGoldenTest : public testing::TestWithParam<std::string> {};

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) names.push_back(algorithm.name);
  return names;
}

// Twenty trials in requests of four, one a line.
std::string FirstSuggestions(const AlgorithmDescriptor& algorithm) {
  SuggesterSpec spec;
  spec.space = TestSpace(algorithm.capabilities.continuous ? "flat" : "finite");
  spec.objective.metrics = {{.name = "loss"}};
  spec.seed = 42;
  spec = CompleteSpec(algorithm, std::move(spec));
  const std::unique_ptr<Suggester> suggester = CreateSuggester(algorithm.name, spec).value();
  History history(spec.space, spec.objective);
  std::string text;
  while (history.size() < 20) {
    const std::vector<Suggestion> batch = suggester->Suggest(history, 4).value();
    for (const Suggestion& suggestion : batch) {
      TrialRecord trial = PendingTrial(history.next_number(), suggestion.assignment);
      trial.labels = suggestion.labels;
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = static_cast<double>(trial.number % 7);
      history.Put(trial);
      for (const auto& [name, value] : spec.space->Format(suggestion.assignment)) {
        absl::StrAppend(&text, name, "=", value, " ");
      }
      text.back() = '\n';
    }
  }
  return text;
}

// Models compute with the processor's own vector kernels, so other processors may differ in the
// last digits: numbers are compared to a tolerance, everything else exactly.
void ExpectNearlyEqual(const std::string& text, const std::string& golden) {
  const std::vector<std::string> words = absl::StrSplit(text, absl::ByAnyChar(" \n="));
  const std::vector<std::string> expected = absl::StrSplit(golden, absl::ByAnyChar(" \n="));
  ASSERT_EQ(words.size(), expected.size());
  for (size_t i = 0; i < words.size(); ++i) {
    const std::optional<double> number = ParseNumber(words[i]);
    const std::optional<double> golden_number = ParseNumber(expected[i]);
    if (number.has_value() && golden_number.has_value()) {
      EXPECT_NEAR(*number, *golden_number, 1e-3 * (1e-2 + std::abs(*golden_number)))
          << "word " << i;
    } else {
      EXPECT_EQ(words[i], expected[i]) << "word " << i;
    }
  }
}

TEST_P(SuggesterGoldenTest, FirstSuggestionsNeverChange) {
  const std::string path = absl::StrCat("tests/golden/suggestions_", GetParam(), ".txt");
  const AlgorithmDescriptor& algorithm = *FindAlgorithm(GetParam()).value();
  const std::string text = FirstSuggestions(algorithm);
  if (std::getenv("QALAM_UPDATE_GOLDEN") != nullptr) {
    std::ofstream file(path);
    file << text;
    ASSERT_TRUE(file.good()) << path;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << path << " is missing; run with QALAM_UPDATE_GOLDEN=1 to write it";
  std::stringstream golden;
  golden << file.rdbuf();
  if (algorithm.capabilities.costly) {
    ExpectNearlyEqual(text, golden.str());
  } else {
    EXPECT_EQ(text, golden.str()) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SuggesterGoldenTest, testing::ValuesIn(AlgorithmNames()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return TestNameOf(info.param);
                         });

}  // namespace
}  // namespace qalam
