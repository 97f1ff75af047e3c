#ifndef QALAM_TESTS_STORAGE_SAMPLE_STORE_H_
#define QALAM_TESTS_STORAGE_SAMPLE_STORE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "storage/store.h"

namespace qalam {

// A folder of its own, removed with everything in it.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Seconds after 2026-11-23T10:00:00Z.
absl::Time At(double seconds);

ExperimentRecord SampleExperiment(const std::string& name);
// A Created trial with two parameters, called "<number>-trial".
StoredTrial SampleTrial(int64_t number);
MetricPoint Point(const std::string& metric, const std::string& text, int64_t step);
TrialChanged Moved(int64_t experiment, int64_t number, TrialCondition condition, double seconds);
// The change to Succeeded with an observation of "loss" and the objective.
TrialChanged Succeeded(int64_t experiment, int64_t number, double objective, double seconds);

std::vector<StoredTrial> Trials(const Store& store, int64_t experiment, const TrialQuery& query);
std::vector<MetricPoint> Metrics(const Store& store, int64_t experiment, int64_t number,
                                 const MetricQuery& query);
std::vector<EventRecord> Events(const Store& store, int64_t experiment,
                                std::optional<int64_t> number, int64_t limit);

// Everything in the store as text, for comparing whole stores. Needs experiments of
// SampleExperiment.
std::string Describe(const Store& store);

// Fills an empty store with something of everything: the contents of
// tests/golden/old_db/v0001.sqlite.
void FillSampleStore(Store* store);

// A test with an open store.
class StoreTest : public testing::Test {
 protected:
  void SetUp() override;
  void Reopen();
  // Commits and expects that to work.
  void Commit(std::vector<Change> changes);

  TempFolder folder_;
  std::string path_ = folder_.File("qalam.db");
  std::unique_ptr<Store> store_;
  int64_t experiment_ = 0;  // id of SampleExperiment("sample")
};

}  // namespace qalam

#endif  // QALAM_TESTS_STORAGE_SAMPLE_STORE_H_
