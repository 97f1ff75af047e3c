// qalam bench, without the folder of measured tables.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::SizeIs;

class BenchTest : public QalamTest {
 protected:
  Finished RunBench(const std::string& algorithms, const std::string& out,
                    const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"bench",   "run",     "--algorithm", algorithms,
                                      "--suite", "mixed",   "--task",      "training,branches",
                                      "--seeds", "3",       "--budget",    "25",
                                      "--out",   Path(out), "--data",      ""};
    words.insert(words.end(), more.begin(), more.end());
    return Qalam(words);
  }
  static std::vector<std::string> Lines(const std::string& text) {
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }
};

TEST_F(BenchTest, RunsAlgorithmsAndKeepsTheirCurves) {
  const Finished run = RunBench("random,sobol", "a.csv", {"--jobs", "2"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, ContainsRegex("SUITE +METHOD +NR@10 +NR@20"));
  EXPECT_THAT(run.out, ContainsRegex("mixed +random +0\\.[0-9]+"));
  const std::vector<std::string> rows = Lines(ReadFile(Path("a.csv")));
  EXPECT_THAT(rows[0], HasSubstr("algorithm,version,suite,task,seed,mode,parallel,n,nr"));
  // 2 algorithms, 2 tasks, 3 seeds, 12 checkpoints.
  EXPECT_THAT(rows, SizeIs(1 + 2 * 2 * 3 * 12));
  const Finished table =
      Qalam({"bench", "table", Path("a.csv"), "--at", "25", "--against", "sobol"});
  EXPECT_THAT(table.out, HasSubstr("2 tasks of 1 suite that all methods have run"));
  EXPECT_THAT(table.out, ContainsRegex("random +[01]\\.[0-9]+ \\+- 0\\.[0-9]+ +[12]\\.[0-9]+"));
}

TEST_F(BenchTest, ResumesAfterTheRunsThatAFileHolds) {
  ASSERT_EQ(RunBench("random", "a.csv").code, 0);
  const std::string random_alone = ReadFile(Path("a.csv"));
  ASSERT_EQ(RunBench("random,sobol", "a.csv", {"--resume"}).code, 0);
  const std::string both = ReadFile(Path("a.csv"));
  EXPECT_EQ(both.substr(0, random_alone.size()), random_alone);
  EXPECT_EQ(Lines(both).size(), 2 * Lines(random_alone).size() - 1);
}

TEST_F(BenchTest, ServesAProblemInLinesOfJson) {
  const std::string request = R"({"assignment": {"p0": 0.5, "p1": 0.25}})";
  const Finished served = Shell(absl::StrCat(
      "printf '%s\\n' '", request, "' nonsense '", request,
      "' | $QALAM bench serve --suite synthetic --task Hartmann3 --seed 1 --budget 3 --out ",
      Path("s.csv"), " --algorithm other"));
  EXPECT_EQ(served.code, 0) << served.err;
  const std::vector<std::string> lines = Lines(served.out);
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(Json::parse(lines[0])["space"], SizeIs(3));
  EXPECT_THAT(lines[1], HasSubstr("\\\"p2\\\" has no value"));
  EXPECT_THAT(lines[2], HasSubstr("error"));
  EXPECT_EQ(ReadFile(Path("s.csv")), "") << "the run was given up before its budget";
}

TEST_F(BenchTest, ListsProblemsWithTheirSpaces) {
  EXPECT_THAT(Qalam({"bench", "problems"}).out, ContainsRegex("bbob +72 +no"));
  const Json problems =
      QalamJson({"bench", "problems", "--suite", "mixed", "--task", "branches", "-o", "json"});
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0]["space"], SizeIs(5));
}

TEST_F(BenchTest, TimesSuggestions) {
  const Finished latency = Qalam({"bench", "latency", "--algorithm", "random", "--history", "10",
                                  "--dimensions", "4", "--out", Path("l.csv")});
  EXPECT_EQ(latency.code, 0) << latency.err;
  EXPECT_THAT(latency.out, ContainsRegex("random +continuous +4 +10 +[0-9.]+"));
  EXPECT_THAT(Lines(ReadFile(Path("l.csv"))), SizeIs(3));
}

TEST_F(BenchTest, MistakesAreAnsweredWithWhatThereIs) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"bench", "rum"}, "did you mean run?"},
      {{"bench", "run"}, "--algorithm"},
      {{"bench", "run", "--algorithm", "sobl"}, "sobol"},
      {{"bench", "run", "--algorithm", "random", "--suite", "bbbob"}, "did you mean bbob?"},
      {{"bench", "run", "--algorithm", "random", "--suite", "mixed", "--task", "x"}, "training"},
      {{"bench", "run", "--algorithm", "random", "--suite", "fcnet", "--data", ""}, "--data DIR"},
      {{"bench", "table"}, "name the CSV files"},
      {{"bench", "serve", "--suite", "mixed"}, "serve evaluates one problem"}};
  for (const auto& [words, expected] : mistakes) {
    const Finished finished = Qalam(words);
    EXPECT_NE(finished.code, 0) << expected;
    EXPECT_THAT(finished.err, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace qalam
