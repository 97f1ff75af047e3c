#ifndef QALAM_TRIALS_RUNNERS_REMOVAL_QUEUE_H_
#define QALAM_TRIALS_RUNNERS_REMOVAL_QUEUE_H_

#include <string>
#include <vector>

namespace qalam {

// Removes what released jobs leave behind: at once where a job left data of its own, at the end
// where there are only our own few bytes.
//
// Why not always at once: ext4 does not give a deleted inode out again for some minutes, and looks
// past each of them when it creates a file. At hundreds of jobs a second, deleting three small
// files a job makes creating the next ones take half of the machine. What a killed process leaves
// goes with the experiment's folder.
class RemovalQueue {
 public:
  RemovalQueue() = default;
  ~RemovalQueue();  // removes what waits
  RemovalQueue(const RemovalQueue&) = delete;
  RemovalQueue& operator=(const RemovalQueue&) = delete;

  // Removes all of a job's folder but its log, now or later.
  void Add(const std::string& directory);

 private:
  std::vector<std::string> waiting_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_REMOVAL_QUEUE_H_
