#include "trials/runners/spare_files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "trials/supervisor/files.h"
#include "trials/supervisor/state_file.h"

namespace qalam {
namespace {

// More than run beside each other on any machine.
constexpr size_t kMostSpares = 1024;
constexpr uintmax_t kSmallFile = 256 << 10;

bool IsLog(const std::filesystem::path& name) { return name == "log" || name == "log.1"; }

std::string WorkFolder(const std::string& directory) { return directory + "/work"; }

// Empty, and with the rights that a new folder has: `like` is one that the job could not change.
bool IsAsNew(const std::string& folder, const std::string& like) {
  std::error_code error;
  return std::filesystem::is_empty(folder, error) && !error &&
         std::filesystem::symlink_status(folder, error).type() ==
             std::filesystem::file_type::directory &&
         std::filesystem::status(folder, error).permissions() ==
             std::filesystem::status(like, error).permissions() &&
         !error;
}

// True when there is a small state file and nothing else but logs and a work folder as new.
bool HoldsSparesOnly(const std::string& directory) {
  std::error_code error;
  bool state = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (IsLog(entry.path().filename())) continue;
    if (entry.path() == supervisor::StatePath(directory)) {
      state = entry.is_regular_file(error) && !entry.is_symlink(error) &&
              entry.file_size(error) <= kSmallFile;
      if (!state) return false;
      continue;
    }
    const bool spare =
        entry.path() == WorkFolder(directory) && IsAsNew(entry.path().string(), directory);
    if (!spare) return false;
  }
  return state && !error;
}

}  // namespace

SpareFiles::~SpareFiles() {
  for (const std::string& directory : folders_) supervisor::EmptyFolder(directory, true);
}

void SpareFiles::TakeFrom(const std::string& directory) {
  if (folders_.size() >= kMostSpares || !HoldsSparesOnly(directory)) {
    return supervisor::EmptyFolder(directory, true);
  }
  folders_.push_back(directory);
}

void SpareFiles::MoveInto(const std::string& directory) {
  if (folders_.empty()) return;
  const std::string from = folders_.back();
  folders_.pop_back();
  const std::string state = supervisor::StatePath(from);
  // Before it moves, as its captured lines are read in the new place at once.
  const bool moved = truncate(state.c_str(), supervisor::kStateHeaderBytes) == 0 &&
                     std::rename(state.c_str(), supervisor::StatePath(directory).c_str()) == 0 &&
                     (std::rename(WorkFolder(from).c_str(), WorkFolder(directory).c_str()) == 0 ||
                      errno == ENOENT);
  if (!moved) supervisor::EmptyFolder(from, true);
}

}  // namespace qalam
