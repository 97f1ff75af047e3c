#include "controller/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class DataDirTest : public testing::Test {
 protected:
  DataDirTest() : folder_(testing::TempDir() + "qalam_XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~DataDirTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string folder_;
};

unsigned ModeOf(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

TEST_F(DataDirTest, MakesWhatIsMissingForItsOwnerOnly) {
  ASSERT_OK_AND_ASSIGN(const DataDir dir, DataDir::Open(folder_ + "/a/b"));
  EXPECT_EQ(dir.root(), folder_ + "/a/b");
  for (const char* made : {"/a", "/a/b", "/a/b/locks", "/a/b/control", "/a/b/trials"}) {
    SCOPED_TRACE(made);
    EXPECT_EQ(ModeOf(folder_ + made), 0700U);
  }
  EXPECT_OK(DataDir::Open(folder_ + "/a/b"));
}

TEST_F(DataDirTest, NamesTheFilesInIt) {
  ASSERT_OK_AND_ASSIGN(const DataDir dir, DataDir::Open(folder_));
  EXPECT_EQ(dir.StorePath(), folder_ + "/qalam.db");
  EXPECT_EQ(dir.LockPath("u"), folder_ + "/locks/u.lock");
  EXPECT_EQ(dir.ControlPath("u"), folder_ + "/control/u.sock");
  EXPECT_EQ(dir.ExperimentPath("u"), folder_ + "/trials/u");
  EXPECT_EQ(dir.AttemptPath("u", "t-1", 2), folder_ + "/trials/u/t-1.2");
  EXPECT_EQ(dir.LogPath("u", "t-1", 2), folder_ + "/trials/u/t-1.2.log");
}

TEST_F(DataDirTest, IsAbsoluteAndTidy) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  const auto dir = DataDir::Open("x/../data//");
  std::filesystem::current_path(before);
  ASSERT_OK(dir);
  EXPECT_EQ(dir->root(), std::filesystem::canonical(folder_).string() + "/data");
}

TEST_F(DataDirTest, LeavesTheModeOfAnExistingFolder) {
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_OK(DataDir::Open(folder_));
  EXPECT_EQ(ModeOf(folder_), 0755U);
}

TEST_F(DataDirTest, AFileInTheWayIsNamed) {
  std::ofstream(folder_ + "/file").close();
  EXPECT_THAT(DataDir::Open(folder_ + "/file"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(folder_ + "/file"), HasSubstr("QALAM_DATA_DIR"))));
  EXPECT_THAT(DataDir::Open(folder_ + "/file/below"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("there is a file")));
  EXPECT_THAT(DataDir::Open(""),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--data-dir")));
}

TEST_F(DataDirTest, AFolderThatMayNotBeUsedIsDenied) {
  if (geteuid() == 0) {
    // Root is stopped by no mode, but by a file system that is read only.
    if (mount("tmpfs", folder_.c_str(), "tmpfs", MS_RDONLY, "") != 0) {
      GTEST_SKIP() << "no file system can be mounted here";
    }
  } else {
    ASSERT_EQ(chmod(folder_.c_str(), 0500), 0);
  }
  EXPECT_THAT(DataDir::Open(folder_),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr(folder_)));
  EXPECT_THAT(DataDir::Open(folder_ + "/data"),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       AllOf(HasSubstr(folder_ + "/data"), HasSubstr("--data-dir"))));
  if (geteuid() == 0) umount2(folder_.c_str(), MNT_DETACH);
}

// Sets an environment variable (to nothing: removes it) for the length of a scope.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    Set(value);
  }
  ~ScopedVariable() { Set(before_); }

 private:
  void Set(const std::optional<std::string>& value) {
    value.has_value() ? setenv(name_, value->c_str(), 1) : unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> before_;
};

TEST_F(DataDirTest, DefaultFollowsTheEnvironment) {
  const ScopedVariable home("HOME", "/home/ada");
  const ScopedVariable xdg("XDG_DATA_HOME", std::nullopt);
  const ScopedVariable own("QALAM_DATA_DIR", std::nullopt);
  EXPECT_EQ(DataDir::DefaultRoot(), "/home/ada/.local/share/qalam");
  {
    const ScopedVariable relative("XDG_DATA_HOME", "data");
    EXPECT_EQ(DataDir::DefaultRoot(), "/home/ada/.local/share/qalam");
  }
  const ScopedVariable data("XDG_DATA_HOME", "/data");
  EXPECT_EQ(DataDir::DefaultRoot(), "/data/qalam");
  const ScopedVariable chosen("QALAM_DATA_DIR", "relative/dir");
  EXPECT_EQ(DataDir::DefaultRoot(), "relative/dir");
  const ScopedVariable empty("QALAM_DATA_DIR", "");
  EXPECT_EQ(DataDir::DefaultRoot(), "/data/qalam");
}

TEST_F(DataDirTest, DefaultWithoutHomeIsTheUsersOwn) {
  const ScopedVariable home("HOME", std::nullopt);
  const ScopedVariable xdg("XDG_DATA_HOME", std::nullopt);
  const ScopedVariable own("QALAM_DATA_DIR", std::nullopt);
  EXPECT_THAT(DataDir::DefaultRoot(), testing::EndsWith("/.local/share/qalam"));
}

}  // namespace
}  // namespace qalam
