#ifndef QALAM_CONTROLLER_FOLDER_REMOVER_H_
#define QALAM_CONTROLLER_FOLDER_REMOVER_H_

#include <deque>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"

namespace qalam {

// Removes folders on a thread of its own: what may be gigabytes keeps nobody waiting.
class FolderRemover {
 public:
  FolderRemover();
  // Waits until all that it was given is removed.
  ~FolderRemover();
  FolderRemover(const FolderRemover&) = delete;
  FolderRemover& operator=(const FolderRemover&) = delete;

  // Removes the folder with all that is in it, at some time. What cannot be removed stays.
  void Remove(std::string folder);

 private:
  void Run();

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> folders_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_FOLDER_REMOVER_H_
