#ifndef QALAM_SERVER_TRIAL_FOLDERS_H_
#define QALAM_SERVER_TRIAL_FOLDERS_H_

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "core/mutex.h"
#include "server/suggestion_session.h"

namespace qalam {

// Inside Katib: the volume on which trials of population training keep their checkpoints. Katib
// mounts <experiment>/<trial> of it into the trial, and the whole of it into the suggestion
// service, which makes a trial's folder before it answers.
class TrialFolders {
 public:
  // Without a folder at `root`, nothing is done. Empty: there is none.
  explicit TrialFolders(std::string root) : root_(std::move(root)) {}

  // Makes the folder of each trial of the answer: a copy of its parent's, or an empty one. What is
  // there already stays as it is, so that a question may be repeated. Unavailable, naming the file,
  // when a copy fails; InvalidArgument when the experiment's name is none of a folder.
  absl::Status Make(const std::string& experiment, const SuggestionAnswer& answer) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const std::string root_;
  mutable Mutex mutex_;  // held while copying: a question may come twice at a time
};

}  // namespace qalam

#endif  // QALAM_SERVER_TRIAL_FOLDERS_H_
