#include "trials/supervisor/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

constexpr size_t kEndOffset = 1024;
constexpr size_t kMaxErrorText = 1500;
constexpr size_t kRecordHeader = 2 * sizeof(uint32_t);

struct Header {
  std::optional<Claim> claim;
  std::optional<EndRecord> end;
};

// The payload of the record at `offset`; nothing when there is none or it is torn.
std::optional<std::string> RecordAt(const std::string& bytes, size_t offset) {
  if (bytes.size() < offset + kRecordHeader) return std::nullopt;
  uint32_t header[2];
  std::memcpy(header, bytes.data() + offset, sizeof(header));
  const size_t room = bytes.size() - offset - kRecordHeader;
  if (header[0] == 0 || header[0] > room) return std::nullopt;
  std::string payload = bytes.substr(offset + kRecordHeader, header[0]);
  if (Checksum(payload.data(), payload.size()) != header[1]) return std::nullopt;
  return payload;
}

std::string RecordOf(const std::string& payload) {
  const uint32_t header[2] = {static_cast<uint32_t>(payload.size()),
                              Checksum(payload.data(), payload.size())};
  return std::string(reinterpret_cast<const char*>(header), sizeof(header)) + payload;
}

std::optional<Claim> ParseClaim(const std::string& payload) {
  WireReader in(payload.data(), payload.size());
  Claim claim;
  claim.pid = in.Int();
  claim.started = in.Int();
  claim.gpus = in.Text();
  claim.job = in.Text();
  return in.ok() ? std::optional(claim) : std::nullopt;
}

std::optional<EndRecord> ParseEnd(const std::string& payload) {
  WireReader in(payload.data(), payload.size());
  EndRecord end;
  end.end = static_cast<JobEnd>(in.Int());
  for (int64_t* number : {&end.exit_code, &end.signal, &end.started, &end.ended,
                          &end.succeeded_pods, &end.failed_pods}) {
    *number = in.Int();
  }
  end.message = in.Text();
  return in.ok() ? std::optional(end) : std::nullopt;
}

// Empty when the file is still as another job left it.
Header ReadHeader(int file, const std::string& job) {
  std::string bytes(kStateHeaderBytes, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got =
        pread(file, bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  bytes.resize(size);
  Header header;
  if (const auto claim = RecordAt(bytes, 0)) header.claim = ParseClaim(*claim);
  if (!header.claim || header.claim->job != job) return {};
  if (const auto end = RecordAt(bytes, kEndOffset)) header.end = ParseEnd(*end);
  return header;
}

struct flock WholeFile() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Asks without taking the lock, so that asking never disturbs a supervisor that is about to take
// it.
bool IsLocked(int file) {
  struct flock lock = WholeFile();
  return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int WriteAt(int file, size_t offset, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t put =
        pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put == 0 ? ENOSPC : errno;
    done += static_cast<size_t>(put);
  }
  return 0;
}

}  // namespace

std::string StatePath(const std::string& directory) { return directory + "/state"; }

std::string ClaimedJob(const std::string& directory) {
  const size_t end = directory.find_last_not_of('/');
  if (end == std::string::npos) return directory;
  const size_t slash = directory.find_last_of('/', end);
  return directory.substr(slash == std::string::npos ? 0 : slash + 1, end - slash);
}

JobState ReadJobState(const std::string& directory) {
  JobState state;
  const UniqueFd file(open(StatePath(directory).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return state;
  const std::string job = ClaimedJob(directory);
  Header header = ReadHeader(file.get(), job);
  if (!header.claim) {
    state.phase = IsLocked(file.get()) ? JobPhase::kStarting : JobPhase::kFresh;
    return state;
  }
  state.claim = *header.claim;
  // Who claimed holds the lock to its end, so a free lock after the claim was seen means that it is
  // gone; its record may have been written just before.
  if (!header.end && IsLocked(file.get())) {
    state.phase = JobPhase::kRunning;
    return state;
  }
  if (!header.end) header = ReadHeader(file.get(), job);
  state.phase = header.end ? JobPhase::kEnded : JobPhase::kLost;
  if (header.end) state.end = *header.end;
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
  if (ReadHeader(file.get(), ClaimedJob(directory)).claim) return locked;
  locked.file = std::move(file);
  return locked;
}

int WriteClaim(int state, const Claim& claim) {
  WireWriter out;
  out.Int(claim.pid);
  out.Int(claim.started);
  out.Text(claim.gpus);
  out.Text(claim.job);
  std::string header = RecordOf(out.bytes());
  if (header.size() > kEndOffset) return E2BIG;
  header.resize(kStateHeaderBytes, '\0');
  struct stat info = {};
  if (fstat(state, &info) != 0) return errno;
  // What a torn claim, which started nothing, or another job left; the header's room is kept.
  if (info.st_size > kStateHeaderBytes && ftruncate(state, kStateHeaderBytes) != 0) return errno;
  const int error = WriteAt(state, 0, header);
  return error != 0 && ftruncate(state, 0) != 0 ? errno : error;
}

int WriteEnd(int state, const EndRecord& end) {
  WireWriter out;
  out.Int(static_cast<int64_t>(end.end));
  for (const int64_t number :
       {end.exit_code, end.signal, end.started, end.ended, end.succeeded_pods, end.failed_pods}) {
    out.Int(number);
  }
  out.Text(end.message.substr(0, kMaxErrorText));
  return WriteAt(state, kEndOffset, RecordOf(out.bytes()));
}

}  // namespace qalam::supervisor
