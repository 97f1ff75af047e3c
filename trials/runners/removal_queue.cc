#include "trials/runners/removal_queue.h"

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "trials/supervisor/files.h"

namespace qalam {
namespace {

// More folders than this are not remembered (about 20 MB): their few bytes stay.
constexpr size_t kMostWaiting = 200'000;
constexpr uintmax_t kSmallFile = 256 << 10;

bool IsLog(const std::filesystem::path& name) { return name == "log" || name == "log.1"; }

// True when a folder has, beside the log, nothing but small files and empty folders.
bool HoldsLittle(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (IsLog(entry.path().filename())) continue;
    const bool little = entry.is_directory(error) ? std::filesystem::is_empty(entry.path(), error)
                                                  : entry.file_size(error) <= kSmallFile;
    if (error || !little) return false;
  }
  return !error;
}

}  // namespace

RemovalQueue::~RemovalQueue() {
  for (const std::string& directory : waiting_) supervisor::EmptyFolder(directory, true);
}

void RemovalQueue::Add(const std::string& directory) {
  if (!HoldsLittle(directory)) return supervisor::EmptyFolder(directory, true);
  if (waiting_.size() < kMostWaiting) waiting_.push_back(directory);
}

}  // namespace qalam
