#include "trials/supervisor/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "trials/supervisor/files.h"
#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

constexpr int64_t kClaimRecord = 0x314d4c51;
constexpr int64_t kEndRecord = 0x324d4c51;
constexpr size_t kRecordHeader = 2 * sizeof(uint32_t);

struct Content {
  std::optional<Claim> claim;
  std::optional<EndRecord> end;
};

// The payload of the record at `*offset`, which moves behind it; nothing when it is torn.
std::optional<std::string> NextRecord(const std::string& bytes, size_t* offset) {
  if (bytes.size() - *offset < kRecordHeader) return std::nullopt;
  uint32_t header[2];
  std::memcpy(header, bytes.data() + *offset, sizeof(header));
  if (bytes.size() - *offset - kRecordHeader < header[0]) return std::nullopt;
  std::string payload = bytes.substr(*offset + kRecordHeader, header[0]);
  if (Checksum(payload.data(), payload.size()) != header[1]) return std::nullopt;
  *offset += kRecordHeader + header[0];
  return payload;
}

Content Parse(const std::string& bytes) {
  Content content;
  size_t offset = 0;
  while (const auto payload = NextRecord(bytes, &offset)) {
    WireReader in(payload->data(), payload->size());
    const int64_t kind = in.Int();
    if (kind == kClaimRecord) {
      Claim claim;
      claim.pid = in.Int();
      claim.started = in.Int();
      claim.gpus = in.Text();
      if (in.ok()) content.claim = claim;
    } else if (kind == kEndRecord) {
      EndRecord end;
      end.end = static_cast<JobEnd>(in.Int());
      for (int64_t* number : {&end.exit_code, &end.signal, &end.started, &end.ended,
                              &end.succeeded_pods, &end.failed_pods}) {
        *number = in.Int();
      }
      end.message = in.Text();
      if (in.ok()) content.end = end;
    }
  }
  return content;
}

std::string ReadAll(int file) {
  std::string bytes;
  char buffer[4096];
  for (;;) {
    const ssize_t got = pread(file, buffer, sizeof(buffer), static_cast<off_t>(bytes.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

struct flock WholeFile() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Asks without taking the lock, so that asking never disturbs a supervisor that is about to take it.
bool IsLocked(int file) {
  struct flock lock = WholeFile();
  return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int WriteRecord(int file, off_t offset, const std::string& payload) {
  const uint32_t header[2] = {static_cast<uint32_t>(payload.size()),
                              Checksum(payload.data(), payload.size())};
  std::string bytes(reinterpret_cast<const char*>(header), sizeof(header));
  bytes += payload;
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = pwrite(file, bytes.data() + done, bytes.size() - done,
                               offset + static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const int error = put == 0 ? ENOSPC : errno;
      if (ftruncate(file, offset) != 0) return errno;
      return error;
    }
    done += static_cast<size_t>(put);
  }
  return 0;
}

}  // namespace

std::string StatePath(const std::string& directory) { return directory + "/state"; }

JobState ReadJobState(const std::string& directory) {
  JobState state;
  const UniqueFd file(open(StatePath(directory).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return state;
  Content content = Parse(ReadAll(file.get()));
  if (!content.claim) {
    state.phase = IsLocked(file.get()) ? JobPhase::kStarting : JobPhase::kFresh;
    return state;
  }
  state.claim = *content.claim;
  // Who claimed holds the lock to its end, so a free lock after the claim was seen means that it is
  // gone; its record may have been written just before.
  if (!content.end && IsLocked(file.get())) {
    state.phase = JobPhase::kRunning;
    return state;
  }
  if (!content.end) content = Parse(ReadAll(file.get()));
  state.phase = content.end ? JobPhase::kEnded : JobPhase::kLost;
  if (content.end) state.end = *content.end;
  return state;
}

LockedState LockFreshState(const std::string& directory) {
  LockedState locked;
  UniqueFd file(open(StatePath(directory).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid()) {
    locked.error = errno;
    return locked;
  }
  struct flock lock = WholeFile();
  if (fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) locked.error = errno;
    return locked;
  }
  if (Parse(ReadAll(file.get())).claim) return locked;
  locked.file = std::move(file);
  return locked;
}

int WriteClaim(int state, const Claim& claim) {
  WireWriter out;
  out.Int(kClaimRecord);
  out.Int(claim.pid);
  out.Int(claim.started);
  out.Text(claim.gpus);
  return WriteRecord(state, 0, out.bytes());
}

int WriteEnd(int state, const EndRecord& end) {
  WireWriter out;
  out.Int(kEndRecord);
  out.Int(static_cast<int64_t>(end.end));
  for (const int64_t number :
       {end.exit_code, end.signal, end.started, end.ended, end.succeeded_pods, end.failed_pods}) {
    out.Int(number);
  }
  out.Text(end.message);
  struct stat info = {};
  if (fstat(state, &info) != 0) return errno;
  return WriteRecord(state, info.st_size, out.bytes());
}

}  // namespace qalam::supervisor
