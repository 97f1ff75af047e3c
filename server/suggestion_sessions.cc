#include "server/suggestion_sessions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Experiments of the same name and spec are told apart by their ids, once they have one.
std::string KeyOf(const SuggestionQuery& query, const Settings& carried) {
  std::string key = absl::StrCat(query.experiment.size(), ":", query.experiment);
  const auto id = carried.find(IdSetting(0).first);
  if (id != carried.end()) absl::StrAppend(&key, "/", id->second.size(), ":", id->second);
  absl::StrAppend(&key, "/", query.fingerprint);
  return key;
}

}  // namespace

absl::StatusOr<SuggestionAnswer> SuggestionSessions::Suggest(const SuggestionQuery& query) {
  const std::string key = KeyOf(query, query.carried);
  QALAM_ASSIGN_OR_RETURN(const std::shared_ptr<SuggestionSession> session, SessionFor(key, query));
  absl::StatusOr<SuggestionAnswer> answer = session->Suggest(query, clock_->Now());
  NoteSize(key, session->size());
  // The next question brings the id that this answer gave.
  if (answer.ok()) Rename(key, KeyOf(query, answer->carried));
  return answer;
}

absl::StatusOr<std::shared_ptr<SuggestionSession>> SuggestionSessions::SessionFor(
    const std::string& key, const SuggestionQuery& query) {
  {
    MutexLock lock(&mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->session;
    }
  }
  QALAM_ASSIGN_OR_RETURN(SearchSpec search, query.search());
  QALAM_ASSIGN_OR_RETURN(std::shared_ptr<SuggestionSession> session,
                         SuggestionSession::Create(std::move(search)));
  MutexLock lock(&mutex_);
  // Another thread may have been faster.
  if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second->session;
  entries_.push_front({.key = key, .session = session});
  by_key_[key] = entries_.begin();
  Forget();
  return session;
}

void SuggestionSessions::NoteSize(const std::string& key, size_t trials) {
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  trials_ += trials - found->second->trials;
  found->second->trials = trials;
  Forget();
}

void SuggestionSessions::Rename(const std::string& from, const std::string& to) {
  if (from == to) return;
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(from);
  if (found == by_key_.end() || by_key_.contains(to)) return;
  const std::list<Entry>::iterator entry = found->second;
  by_key_.erase(found);
  entry->key = to;
  by_key_[to] = entry;
}

void SuggestionSessions::Forget() {
  while (entries_.size() > 1 &&
         (entries_.size() > limits_.experiments || trials_ > limits_.trials)) {
    trials_ -= entries_.back().trials;
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

size_t SuggestionSessions::size() const {
  MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace qalam
