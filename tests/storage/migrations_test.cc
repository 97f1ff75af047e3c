#include "storage/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kGoldenFolder[] = "tests/golden/old_db";

// Runs statements on a file behind the store's back.
void RunSql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

void Overwrite(const std::string& path, int64_t offset, int64_t size) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offset);
  file << std::string(size, '\x5a');
}

using MigrationsTest = StoreTest;

// Databases of all released schemas, named after their version. To add the one of a new schema, run
// this program with --gtest_also_run_disabled_tests --gtest_filter=*WriteGoldenStore.
TEST(GoldenStoreTest, DISABLED_WriteGoldenStore) {
  const std::string name =
      absl::StrFormat("%s/v%04d.sqlite", kGoldenFolder, CurrentSchemaVersion());
  std::filesystem::remove(name);
  ASSERT_OK_AND_ASSIGN(const auto store, OpenSqliteStore(name));
  FillSampleStore(store.get());
}

TEST(GoldenStoreTest, StoresOfEveryReleasedSchemaOpenWithAllTheirContents) {
  const TempFolder folder;
  ASSERT_OK_AND_ASSIGN(const auto fresh, OpenSqliteStore(folder.File("fresh.db")));
  FillSampleStore(fresh.get());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldenFolder)) {
    if (entry.path().extension() != ".sqlite") continue;
    SCOPED_TRACE(entry.path());
    ++files;
    const std::string copy = folder.File(entry.path().filename());
    std::filesystem::copy_file(entry.path(), copy);
    std::filesystem::permissions(
        copy, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    ASSERT_OK_AND_ASSIGN(const auto store, OpenSqliteStore(copy));
    EXPECT_EQ(Describe(*store), Describe(*fresh));
    EXPECT_OK(store->Commit({EventAppended{.experiment = 1}}));
  }
  EXPECT_EQ(files, CurrentSchemaVersion());
}

TEST_F(MigrationsTest, ReopeningChangesNothing) {
  const std::string before = Describe(*store_);
  Reopen();
  EXPECT_EQ(Describe(*store_), before);
}

TEST_F(MigrationsTest, ANewerStoreIsRefusedAndLeftAlone) {
  store_.reset();
  RunSql(path_, "PRAGMA user_version = 99");
  EXPECT_THAT(
      OpenSqliteStore(path_),
      StatusIs(absl::StatusCode::kDataLoss,
               AllOf(HasSubstr(path_), HasSubstr("schema version 99"), HasSubstr("newer qalam"))));
  RunSql(path_, "PRAGMA user_version = " + std::to_string(CurrentSchemaVersion()));
  Reopen();
  EXPECT_OK(store_->GetExperiment("default", "sample"));
}

TEST_F(MigrationsTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  const std::string path = folder_.File("photos.db");
  RunSql(path, "CREATE TABLE photos(name)");
  EXPECT_THAT(
      OpenSqliteStore(path),
      StatusIs(absl::StatusCode::kDataLoss, AllOf(HasSubstr(path), HasSubstr("another program"))));
  RunSql(path, "INSERT INTO photos VALUES('x')");
}

TEST_F(MigrationsTest, AnEmptyFileIsANewStore) {
  const std::string path = folder_.File("empty.db");
  std::ofstream(path).close();
  EXPECT_OK(OpenSqliteStore(path));
}

TEST_F(MigrationsTest, AFileThatIsNoDatabaseIsRefused) {
  const std::string path = folder_.File("text.db");
  std::ofstream(path) << "experiment: not a database, but rather long " << std::string(5000, 'x');
  EXPECT_THAT(OpenSqliteStore(path),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr(path), HasSubstr("not an SQLite database"))));
}

TEST_F(MigrationsTest, DamageInsideIsToldWithAWayOut) {
  for (int i = 0; i < 500; ++i) {
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(i)}});
  }
  store_.reset();
  // Page 1 and so the schema stay; every other page becomes nonsense.
  const int64_t size = static_cast<int64_t>(std::filesystem::file_size(path_));
  Overwrite(path_, 4096, size - 4096);
  absl::Status status = OpenSqliteStore(path_).status();
  if (status.ok()) {
    ASSERT_OK_AND_ASSIGN(const auto store, OpenSqliteStore(path_));
    status = store->ListExperiments().status();
    EXPECT_FALSE(store->Commit({EventAppended{.experiment = 1}}).ok());
  }
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr(path_), HasSubstr("damaged"), HasSubstr(".recover"))));
}

TEST_F(MigrationsTest, ATruncatedFileIsToldAsDamaged) {
  for (int i = 0; i < 500; ++i) {
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(i)}});
  }
  store_.reset();
  std::filesystem::resize_file(path_, 8 * 4096);
  absl::Status status = OpenSqliteStore(path_).status();
  if (status.ok()) {
    ASSERT_OK_AND_ASSIGN(const auto store, OpenSqliteStore(path_));
    status = store->VisitTrials(experiment_, {}, [](const StoredTrial&) { return true; });
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged")));
}

TEST_F(MigrationsTest, AColumnThatIsNotWhatWasWrittenIsDamage) {
  Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)}});
  for (const char* value : {"'{'", "'[1]'", "'{\"a\":1}'"}) {
    SCOPED_TRACE(value);
    RunSql(path_, std::string("UPDATE trials SET assignment = ") + value);
    EXPECT_THAT(store_->GetTrialByNumber(experiment_, 0),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged")));
  }
  RunSql(path_, "UPDATE trials SET assignment = '{}', condition = 'Odd'");
  EXPECT_THAT(store_->GetTrialByNumber(experiment_, 0),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("\"Odd\"")));
}

TEST_F(MigrationsTest, PlacesWhereNoStoreCanBeAreNamed) {
  EXPECT_THAT(OpenSqliteStore(folder_.File("none/qalam.db")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none/qalam.db")));
  EXPECT_THAT(OpenSqliteStore(folder_.path()),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr(folder_.path())));
  EXPECT_THAT(OpenSqliteStore(path_ + "/qalam.db"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Not a directory")));
}

TEST_F(MigrationsTest, AFileThatMayNotBeWrittenIsRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  store_.reset();
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
  EXPECT_THAT(OpenSqliteStore(path_), StatusIs(absl::StatusCode::kPermissionDenied,
                                               AllOf(HasSubstr(path_), HasSubstr("owns"))));
}

TEST_F(MigrationsTest, ManyMayOpenANewStoreAtOnce) {
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE(round);
    const std::string path = folder_.File("new" + std::to_string(round));
    std::vector<absl::Status> statuses(4);
    std::vector<std::thread> threads;
    for (absl::Status& status : statuses) {
      threads.emplace_back([&status, &path] { status = OpenSqliteStore(path).status(); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& status : statuses) EXPECT_OK(status);
  }
}

}  // namespace
}  // namespace qalam
