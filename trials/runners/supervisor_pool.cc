#include "trials/runners/supervisor_pool.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/status_macros.h"

namespace qalam {
namespace {

using supervisor::Received;
using supervisor::Report;
using supervisor::UniqueFd;

// More than run trials beside each other on most machines; each takes some 200 KiB.
constexpr size_t kMostIdle = 64;

void Watch(int epoll, int file, int64_t tag) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<uint64_t>(tag);
  epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
}

}  // namespace

absl::Status SupervisorPool::StartHost() {
  QALAM_RETURN_IF_ERROR(host_.Start());
  Watch(epoll_, host_.socket(), host_tag_);
  return absl::OkStatus();
}

int SupervisorPool::Start(int64_t job, const supervisor::Request& request) {
  while (!idle_.empty()) {
    const int64_t tag = idle_.back();
    const int error = supervisor::SendRequest(members_[tag].socket.get(), request);
    if (error != 0 && error != EPIPE && error != ECONNRESET) return error;
    idle_.pop_back();
    if (error == 0) {
      Assign(tag, job);
      return 0;
    }
    Drop(tag);
  }
  return StartNew(job, request);
}

int SupervisorPool::StartNew(int64_t job, const supervisor::Request& request) {
  if (!host_.running()) return ENOTCONN;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  // It waits there until the supervisor has been forked.
  int error = supervisor::SendRequest(ours.get(), request);
  if (error == 0) error = supervisor::SendMessage(host_.socket(), "fork", theirs.get(), false);
  if (error == EPIPE || error == ECONNRESET) return ENOTCONN;
  if (error != 0) return error;
  const int64_t tag = --last_tag_;
  Watch(epoll_, ours.get(), tag);
  members_[tag].socket = std::move(ours);
  Assign(tag, job);
  return 0;
}

void SupervisorPool::Cancel(int64_t job, int64_t grace) {
  const auto tag = tags_.find(job);
  if (tag == tags_.end()) return;
  supervisor::SendRequest(members_[tag->second].socket.get(),
                          {.kind = supervisor::Request::Kind::kCancel, .grace = grace});
}

std::vector<SupervisorPool::News> SupervisorPool::Take(int64_t tag) {
  std::vector<News> news;
  const auto member = members_.find(tag);
  if (member == members_.end()) return news;
  supervisor::Message message;
  Received received = Received::kNothing;
  while ((received = supervisor::ReceiveMessage(member->second.socket.get(), &message)) ==
         Received::kMessage) {
    const auto report = supervisor::ParseReport(message.bytes);
    if (!report) continue;
    const bool over = member->second.job != 0 && report->kind != Report::Kind::kStarted;
    news.push_back({.job = over ? Free(tag) : member->second.job, .report = *report});
  }
  const bool closed = received == Received::kClosed;
  const int64_t job = member->second.job;
  if (closed && job != 0) news.push_back({.job = job, .gone = true});
  if (closed || (job == 0 && idle_.size() > kMostIdle)) Drop(tag);
  return news;
}

void SupervisorPool::Assign(int64_t tag, int64_t job) {
  members_[tag].job = job;
  tags_[job] = tag;
}

int64_t SupervisorPool::Free(int64_t tag) {
  const int64_t job = std::exchange(members_[tag].job, 0);
  tags_.erase(job);
  idle_.push_back(tag);
  return job;
}

void SupervisorPool::Drop(int64_t tag) {
  if (members_[tag].job != 0) Free(tag);
  members_.erase(tag);
  std::erase(idle_, tag);
}

}  // namespace qalam
