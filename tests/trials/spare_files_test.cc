#include "trials/runners/spare_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/trials/runner_test_support.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/state_file.h"

namespace qalam {
namespace {

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

ino_t InodeOf(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

// A folder as a job leaves it.
std::string EndedJob(const TestFolder& folder, const std::string& name) {
  const std::string directory = folder.File(name);
  EXPECT_EQ(supervisor::MakeFolders(directory + "/work"), 0);
  WriteText(directory + "/log", "kept\n");
  WriteText(directory + "/state", std::string(supervisor::kStateHeaderBytes, 'h') + "lines");
  return directory;
}

std::string NewJob(const TestFolder& folder, const std::string& name) {
  const std::string directory = folder.File(name);
  EXPECT_EQ(supervisor::MakeFolders(directory), 0);
  return directory;
}

TEST(SpareFilesTest, NextJobGetsStateAndWorkFolderWithoutTheLines) {
  const TestFolder folder;
  SpareFiles spares;
  const std::string ended = EndedJob(folder, "ended");
  const std::string next = NewJob(folder, "next");
  const ino_t state = InodeOf(ended + "/state");
  const ino_t work = InodeOf(ended + "/work");
  spares.TakeFrom(ended);
  spares.MoveInto(next);
  EXPECT_EQ(InodeOf(next + "/state"), state);
  EXPECT_EQ(InodeOf(next + "/work"), work);
  EXPECT_EQ(ReadText(next + "/state"), std::string(supervisor::kStateHeaderBytes, 'h'));
  EXPECT_EQ(ReadText(ended + "/log"), "kept\n");
  EXPECT_FALSE(Exists(ended + "/state"));
  EXPECT_FALSE(Exists(next + "/log"));
  const std::string another = NewJob(folder, "another");
  spares.MoveInto(another);  // there is none left
  EXPECT_EQ(rmdir(another.c_str()), 0);
}

TEST(SpareFilesTest, WhatIsNotUsedIsRemovedAtTheEnd) {
  const TestFolder folder;
  const std::string ended = EndedJob(folder, "ended");
  {
    SpareFiles spares;
    spares.TakeFrom(ended);
    EXPECT_TRUE(Exists(ended + "/state"));
  }
  EXPECT_FALSE(Exists(ended + "/state"));
  EXPECT_FALSE(Exists(ended + "/work"));
  EXPECT_TRUE(Exists(ended + "/log"));
}

TEST(SpareFilesTest, FolderThatTheJobChangedIsNotGivenToAnother) {
  const TestFolder folder;
  SpareFiles spares;
  const auto changed = [&](const std::string& name, const auto& change) {
    const std::string ended = EndedJob(folder, name);
    change(ended);
    spares.TakeFrom(ended);
    EXPECT_FALSE(Exists(ended + "/state")) << name;
    EXPECT_FALSE(Exists(ended + "/work")) << name;
    EXPECT_TRUE(Exists(ended + "/log")) << name;
  };
  changed("file", [](const std::string& job) { WriteText(job + "/work/checkpoint", "bytes"); });
  changed("volume", [](const std::string& job) { supervisor::MakeFolders(job + "/volume"); });
  changed("rights", [](const std::string& job) { chmod((job + "/work").c_str(), 0700 | S_ISVTX); });
  changed("link", [&](const std::string& job) {
    rmdir((job + "/work").c_str());
    ASSERT_EQ(symlink(NewJob(folder, "elsewhere").c_str(), (job + "/work").c_str()), 0);
  });
  const std::string next = NewJob(folder, "next");
  spares.MoveInto(next);
  EXPECT_EQ(rmdir(next.c_str()), 0);
  EXPECT_TRUE(Exists(folder.File("elsewhere")));
}

TEST(SpareFilesTest, FolderThatIsGoneIsNoSpare) {
  const TestFolder folder;
  SpareFiles spares;
  const std::string ended = EndedJob(folder, "ended");
  spares.TakeFrom(ended);
  supervisor::EmptyFolder(ended, /*keep_log=*/false);
  const std::string next = NewJob(folder, "next");
  spares.MoveInto(next);
  EXPECT_EQ(rmdir(next.c_str()), 0);
}

TEST(SpareFilesTest, JobsThatFollowEachOtherOnARunnerDoNotSeeWhatWasBefore) {
  RunnerFixture fixture;
  const Job first = fixture.Shell("first", "echo one");
  const Job second = fixture.Shell("second", "echo two; ls -A");
  EXPECT_EQ(fixture.Run(first).end, JobEnd::kSucceeded);
  const ino_t state = InodeOf(supervisor::StatePath(first.directory));
  fixture.runner().Release(first, /*keep_log=*/true);
  EXPECT_EQ(fixture.Run(second).end, JobEnd::kSucceeded);
  EXPECT_EQ(InodeOf(supervisor::StatePath(second.directory)), state);
  EXPECT_THAT(fixture.sink().Lines("second"), testing::ElementsAre("two"));
  EXPECT_EQ(ReadText(first.directory + "/log"), "one\n");
}

}  // namespace
}  // namespace qalam
