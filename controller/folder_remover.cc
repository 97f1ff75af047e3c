#include "controller/folder_remover.h"

#include <utility>

#include "trials/supervisor/files.h"

namespace qalam {

FolderRemover::FolderRemover() : thread_(&FolderRemover::Run, this) {}

FolderRemover::~FolderRemover() {
  {
    MutexLock lock(&mutex_);
    stop_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
}

void FolderRemover::Remove(std::string folder) {
  MutexLock lock(&mutex_);
  folders_.push_back(std::move(folder));
  changed_.NotifyOne();
}

void FolderRemover::Run() {
  while (true) {
    std::string folder;
    {
      MutexLock lock(&mutex_);
      while (folders_.empty() && !stop_) changed_.Wait(&mutex_);
      if (folders_.empty()) return;
      folder = std::move(folders_.front());
      folders_.pop_front();
    }
    supervisor::RemoveFolder(folder);
  }
}

}  // namespace qalam
