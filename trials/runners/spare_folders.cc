#include "trials/runners/spare_folders.h"

#include <fcntl.h>
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

// Empty, and with the rights of the folder that it is in.
bool IsAsNew(const std::string& folder, const std::string& parent) {
  std::error_code error;
  return std::filesystem::is_empty(folder, error) && !error &&
         std::filesystem::symlink_status(folder, error).type() ==
             std::filesystem::file_type::directory &&
         std::filesystem::status(folder, error).permissions() ==
             std::filesystem::status(parent, error).permissions() &&
         !error;
}

// True when there is a small state file and nothing else but a work folder as new.
bool IsSpare(const std::string& directory) {
  std::error_code error;
  bool state = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path() == supervisor::StatePath(directory)) {
      state = entry.is_regular_file(error) && !entry.is_symlink(error) &&
              entry.file_size(error) <= kSmallFile;
      if (!state) return false;
    } else if (entry.path() != directory + "/work" || !IsAsNew(entry.path(), directory)) {
      return false;
    }
  }
  return state && !error;
}

}  // namespace

SpareFolders::~SpareFolders() {
  for (const std::string& directory : folders_) supervisor::RemoveFolder(directory);
}

void SpareFolders::Take(const std::string& directory) {
  if (folders_.size() >= kMostSpares || !IsSpare(directory)) {
    return supervisor::RemoveFolder(directory);
  }
  folders_.push_back(directory);
}

bool SpareFolders::MoveTo(const std::string& directory) {
  if (folders_.empty()) return false;
  const std::string from = folders_.back();
  // Before it moves, as its captured lines are read in the new place at once.
  const bool emptied =
      truncate(supervisor::StatePath(from).c_str(), supervisor::kStateHeaderBytes) == 0;
  if (emptied &&
      renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, directory.c_str(), RENAME_NOREPLACE) == 0) {
    folders_.pop_back();
    return true;
  }
  if (emptied && errno == EEXIST) return false;
  supervisor::RemoveFolder(from);
  folders_.pop_back();
  return false;
}

}  // namespace qalam
