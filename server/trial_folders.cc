#include "server/trial_folders.h"

#include "absl/strings/str_cat.h"
#include "trials/supervisor/copy_folder.h"
#include "trials/supervisor/files.h"

namespace qalam {

absl::Status TrialFolders::Make(const std::string& experiment,
                                const SuggestionAnswer& answer) const {
  if (root_.empty() || !supervisor::IsFolder(root_)) return absl::OkStatus();
  if (experiment.empty() || experiment[0] == '.' || experiment.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("experiment.name is \"", experiment, "\"; it must be the name of a folder"));
  }
  MutexLock lock(&mutex_);
  for (const SuggestionAnswer::Trial& trial : answer.trials) {
    const std::string folder = absl::StrCat(root_, "/", experiment, "/");
    if (supervisor::IsFolder(folder + trial.name)) continue;
    const std::string source = trial.parent.empty() ? "" : folder + trial.parent;
    const supervisor::CopyFailure failure =
        supervisor::ReplaceWithCopy(source, folder + trial.name, [] { return true; });
    if (failure.error == 0) continue;
    return absl::UnavailableError(absl::StrCat("cannot make the checkpoint folder of trial ",
                                               trial.name, ": ", failure.path, ": ",
                                               supervisor::ErrnoText(failure.error)));
  }
  return absl::OkStatus();
}

}  // namespace qalam
