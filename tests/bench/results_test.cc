#include "bench/results.h"

#include <gtest/gtest.h>

#include <fstream>

#include "bench/data_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam::bench {
namespace {

RunResult Example(const std::string& algorithm, uint64_t seed) {
  RunResult result;
  result.key = {.algorithm = algorithm,
                .version = "1.2",
                .suite = "bbob",
                .task = "f1_d2_i1",
                .seed = seed,
                .mode = Mode::kNoisy,
                .parallel = 4};
  result.curve = {{.n = 1}, {.n = 2, .nr = 0.25, .aulc = 0.5, .best = 3.5, .gap = 1e-7}};
  return result;
}

TEST(ResultsTest, SurviveTheTripThroughAFile) {
  const TempDir folder;
  const std::string path = folder.path() + "/runs.csv";
  ASSERT_OK(AppendResults(path, {Example("tpe:a=1,b", 1)}));
  ASSERT_OK(AppendResults(path, {Example("tpe:a=1,b", 2), Example("random", 1)}));
  ASSERT_OK_AND_ASSIGN(const std::vector<RunResult> read, ReadResults({path, path}));
  ASSERT_EQ(read.size(), 3u);
  std::string rows;
  for (const RunResult& result : read) rows += ResultsRows(result);
  EXPECT_EQ(rows, ResultsRows(Example("random", 1)) + ResultsRows(Example("tpe:a=1,b", 1)) +
                      ResultsRows(Example("tpe:a=1,b", 2)));
}

TEST(ResultsTest, WhatWasStoppedIsKept) {
  const TempDir folder;
  const std::string path = folder.path() + "/runs.csv";
  RunResult stopped = Example("tpe+asha", 1);
  stopped.curve.back().stops = StopAccount{.begun = 9, .stopped = 5, .missed = 1, .saved = 0.25};
  ASSERT_OK(AppendResults(path, {stopped, Example("tpe", 1)}));
  ASSERT_OK_AND_ASSIGN(const std::vector<RunResult> read, ReadResults({path}));
  EXPECT_EQ(ResultsRows(read[1]), ResultsRows(stopped));
  EXPECT_FALSE(read[0].curve.back().stops.has_value());
  EXPECT_FALSE(read[1].curve.front().stops.has_value());
}

TEST(ResultsTest, OlderFilesAreReadAndKeepTheirColumns) {
  const TempDir folder;
  const std::string path = folder.path() + "/old.csv";
  std::ofstream(path) << "algorithm,version,suite,task,seed,mode,parallel,n,nr,aulc,best,gap,"
                         "speedup,clock,ask_seconds\n"
                         "tpe,1.2,bbob,f1,0,D,1,2,0.25,0.5,3.5,1e-07,0,0,0\n";
  RunResult stopped = Example("tpe+asha", 1);
  stopped.curve.back().stops = StopAccount{.begun = 9, .stopped = 5};
  ASSERT_OK(AppendResults(path, {stopped}));
  ASSERT_OK_AND_ASSIGN(const std::vector<RunResult> read, ReadResults({path}));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].curve.back().nr, 0.25);
  EXPECT_EQ(read[1].curve.size(), 2u);
  EXPECT_FALSE(read[1].curve.back().stops.has_value());
}

TEST(ResultsTest, OtherFilesAreNamed) {
  const TempDir folder;
  EXPECT_THAT(ReadResults({folder.path() + "/none.csv"}),
              StatusIs(absl::StatusCode::kNotFound, testing::HasSubstr("none.csv")));
}

TEST(CsvTableTest, ReadsQuotesAndFindsShortRows) {
  ASSERT_OK_AND_ASSIGN(const CsvTable table, CsvTable::Parse("a,b\r\n\"x,\"\"y\"\"\",2\r\n", "f"));
  EXPECT_EQ(table.Text(0, 0), "x,\"y\"");
  EXPECT_EQ(table.Number(0, 1), 2);
  EXPECT_THAT(CsvTable::Parse("a,b\n1\n", "f"),
              StatusIs(absl::StatusCode::kDataLoss, testing::HasSubstr("f:2")));
}

}  // namespace
}  // namespace qalam::bench
