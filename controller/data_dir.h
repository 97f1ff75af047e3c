#ifndef QALAM_CONTROLLER_DATA_DIR_H_
#define QALAM_CONTROLLER_DATA_DIR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace qalam {

// Where things are in a data folder.
//
//   qalam.db                          the store
//   observations.db                   what trials of others reported (storage/observation_log.h)
//   locks/<uid>.lock                  held by the process that drives the experiment
//   control/<uid>.sock                its control socket (controller/control.h)
//   trials/<uid>/<trial>.<attempt>/   exit record, captured lines, scratch volumes, while needed
//   trials/<uid>/<trial>.<attempt>.log   output, and what came before a rotation in <...>.log.1
//   trials/<uid>/checkpoints/<trial>/  what a trial left for those that go on from it
//   trials/<uid>/claims/               persistent volume claims, shared by the experiment's trials
class DataDir {
 public:
  // `root` is created, mode 0700, when it is absent. PermissionDenied or FailedPrecondition with
  // the path and the way out when it cannot be used.
  static absl::StatusOr<DataDir> Open(const std::string& root);
  // $QALAM_DATA_DIR, else $XDG_DATA_HOME/qalam, else ~/.local/share/qalam.
  static std::string DefaultRoot();

  const std::string& root() const { return root_; }
  std::string StorePath() const;
  std::string ObservationsPath() const;
  std::string LockPath(absl::string_view uid) const;
  std::string ControlPath(absl::string_view uid) const;
  std::string ExperimentPath(absl::string_view uid) const;
  std::string AttemptPath(absl::string_view uid, absl::string_view trial, int attempt) const;
  std::string LogPath(absl::string_view uid, absl::string_view trial, int attempt) const;
  // The experiment's checkpoint folders, one a trial.
  std::string CheckpointsPath(absl::string_view uid) const;
  std::string CheckpointPath(absl::string_view uid, absl::string_view trial) const;

 private:
  explicit DataDir(std::string root) : root_(std::move(root)) {}
  std::string root_;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_DATA_DIR_H_
