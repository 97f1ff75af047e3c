#ifndef QALAM_TRIALS_KINDS_PATH_REWRITER_H_
#define QALAM_TRIALS_KINDS_PATH_REWRITER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace qalam {

// Turns paths inside a container into paths on this machine, wherever they stand in a text.
// Processes run in the machine's own file system, so a volume's mount path means nothing to them.
//
// A mount path is replaced where it stands as a path of its own or with "/..." behind it:
// "--data=/data/x" but neither "/database" nor "other/data" nor "${HOME}/data". Of several the
// longest counts. Then, where the image is mapped to a folder, a path of the container that exists
// below that folder is replaced. Text that was put in is not looked at again.
class PathRewriter {
 public:
  // mount path -> path on this machine, both absolute and without "/" at the end. `image_root`: the
  // folder that stands for the image; empty for none.
  PathRewriter(std::vector<std::pair<std::string, std::string>> mounts, std::string image_root);

  std::string Rewrite(absl::string_view text) const;
  // Rewrite for a text that is a path as a whole; the mounts alone.
  std::string RewritePath(absl::string_view path) const;

 private:
  // The length of the path at the front of `rest` that `replacement` stands for; 0 when none.
  size_t MatchMount(absl::string_view rest, std::string* replacement) const;
  size_t MatchImage(absl::string_view rest, std::string* replacement) const;

  std::vector<std::pair<std::string, std::string>> mounts_;  // longest mount path first
  std::string image_root_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_PATH_REWRITER_H_
