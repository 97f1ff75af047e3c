#include "trials/supervisor/copy_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/trials/runner_test_support.h"
#include "trials/supervisor/files.h"

namespace qalam::supervisor {
namespace {

using testing::HasSubstr;

class CopyFolderTest : public testing::Test {
 protected:
  std::string Source(const std::string& name = "") const { return folder_.File("old" + name); }
  std::string Target(const std::string& name = "") const { return folder_.File("new" + name); }
  void WriteSource(const std::string& name, const std::string& text) const {
    ASSERT_EQ(WriteNewFile(Source(name), text), 0);
  }
  CopyFailure Copy() const {
    return ReplaceWithCopy(Source(), Target(), [] { return true; });
  }

  TestFolder folder_;
};

TEST_F(CopyFolderTest, CopiesFilesFoldersPermissionsAndTimes) {
  WriteSource("/model", "weights");
  WriteSource("/deep/er/empty", "");
  ASSERT_EQ(chmod(Source("/model").c_str(), 0440), 0);
  const timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 5}, {.tv_sec = 2000, .tv_nsec = 7}};
  ASSERT_EQ(utimensat(AT_FDCWD, Source("/model").c_str(), times, 0), 0);
  ASSERT_EQ(utimensat(AT_FDCWD, Source("/deep").c_str(), times, 0), 0);
  EXPECT_EQ(Copy().error, 0);
  EXPECT_EQ(ReadText(Target("/model")), "weights");
  struct stat info = {};
  ASSERT_EQ(stat(Target("/model").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0440);
  EXPECT_EQ(info.st_mtim.tv_sec, 2000);
  EXPECT_EQ(info.st_mtim.tv_nsec, 7);
  ASSERT_EQ(stat(Target("/deep").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 2000);
  ASSERT_EQ(stat(Target("/deep/er/empty").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 0);
}

TEST_F(CopyFolderTest, WhatTheCopyIsChangedToLeavesTheOriginalAlone) {
  WriteSource("/model", "weights");
  ASSERT_EQ(Copy().error, 0);
  WriteText(Target("/model"), "others");
  EXPECT_EQ(ReadText(Source("/model")), "weights");
}

TEST_F(CopyFolderTest, LinksIntoTheFolderLeadIntoTheCopyAndOthersStay) {
  WriteSource("/step-7", "7");
  ASSERT_EQ(symlink("step-7", Source("/relative").c_str()), 0);
  ASSERT_EQ(symlink(Source("/step-7").c_str(), Source("/absolute").c_str()), 0);
  ASSERT_EQ(symlink("/no/such/place", Source("/outside").c_str()), 0);
  ASSERT_EQ(Copy().error, 0);
  EXPECT_EQ(std::filesystem::read_symlink(Target("/relative")), "step-7");
  EXPECT_EQ(std::filesystem::read_symlink(Target("/absolute")), Target("/step-7"));
  EXPECT_EQ(std::filesystem::read_symlink(Target("/outside")), "/no/such/place");
}

TEST_F(CopyFolderTest, PipesAreLeftOut) {
  WriteSource("/model", "weights");
  ASSERT_EQ(mkfifo(Source("/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Copy().error, 0);
  EXPECT_FALSE(std::filesystem::exists(Target("/pipe")));
}

TEST_F(CopyFolderTest, WithoutAnOriginalTheFolderIsEmpty) {
  ASSERT_EQ(WriteNewFile(Target("/rest"), "of a former attempt"), 0);
  EXPECT_EQ(Copy().error, 0);
  EXPECT_TRUE(std::filesystem::is_empty(Target()));
  EXPECT_EQ(ReplaceWithCopy("", folder_.File("a/b/c"), [] { return true; }).error, 0);
  EXPECT_TRUE(IsFolder(folder_.File("a/b/c")));
}

TEST_F(CopyFolderTest, WhatWasThereAndWhatAKilledCopyLeftIsReplaced) {
  WriteSource("/model", "parent");
  ASSERT_EQ(WriteNewFile(Target("/half"), "written"), 0);
  ASSERT_EQ(WriteNewFile(UnfinishedCopyOf(Target()) + "/half", "copied"), 0);
  EXPECT_EQ(Copy().error, 0);
  EXPECT_EQ(ReadText(Target("/model")), "parent");
  EXPECT_FALSE(std::filesystem::exists(Target("/half")));
  EXPECT_FALSE(std::filesystem::exists(UnfinishedCopyOf(Target())));
}

TEST_F(CopyFolderTest, ACopyThatIsToEndLeavesNothing) {
  WriteSource("/a", "1");
  WriteSource("/b", "2");
  int asked = 0;
  const CopyFailure failure = ReplaceWithCopy(Source(), Target(), [&asked] { return ++asked < 3; });
  EXPECT_EQ(failure.error, ECANCELED);
  EXPECT_FALSE(std::filesystem::exists(Target()));
  EXPECT_FALSE(std::filesystem::exists(UnfinishedCopyOf(Target())));
}

TEST_F(CopyFolderTest, AFailureNamesTheFile) {
  WriteText(Source(), "no folder");
  const CopyFailure failure = Copy();
  EXPECT_EQ(failure.error, ENOTDIR);
  EXPECT_EQ(failure.path, Source());
}

TEST_F(CopyFolderTest, AFullDiskEndsTheCopyAndGetsItsRoomBack) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can mount a small file system";
  ASSERT_EQ(MakeFolders(folder_.File("small")), 0);
  if (mount("tmpfs", folder_.File("small").c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "no file system can be mounted here";
  }
  WriteSource("/model", std::string(1 << 20, 'w'));
  const std::string target = folder_.File("small/new");
  const CopyFailure failure = ReplaceWithCopy(Source(), target, [] { return true; });
  EXPECT_EQ(failure.error, ENOSPC);
  EXPECT_THAT(failure.path, HasSubstr("/model"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.File("small")));
  umount2(folder_.File("small").c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace qalam::supervisor
