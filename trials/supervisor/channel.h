#ifndef QALAM_TRIALS_SUPERVISOR_CHANNEL_H_
#define QALAM_TRIALS_SUPERVISOR_CHANNEL_H_

#include <signal.h>

#include <cstdint>
#include <optional>
#include <string>

#include "trials/supervisor/fd.h"

namespace qalam::supervisor {

// How a runner, its host of supervisors and the supervisors talk: messages over SOCK_SEQPACKET
// socket pairs, each with at most one file descriptor.
//   runner -> host        one end of a new socket pair: fork a supervisor that listens there
//   runner -> supervisor  a Request
//   supervisor -> runner  a Report
// A supervisor runs one job at a time, and any number of them after each other. When the runner is
// gone, the host and the supervisors without a job end; the others see their job to its end first.

inline constexpr int kHostSocket = 3;  // the host's end

// Asks a supervisor whose runner is gone to end its job; the signal's value is the grace in
// milliseconds. (SIGTERM does the same with the grace of the plan.)
inline int CancelSignal() { return SIGRTMIN + 1; }

struct Message {
  std::string bytes;
  UniqueFd file;
};

// Sends a message; `file` may be -1. 0, or an errno: EAGAIN when `wait` is false and there is no
// room.
int SendMessage(int socket, const std::string& bytes, int file, bool wait);

enum class Received { kMessage, kNothing, kClosed };
// Takes the next message, without waiting for one.
Received ReceiveMessage(int socket, Message* message);

struct Request {
  enum class Kind { kStart, kCancel };
  Kind kind = Kind::kStart;
  std::string directory;  // kStart: of the job
  std::string plan;       // kStart: an encoded Plan
  int64_t grace = 0;      // kCancel: nanoseconds; nothing happens when there is no job
};
// 0, or an errno. Big plans travel in a memory file, as a message's size is limited.
int SendRequest(int socket, const Request& request);
std::optional<Request> ParseRequest(const Message& message);

struct Report {
  enum class Kind {
    kStarted,  // the job is claimed
    kEnded,    // its state file tells how
    kTaken,    // it is, or was, somebody else's
    kFailed,   // it could not be claimed
  };
  Kind kind = Kind::kFailed;
  int64_t error = 0;    // kFailed: an errno
  int64_t started = 0;  // kStarted: wall clock, nanoseconds since 1970
};
std::string EncodeReport(const Report& report);
std::optional<Report> ParseReport(const std::string& bytes);

}  // namespace qalam::supervisor

#endif  // QALAM_TRIALS_SUPERVISOR_CHANNEL_H_
