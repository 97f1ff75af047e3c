#ifndef QALAM_CONTROLLER_CHECKPOINTS_H_
#define QALAM_CONTROLLER_CHECKPOINTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/folder_remover.h"
#include "storage/records.h"

namespace qalam {

// The checkpoint folders of one experiment's trials: which there are, and which may go. A folder is
// made by the trial's supervisor, when the trial begins, and is removed here as soon as
//   * the algorithm says that it will go on from that trial no more,
//   * no active trial has gone on from it, which may have to begin again, and
//   * it is none that people want, such as the best trial's.
// What a crash leaves behind is found by the next object.
class Checkpoints {
 public:
  // `folder` holds the trials' folders, and need not exist. Where nothing `may_go`, nothing is
  // removed.
  Checkpoints(std::string folder, bool may_go);

  // A trial of the experiment, in order of number: a stored one, or one that was just created.
  void Add(const StoredTrial& trial);
  // All stored ones have been added: what belongs to none of them is removed.
  void FinishLoading();
  void End(int64_t number);

  // Whether the trial of this name has left anything in its folder.
  bool HasContent(const std::string& trial) const;
  // The numbers of ended trials that have a folder, as far as the algorithm has not given them up.
  std::vector<int64_t> InDoubt() const;
  // The algorithm goes on from these no more.
  void Abandon(const std::vector<int64_t>& numbers);
  // It goes on from no trial any more: the experiment has come to its end.
  void AbandonAll();
  // Removes what may go. `wanted`: whether people want what this trial has left.
  void Sweep(const std::function<bool(int64_t)>& wanted);

 private:
  struct Trial {
    std::string name;
    std::optional<int64_t> parent;
    bool active = true;
    bool abandoned = false;
  };

  const std::string folder_;
  std::set<std::string> found_;             // names in the folder, until loading is finished
  std::map<int64_t, Trial> trials_;         // by number: active ones, and those with a folder
  bool changed_ = false;                    // since the last Sweep
  std::unique_ptr<FolderRemover> remover_;  // null where nothing may go
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_CHECKPOINTS_H_
