#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LocalRunnerCaptureTest, OnlyLinesWithOneOfTheWordsAreTold) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo loss=1; echo chatter; echo; echo acc=2 >&2; printf loss=3");
  job.capture.words = {"loss", "acc"};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("loss=1", "acc=2", "loss=3"));
}

TEST(LocalRunnerCaptureTest, WithoutWordsEveryLineButEmptyOnes) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "printf 'a\\n\\n\\r\\nb\\r\\n c'");
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("a", "b", " c"));
}

TEST(LocalRunnerCaptureTest, SourceNoneTellsNothing) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo loss=1");
  job.capture.source = CaptureSpec::Source::kNone;
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), IsEmpty());
  EXPECT_EQ(ReadText(job.directory + kLogSuffix), "loss=1\n");
}

TEST(LocalRunnerCaptureTest, LineIsToldWhenItsNewlineComesNotBefore) {
  RunnerFixture fixture;
  const std::string go = fixture.File("go");
  const Job job = fixture.Shell(
      "t", "echo first; printf lo; mkfifo " + go + "; read x < " + go + "; echo ss=1; sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  ASSERT_TRUE(WaitUntil([&] { return std::filesystem::is_fifo(go); }));
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first"));
  WriteText(go, "\n");
  ASSERT_TRUE(fixture.sink().WaitLines("t", 2));
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first", "loss=1"));
  fixture.runner().Cancel("t", absl::ZeroDuration());
  fixture.sink().WaitEnded("t");
}

TEST(LocalRunnerCaptureTest, LinesArriveLive) {
  RunnerFixture fixture;
  const Job job =
      fixture.Shell("t", "for i in 1 2 3 4 5 6 7 8 9; do date +%s.%N; sleep 0.02; done");
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  const std::vector<absl::Time> seen = fixture.sink().LineTimes("t");
  const std::vector<absl::Time> told = fixture.sink().ToldTimes("t");
  ASSERT_EQ(told.size(), 9u);
  std::vector<absl::Duration> delays;
  for (size_t i = 0; i < told.size(); ++i) delays.push_back(told[i] - seen[i]);
  std::sort(delays.begin(), delays.end());
  // The middle one: the machine may be busy with something else now and then.
  EXPECT_LT(delays[delays.size() / 2], absl::Milliseconds(10));
}

TEST(LocalRunnerCaptureTest, LongLinesAreCut) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "head -c 200000 /dev/zero | tr '\\0' x; echo; echo loss=1");
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  const std::vector<std::string> lines = fixture.sink().Lines("t");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].size(), 64u << 10);
  EXPECT_EQ(lines[1], "loss=1");
}

TEST(LocalRunnerCaptureTest, ManyLinesComeInOrderAndWhole) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "seq 1 100000");
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  const std::vector<std::string> lines = fixture.sink().Lines("t");
  ASSERT_EQ(lines.size(), 100000u);
  for (size_t i = 0; i < lines.size(); ++i) ASSERT_EQ(lines[i], absl::StrCat(i + 1));
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerCaptureTest, LogIsRotatedAndNoLineIsLost) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "seq 1 30000");  // 168894 bytes
  job.log_limit_bytes = 64 << 10;
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_EQ(fixture.sink().Lines("t").size(), 30000u);
  EXPECT_LE(std::filesystem::file_size(job.directory + kLogSuffix), 64u << 10);
  EXPECT_LE(std::filesystem::file_size(job.directory + kOldLogSuffix), 64u << 10);
  EXPECT_TRUE(ReadText(job.directory + kLogSuffix).ends_with("\n30000\n"));
}

// The ways in which a program may write its metrics file.
struct FileCase {
  const char* name;
  const char* script;  // $F is the file, in a folder that is there
  std::vector<std::string> lines;
};

class FileCaptureTest : public testing::TestWithParam<std::string> {};

const std::vector<FileCase>& FileCases() {
  static const auto* cases = new std::vector<FileCase>{
      {"PartsOfLines",
       "printf lo >> $F; sleep 0.1; echo ss=1 >> $F; printf loss=2 >> $F",
       {"loss=1", "loss=2"}},
      {"CreatedLate", "sleep 0.1; echo loss=1 > $F", {"loss=1"}},
      {"FolderCreatedLate",
       "sleep 0.1; mkdir -p $(dirname $F); sleep 0.1; echo no > $F.x; "
       "echo loss=1 > $F",
       {"loss=1"}},
      {"WrittenJustBeforeTheEnd", "echo loss=1 >> $F; exec true", {"loss=1"}},
      {"RotatedByRename",
       "for i in 1 2 3; do echo loss=$i >> $F; sleep 0.1; mv $F $F.$i; done; "
       "echo loss=4 >> $F",
       {"loss=1", "loss=2", "loss=3", "loss=4"}},
      {"LastLineOfARotatedFile",
       "echo loss=1 > $F; sleep 0.1; printf loss=2 >> $F; mv $F $F.1; "
       "echo loss=3 > $F",
       {"loss=1", "loss=2", "loss=3"}},
      {"Truncated",
       "echo loss=1111 > $F; sleep 0.3; echo loss=2 > $F; sleep 0.3",
       {"loss=1111", "loss=2"}},
      {"NeverCreated", "true", {}},
      {"RemovedAndMadeAgain",
       "echo loss=1 > $F; sleep 0.1; rm $F; sleep 0.1; echo loss=1 > $F",
       {"loss=1", "loss=1"}},
      {"ByLink",
       "echo > $F.real; ln -s $F.real $F; sleep 0.1; echo loss=1 >> $F.real; sleep 0.1; "
       "echo loss=2 >> $F.real",
       {"loss=1", "loss=2"}},
  };
  return *cases;
}

TEST_P(FileCaptureTest, EveryLineIsToldOnce) {
  RunnerFixture fixture;
  for (const FileCase& one : FileCases()) {
    if (one.name != GetParam()) continue;
    Job job = fixture.Shell("t", one.script);
    job.scratch_dirs = {"metrics"};
    job.capture.source = CaptureSpec::Source::kFile;
    job.capture.path = job.directory + "/metrics/metrics.log";
    if (GetParam() == "FolderCreatedLate") job.capture.path = job.directory + "/later/on/m";
    job.capture.words = {"loss"};
    job.pod.main.env = {{"F", job.capture.path}};
    EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
    EXPECT_EQ(fixture.sink().Lines("t"), one.lines);
    EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
  }
}

std::vector<std::string> FileCaseNames() {
  std::vector<std::string> names;
  for (const FileCase& one : FileCases()) names.push_back(one.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Ways, FileCaptureTest, testing::ValuesIn(FileCaseNames()),
                         [](const auto& info) { return info.param; });

TEST(LocalRunnerCaptureTest, FileLinesArriveWhileTheTrialRuns) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo loss=1 >> $F; sleep 600");
  job.capture.source = CaptureSpec::Source::kFile;
  job.capture.path = fixture.File("metrics.log");
  job.pod.main.env = {{"F", job.capture.path}};
  ASSERT_OK(fixture.runner().Submit(job));
  EXPECT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Cancel("t", absl::ZeroDuration());
  fixture.sink().WaitEnded("t");
}

}  // namespace
}  // namespace qalam
