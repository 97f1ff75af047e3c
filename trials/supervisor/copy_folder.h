#ifndef QALAM_TRIALS_SUPERVISOR_COPY_FOLDER_H_
#define QALAM_TRIALS_SUPERVISOR_COPY_FOLDER_H_

#include <functional>
#include <string>

namespace qalam::supervisor {

// What went wrong with which file; error 0: nothing.
struct CopyFailure {
  int error = 0;  // an errno; ECANCELED when `go_on` said so
  std::string path;
};

// Puts a copy of the folder `source` into the place of `target`, or an empty folder where there is
// no `source` (an empty text, or nothing at that path). Paths are absolute. Whoever is killed at
// any moment leaves `target` as it was, complete, or away; never half a copy. After a failure there
// is no `target`, and what was copied is removed, so that it takes no room.
//
// Files, folders and symbolic links are copied with their permissions and times. Files share their
// blocks with the originals where the file system can do that, until one of them is changed. A link
// to an absolute path below `source` leads to the same place below `target`. Sockets, pipes and
// devices are left out. `go_on` is asked again and again; when it says no, the copy fails.
CopyFailure ReplaceWithCopy(const std::string& source, const std::string& target,
                            const std::function<bool()>& go_on);

// The path, or the name, that the copy of this path or name has while it is made: beside `target`,
// with a dot in front.
std::string UnfinishedCopyOf(const std::string& target);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_COPY_FOLDER_H_
