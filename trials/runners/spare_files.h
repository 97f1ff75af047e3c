#ifndef QALAM_TRIALS_RUNNERS_SPARE_FILES_H_
#define QALAM_TRIALS_RUNNERS_SPARE_FILES_H_

#include <string>
#include <vector>

namespace qalam {

// The state files and empty work folders of released jobs, for the next jobs to use again.
//
// Why: to make and to delete files is what costs most about a short job on a disk, and ext4 without
// journal even looks past all that were deleted in the last minutes when it makes one. Moved on
// from job to job, a job costs but its folder and its log.
class SpareFiles {
 public:
  SpareFiles() = default;
  ~SpareFiles();  // removes what was not used
  SpareFiles(const SpareFiles&) = delete;
  SpareFiles& operator=(const SpareFiles&) = delete;

  // Removes all of a released job's folder but its log: at once where the job left data of its own
  // or there are spares enough, else when the next job has taken its files. What a killed process
  // leaves goes with the experiment's folder.
  void TakeFrom(const std::string& directory);

  // Moves spares, if there are any, into a new job's empty folder.
  void MoveInto(const std::string& directory);

 private:
  std::vector<std::string> folders_;  // that have a state file, and perhaps an empty work folder
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_SPARE_FILES_H_
