#include "controller/checkpoints.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/trial_labels.h"
#include "trials/supervisor/copy_folder.h"

namespace qalam {
namespace {

std::set<std::string> NamesIn(const std::string& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.insert(entry->path().filename().string());
  }
  return names;
}

}  // namespace

Checkpoints::Checkpoints(std::string folder, bool may_go) : folder_(std::move(folder)) {
  if (!may_go) return;
  found_ = NamesIn(folder_);
  remover_ = std::make_unique<FolderRemover>();
}

void Checkpoints::Add(const StoredTrial& trial) {
  if (remover_ == nullptr) return;
  const bool active = !IsFinal(trial.condition);
  const bool found = found_.erase(trial.name) > 0;
  // Being made by a supervisor that lives on, or to be made again.
  if (active) found_.erase(supervisor::UnfinishedCopyOf(trial.name));
  if (!active && !found) return;
  trials_[trial.number] = {
      .name = trial.name, .parent = ResumedTrial(trial.labels), .active = active};
}

void Checkpoints::FinishLoading() {
  if (remover_ == nullptr) return;
  for (const std::string& name : std::exchange(found_, {})) {
    remover_->Remove(absl::StrCat(folder_, "/", name));
  }
}

void Checkpoints::End(int64_t number) {
  const auto found = trials_.find(number);
  if (found == trials_.end()) return;
  found->second.active = false;
  changed_ = true;
}

bool Checkpoints::HasContent(const std::string& trial) const {
  std::error_code error;
  const std::filesystem::directory_iterator entry(absl::StrCat(folder_, "/", trial), error);
  return !error && entry != std::filesystem::directory_iterator();
}

std::vector<int64_t> Checkpoints::InDoubt() const {
  std::vector<int64_t> numbers;
  for (const auto& [number, trial] : trials_) {
    if (!trial.active && !trial.abandoned) numbers.push_back(number);
  }
  return numbers;
}

void Checkpoints::Abandon(const std::vector<int64_t>& numbers) {
  for (const int64_t number : numbers) {
    const auto found = trials_.find(number);
    if (found == trials_.end()) continue;
    found->second.abandoned = true;
    changed_ = true;
  }
}

void Checkpoints::AbandonAll() { Abandon(InDoubt()); }

void Checkpoints::Sweep(const std::function<bool(int64_t)>& wanted) {
  if (!std::exchange(changed_, false)) return;
  std::set<int64_t> parents;
  for (const auto& [number, trial] : trials_) {
    if (trial.active && trial.parent.has_value()) parents.insert(*trial.parent);
  }
  for (auto it = trials_.begin(); it != trials_.end();) {
    const auto& [number, trial] = *it;
    if (!trial.abandoned || parents.contains(number) || wanted(number)) {
      ++it;
      continue;
    }
    remover_->Remove(absl::StrCat(folder_, "/", trial.name));
    it = trials_.erase(it);
  }
}

}  // namespace qalam
