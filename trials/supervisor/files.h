#ifndef QALAM_TRIALS_SUPERVISOR_FILES_H_
#define QALAM_TRIALS_SUPERVISOR_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace qalam::supervisor {

// Nanoseconds since 1970, and of a clock that never jumps.
int64_t WallNs();
int64_t SteadyNs();

// Creates `path` and its missing parents. 0, or the errno of what failed.
int MakeFolders(const std::string& path);

// True when there is a folder at `path`.
bool IsFolder(const std::string& path);

// Writes a file of mode 0600, in place of any other there, with the folders above it. 0, or the
// errno of what failed.
int WriteNewFile(const std::string& path, const std::string& content);

// The content of a file, up to `limit` bytes; empty when it cannot be read.
std::string ReadSmallFile(const std::string& path, size_t limit = 1 << 20);

// The names in the folder that the descriptor `folder` refers to; nothing when it cannot be read.
std::vector<std::string> EntriesOf(int folder);

// Removes the folder `path` and everything below it. Symbolic links are removed, not followed.
void RemoveFolder(const std::string& path);

// "No such file or directory": the system's text for an errno.
std::string ErrnoText(int error);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_FILES_H_
