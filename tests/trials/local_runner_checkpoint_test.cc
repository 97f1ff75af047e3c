// Jobs that begin with what others left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CheckpointTest : public testing::Test {
 protected:
  // A job with the folder `own` that begins as a copy of `parent`.
  Job JobWith(const std::string& name, const std::string& script, const std::string& parent) const {
    Job job = fixture_.Shell(name, script);
    job.checkpoint = CheckpointFolder{.path = Folder(name)};
    if (!parent.empty()) job.checkpoint->source = Folder(parent);
    return job;
  }
  std::string Folder(const std::string& name) const { return fixture_.File("checkpoints/" + name); }

  RunnerFixture fixture_;
};

TEST_F(CheckpointTest, AJobFindsWhatItsParentLeftBeforeItStarts) {
  const auto script = [&](const std::string& name) {
    return "cat " + Folder(name) + "/log 2>/dev/null; echo " + name + " >> " + Folder(name) +
           "/log";
  };
  ASSERT_EQ(fixture_.Run(JobWith("a", script("a"), "")).end, JobEnd::kSucceeded);
  ASSERT_EQ(fixture_.Run(JobWith("b", script("b"), "a")).end, JobEnd::kSucceeded);
  ASSERT_EQ(fixture_.Run(JobWith("c", script("c"), "b")).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture_.sink().Lines("c"), testing::ElementsAre("a", "b"));
  EXPECT_EQ(ReadText(Folder("a") + "/log"), "a\n");
  EXPECT_EQ(ReadText(Folder("c") + "/log"), "a\nb\nc\n");
}

TEST_F(CheckpointTest, AParentWithoutAFolderGivesAnEmptyOne) {
  EXPECT_EQ(fixture_.Run(JobWith("a", "rmdir " + Folder("a"), "gone")).end, JobEnd::kSucceeded);
}

TEST_F(CheckpointTest, AnotherAttemptBeginsWithTheParentAgainUnlessItKeepsItsOwn) {
  ASSERT_EQ(fixture_.Run(JobWith("p", "echo 1 > " + Folder("p") + "/step", "")).end,
            JobEnd::kSucceeded);
  const std::string script = "cat " + Folder("t") + "/step; echo 2 > " + Folder("t") + "/step";
  for (const char* attempt : {"first", "second"}) {
    Job job = JobWith("t", script, "p");
    job.name = attempt;
    job.directory = fixture_.File(attempt);
    ASSERT_EQ(fixture_.Run(job).end, JobEnd::kSucceeded);
    EXPECT_THAT(fixture_.sink().Lines(attempt), testing::ElementsAre("1"));
  }
  Job job = JobWith("t", script, "p");
  job.name = "third";
  job.directory = fixture_.File("third");
  job.checkpoint->keeps_content = true;
  ASSERT_EQ(fixture_.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture_.sink().Lines("third"), testing::ElementsAre("2"));
}

TEST_F(CheckpointTest, WhatCannotBeCopiedFailsTheJobAndNamesTheFile) {
  WriteText(fixture_.File("file"), "no folder");
  Job job = JobWith("t", "echo ran > " + fixture_.File("ran"), "");
  job.checkpoint->source = fixture_.File("file");
  const JobOutcome outcome = fixture_.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kNoCheckpoint);
  EXPECT_THAT(outcome.message,
              AllOf(HasSubstr("cannot copy the checkpoint"), HasSubstr("file: Not a directory")));
  EXPECT_FALSE(std::filesystem::exists(fixture_.File("ran")));
  EXPECT_FALSE(std::filesystem::exists(Folder("t")));
}

TEST_F(CheckpointTest, ASupervisorThatIsKilledDuringTheCopyLeavesNoHalfFolder) {
  const std::string big(48 << 20, 'w');
  std::filesystem::create_directories(Folder("p"));
  for (int i = 0; i < 4; ++i) WriteText(Folder("p") + "/" + std::to_string(i), big);
  const Job job = JobWith("t", "true", "p");
  ASSERT_OK(fixture_.runner().Submit(job));
  KillProcess(SupervisorOf(job));
  fixture_.sink().WaitEnded("t");
  // Whole, or not there.
  if (std::filesystem::exists(Folder("t"))) {
    EXPECT_EQ(std::filesystem::file_size(Folder("t") + "/3"), big.size());
  }
  Job again = job;
  again.name = "again";
  again.directory = fixture_.File("again");
  ASSERT_EQ(fixture_.Run(again).end, JobEnd::kSucceeded);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(std::filesystem::file_size(Folder("t") + "/" + std::to_string(i)), big.size());
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(fixture_.File("checkpoints")), {}),
            2);
}

TEST_F(CheckpointTest, AJobThatIsCancelledDuringTheCopyEndsAtOnce) {
  std::filesystem::create_directories(Folder("p"));
  for (int i = 0; i < 2000; ++i) WriteText(Folder("p") + "/" + std::to_string(i), "x");
  const Job job = JobWith("t", "true", "p");
  ASSERT_OK(fixture_.runner().Submit(job));
  fixture_.runner().Cancel("t", absl::ZeroDuration());
  const JobOutcome outcome = fixture_.sink().WaitEnded("t");
  EXPECT_THAT(outcome.end, testing::AnyOf(JobEnd::kCancelled, JobEnd::kSucceeded));
}

}  // namespace
}  // namespace qalam
