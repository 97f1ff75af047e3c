#ifndef QALAM_CONTROLLER_JOB_FACTORY_H_
#define QALAM_CONTROLLER_JOB_FACTORY_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "controller/data_dir.h"
#include "controller/spec/experiment_spec.h"
#include "core/search_space.h"
#include "trials/job.h"
#include "trials/manifest.h"

namespace qalam {

// Turns a trial of one experiment into the job that runs it.
class JobFactory {
 public:
  // `spec` and `data_dir` must outlive the factory. InvalidArgument when the template's kind is not
  // known here, or one of its conditions cannot be read.
  static absl::StatusOr<std::unique_ptr<JobFactory>> Create(
      const ExperimentSpec& spec, const std::string& experiment_uid, const DataDir& data_dir,
      const std::map<std::string, std::string>& image_map, const std::string& container_engine);

  // InvalidArgument, naming the field, when the template gives no valid job for these values.
  absl::StatusOr<Job> Build(const std::string& trial, int attempt, const NamedValues& values,
                            const std::map<std::string, std::string>& labels) const;

  // Where the trial of this name has its checkpoint folder, if trials have one.
  std::string CheckpointFolderOf(const std::string& trial) const;
  // What the runner calls the job of an attempt: unique in the data folder for all time.
  std::string JobName(const std::string& trial, int attempt) const;
  // The part of a job that Runner::Release needs.
  Job ReleasedJob(const std::string& trial, int attempt) const;

  // How the job's end is to be judged: its status by the template's conditions.
  Judgement Judge(const std::string& trial, const JobOutcome& outcome) const;

 private:
  JobFactory(const ExperimentSpec& spec, std::string experiment_uid, const DataDir& data_dir,
             const JobKind& kind, StatusJudge judge)
      : spec_(spec),
        experiment_uid_(std::move(experiment_uid)),
        data_dir_(data_dir),
        kind_(kind),
        judge_(std::move(judge)) {}

  const ExperimentSpec& spec_;
  const std::string experiment_uid_;
  const DataDir& data_dir_;
  const JobKind& kind_;
  const StatusJudge judge_;
  JobContext context_;  // what is the same for all trials
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_JOB_FACTORY_H_
