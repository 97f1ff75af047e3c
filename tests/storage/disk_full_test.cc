#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A small file system of its own.
class DiskFullTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can mount a small file system";
    if (mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
      GTEST_SKIP() << "no file system can be mounted here";
    }
    mounted_ = true;
  }
  void TearDown() override {
    store_.reset();
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }

  // Leaves room for `bytes` in the file system.
  void FillExcept(int64_t bytes) {
    struct statvfs info;
    ASSERT_EQ(statvfs(folder_.path().c_str(), &info), 0);
    const int64_t room = static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
    std::ofstream(folder_.File("filler")) << std::string(std::max<int64_t>(room - bytes, 0), 'x');
  }
  void MakeRoom() { std::filesystem::remove(folder_.File("filler")); }

  std::vector<Change> Life(int64_t number) const {
    return {TrialCreated{.experiment = experiment_, .trial = SampleTrial(number)},
            MetricsAppended{.experiment = experiment_,
                            .number = number,
                            .points = {Point("loss", std::to_string(number), 0)}},
            Succeeded(experiment_, number, static_cast<double>(number), 1)};
  }

  void OpenWithExperiment() {
    auto store = OpenSqliteStore(folder_.File("qalam.db"));
    ASSERT_OK(store);
    store_ = *std::move(store);
    ASSERT_OK_AND_ASSIGN(const auto record, store_->CreateExperiment(SampleExperiment("full")));
    experiment_ = record.id;
  }

  TempFolder folder_;
  bool mounted_ = false;
  std::unique_ptr<Store> store_;
  int64_t experiment_ = 0;
};

TEST_F(DiskFullTest, ACommitThatFailedWorksOnceThereIsRoom) {
  OpenWithExperiment();
  // A different way into the full disk each time: in the log, its index, the file or its growth.
  int64_t number = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    FillExcept(round * 8192);
    absl::StatusOr<int64_t> result = 0;
    while (result.ok()) result = store_->Commit(Life(number++));
    --number;
    ASSERT_THAT(result, StatusIs(absl::StatusCode::kResourceExhausted,
                                 AllOf(HasSubstr("disk is full"), HasSubstr("qalam.db"))));
    EXPECT_EQ(store_->CountTrials(experiment_)->succeeded, number);
    EXPECT_THAT(store_->GetTrialByNumber(experiment_, number),
                StatusIs(absl::StatusCode::kNotFound, HasSubstr("trial")));
    EXPECT_FALSE(store_->Commit(Life(number)).ok()) << "there is still no room";
    MakeRoom();
    ASSERT_OK(store_->Commit(Life(number)));
    ++number;
    if (number > 600) {  // the file itself has eaten the room
      ASSERT_OK(store_->DeleteExperiment(experiment_));
      ASSERT_OK_AND_ASSIGN(const auto record, store_->CreateExperiment(SampleExperiment("full")));
      experiment_ = record.id;
      number = 0;
    }
  }
  store_.reset();
  ASSERT_OK_AND_ASSIGN(store_, OpenSqliteStore(folder_.File("qalam.db")));
  EXPECT_EQ(store_->CountTrials(experiment_)->succeeded, number);
  const std::vector<StoredTrial> trials = Trials(*store_, experiment_, {});
  ASSERT_EQ(static_cast<int64_t>(trials.size()), number);
  for (int64_t i = 0; i < number; ++i) {
    EXPECT_EQ(trials[i].objective, static_cast<double>(i));
    EXPECT_EQ(Metrics(*store_, experiment_, i, {}).size(), 1U);
  }
}

TEST_F(DiskFullTest, AStoreThatIsTooBigForItsDiskStaysReadable) {
  OpenWithExperiment();
  int64_t number = 0;
  absl::StatusOr<int64_t> result = 0;
  while (result.ok()) {
    std::vector<Change> changes;
    for (int i = 0; i < 50; ++i) {
      for (const Change& change : Life(number + i)) changes.push_back(change);
    }
    result = store_->Commit(changes);
    if (result.ok()) number += 50;
  }
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("disk is full")));
  EXPECT_EQ(static_cast<int64_t>(Trials(*store_, experiment_, {}).size()), number);
  EXPECT_EQ((*store_->BestTrial(experiment_, true))->number, number - 1);
}

TEST_F(DiskFullTest, AFullDiskIsSaidWhenOpening) {
  for (int pages = 0; pages < 12; ++pages) {
    SCOPED_TRACE(pages);
    FillExcept(pages * 4096);
    EXPECT_THAT(OpenSqliteStore(folder_.File(absl::StrCat("new", pages))).status(),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("room")));
    MakeRoom();
    EXPECT_OK(OpenSqliteStore(folder_.File(absl::StrCat("new", pages))));
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(folder_.File(absl::StrCat("new", pages, suffix)));
    }
  }
}

}  // namespace
}  // namespace qalam
