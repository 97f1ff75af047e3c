#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

class ExperimentLockTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<ExperimentLock>> Take(
      const std::string& what = "experiment default/x") {
    return TakeExperimentLock(path_, what);
  }

  // Starts a process that takes the lock and then waits; returns its id once it holds the lock.
  pid_t StartHolder() {
    int ready[2];
    if (pipe(ready) != 0) return -1;
    const pid_t child = fork();
    if (child == 0) {
      const auto lock = Take();
      const char result = lock.ok() ? 'y' : 'n';
      if (write(ready[1], &result, 1) != 1) _exit(1);
      while (true) pause();
    }
    char result = 'n';
    EXPECT_EQ(read(ready[0], &result, 1), 1);
    EXPECT_EQ(result, 'y');
    close(ready[0]);
    close(ready[1]);
    return child;
  }

  TempFolder folder_;
  std::string path_ = folder_.File("x.lock");
};

TEST_F(ExperimentLockTest, IsTakenOnceAndAgainAfterwards) {
  {
    ASSERT_OK_AND_ASSIGN(const auto lock, Take());
    EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 HasSubstr(absl::StrCat("process ", getpid()))));
  }
  EXPECT_OK(Take());
  EXPECT_OK(TakeExperimentLock(folder_.File("other.lock"), "experiment default/y"));
}

TEST_F(ExperimentLockTest, ItsFileIsForItsOwnerOnly) {
  ASSERT_OK_AND_ASSIGN(const auto lock, Take());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(ExperimentLockTest, TellsWhoHoldsItAndWhatToDo) {
  const pid_t child = StartHolder();
  EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               MatchesRegex(absl::StrCat(
                                   "experiment default/x is already being run by process ", child,
                                   " \\(\"", program_invocation_short_name,
                                   "[^\"]*\", since "
                                   "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\); watch it with "
                                   "\"qalam get trials x\", stop it with \"qalam stop x\""))));
  EXPECT_THAT(Take("experiment team/x"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                  HasSubstr("\"qalam stop x -n team\"")));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(ExperimentLockTest, AKilledHolderIsNoObstacle) {
  const pid_t child = StartHolder();
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  ASSERT_OK_AND_ASSIGN(const auto lock, Take());
  EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr(absl::StrCat("process ", getpid(), " "))))
      << "the file names the new holder";
}

TEST_F(ExperimentLockTest, ProgramsStartedMeanwhileDoNotKeepIt) {
  pid_t child = -1;
  {
    ASSERT_OK_AND_ASSIGN(const auto lock, Take());
    int started[2];
    ASSERT_EQ(pipe2(started, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
      execl("/bin/sleep", "sleep", "1000", nullptr);
      _exit(1);
    }
    close(started[1]);
    char end;
    ASSERT_EQ(read(started[0], &end, 1), 0) << "closed when the child became another program";
    close(started[0]);
  }
  EXPECT_OK(Take());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(ExperimentLockTest, WhatAFileSaysIsNotBelieved) {
  const int fd = open(path_.c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(write(fd, "1\nnonsense", 10), 10);
  close(fd);
  ASSERT_OK_AND_ASSIGN(auto lock, Take());
  const int other = open(path_.c_str(), O_WRONLY | O_TRUNC);
  close(other);
  EXPECT_THAT(Take(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("by another process;")));
}

TEST_F(ExperimentLockTest, AMissingFolderIsNamed) {
  EXPECT_THAT(
      TakeExperimentLock(folder_.File("none/x.lock"), "experiment default/x"),
      StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("none/x.lock"), HasSubstr("folder"))));
}

}  // namespace
}  // namespace qalam
