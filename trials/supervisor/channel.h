#ifndef QALAM_TRIALS_SUPERVISOR_CHANNEL_H_
#define QALAM_TRIALS_SUPERVISOR_CHANNEL_H_

#include <signal.h>

#include <cstdint>
#include <optional>
#include <string>

#include "trials/supervisor/fd.h"

namespace qalam::supervisor {

// How a runner and its host of supervisors talk: messages over a SOCK_SEQPACKET socket pair, each
// with at most one file descriptor. The host's end is its file descriptor 3. When the runner is
// gone the host ends; the supervisors that it forked go on.

inline constexpr int kHostSocket = 3;

// Asks a supervisor to end its job; the signal's value is the grace in milliseconds. (SIGTERM does
// the same with the grace of the plan.)
inline int CancelSignal() { return SIGRTMIN + 1; }

struct Message {
  std::string bytes;
  UniqueFd file;
};

// Sends a message; `file` may be -1. 0, or an errno: EAGAIN when `wait` is false and there is no
// room.
int SendMessage(int socket, const std::string& bytes, int file, bool wait);

// The next message, nothing when there is none (`wait` false) or the other side is gone.
std::optional<Message> ReceiveMessage(int socket, bool wait);

// Asks the host to fork a supervisor.
struct StartRequest {
  int64_t id = 0;  // comes back in the reply
  std::string directory;
  std::string plan;  // an encoded Plan
};
// Big plans travel in a memory file, as a message's size is limited.
int SendStartRequest(int socket, const StartRequest& request);
std::optional<StartRequest> ParseStartRequest(const Message& message);

struct StartReply {
  enum class Kind { kForked, kTaken, kFailed };
  int64_t id = 0;
  Kind kind = Kind::kFailed;
  int64_t error = 0;    // kFailed: an errno
  int64_t started = 0;  // kForked: wall clock, nanoseconds since 1970; a pidfd comes with it
};
std::string EncodeStartReply(const StartReply& reply);
std::optional<StartReply> ParseStartReply(const std::string& bytes);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_CHANNEL_H_
