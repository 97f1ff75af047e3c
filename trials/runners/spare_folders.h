#ifndef QALAM_TRIALS_RUNNERS_SPARE_FOLDERS_H_
#define QALAM_TRIALS_RUNNERS_SPARE_FOLDERS_H_

#include <string>
#include <vector>

namespace qalam {

// The folders of released jobs, each with its state file and perhaps an empty work folder, for the
// next jobs to use again.
//
// Why: to make and to delete files is what costs most about a short job on a disk, and ext4 without
// journal even looks past all that were deleted in the last minutes when it makes one. Moved on
// from job to job, a job costs but its log.
class SpareFolders {
 public:
  SpareFolders() = default;
  ~SpareFolders();  // removes what was not used
  SpareFolders(const SpareFolders&) = delete;
  SpareFolders& operator=(const SpareFolders&) = delete;

  // Removes a released job's folder: at once where the job left data of its own or there are
  // spares enough, else when the next job has taken it. What a killed process leaves goes with the
  // experiment's folder.
  void Take(const std::string& directory);

  // Makes a spare the folder of a new job. False when there is none, or `directory` is there
  // already.
  bool MoveTo(const std::string& directory);

 private:
  std::vector<std::string> folders_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_SPARE_FOLDERS_H_
