#include "trials/runners/spare_folders.h"

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
  WriteText(directory + "/state", std::string(supervisor::kStateHeaderBytes, 'h') + "lines");
  return directory;
}

TEST(SpareFoldersTest, NextJobGetsTheFolderWithoutTheLines) {
  const TestFolder folder;
  SpareFolders spares;
  const std::string ended = EndedJob(folder, "ended");
  const std::string next = folder.File("next");
  const ino_t inode = InodeOf(ended);
  spares.Take(ended);
  EXPECT_TRUE(spares.MoveTo(next));
  EXPECT_EQ(InodeOf(next), inode);
  EXPECT_FALSE(Exists(ended));
  EXPECT_TRUE(Exists(next + "/work"));
  EXPECT_EQ(ReadText(next + "/state"), std::string(supervisor::kStateHeaderBytes, 'h'));
  EXPECT_FALSE(spares.MoveTo(folder.File("another")));  // there is none left
  EXPECT_FALSE(Exists(folder.File("another")));
}

TEST(SpareFoldersTest, WhatIsNotUsedIsRemovedAtTheEnd) {
  const TestFolder folder;
  const std::string ended = EndedJob(folder, "ended");
  {
    SpareFolders spares;
    spares.Take(ended);
    EXPECT_TRUE(Exists(ended));
  }
  EXPECT_FALSE(Exists(ended));
}

TEST(SpareFoldersTest, FolderThatTheJobChangedIsNotGivenToAnother) {
  const TestFolder folder;
  SpareFolders spares;
  supervisor::MakeFolders(folder.File("elsewhere"));
  const auto changed = [&](const std::string& name, const auto& change) {
    const std::string ended = EndedJob(folder, name);
    change(ended);
    spares.Take(ended);
    EXPECT_FALSE(Exists(ended)) << name;
  };
  changed("file", [](const std::string& job) { WriteText(job + "/work/checkpoint", "bytes"); });
  changed("volume", [](const std::string& job) { supervisor::MakeFolders(job + "/volume"); });
  changed("stateless", [](const std::string& job) { unlink((job + "/state").c_str()); });
  changed("rights", [](const std::string& job) { chmod((job + "/work").c_str(), 0700 | S_ISVTX); });
  changed("link", [&](const std::string& job) {
    rmdir((job + "/work").c_str());
    ASSERT_EQ(symlink(folder.File("elsewhere").c_str(), (job + "/work").c_str()), 0);
  });
  EXPECT_FALSE(spares.MoveTo(folder.File("next")));
  EXPECT_TRUE(Exists(folder.File("elsewhere")));
}

TEST(SpareFoldersTest, FolderOfAJobThatIsThereIsLeftAlone) {
  const TestFolder folder;
  SpareFolders spares;
  spares.Take(EndedJob(folder, "ended"));
  const std::string known = folder.File("known");
  ASSERT_EQ(supervisor::MakeFolders(known), 0);
  const ino_t inode = InodeOf(known);
  EXPECT_FALSE(spares.MoveTo(known));
  EXPECT_EQ(InodeOf(known), inode);
  EXPECT_TRUE(spares.MoveTo(folder.File("next")));
}

TEST(SpareFoldersTest, FolderThatIsGoneIsNoSpare) {
  const TestFolder folder;
  SpareFolders spares;
  const std::string ended = EndedJob(folder, "ended");
  spares.Take(ended);
  supervisor::RemoveFolder(ended);
  EXPECT_FALSE(spares.MoveTo(folder.File("next")));
}

TEST(SpareFoldersTest, JobsThatFollowEachOtherOnARunnerDoNotSeeWhatWasBefore) {
  RunnerFixture fixture;
  const Job first = fixture.Shell("first", "echo one");
  const Job second = fixture.Shell("second", "echo two; ls -A");
  EXPECT_EQ(fixture.Run(first).end, JobEnd::kSucceeded);
  const ino_t state = InodeOf(supervisor::StatePath(first.directory));
  fixture.runner().Release(first, /*keep_log=*/true);
  EXPECT_EQ(fixture.Run(second).end, JobEnd::kSucceeded);
  EXPECT_EQ(InodeOf(supervisor::StatePath(second.directory)), state);
  EXPECT_THAT(fixture.sink().Lines("second"), testing::ElementsAre("two"));
  EXPECT_EQ(ReadText(first.directory + kLogSuffix), "one\n");
}

}  // namespace
}  // namespace qalam
