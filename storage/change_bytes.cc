#include "storage/change_bytes.h"

#include <bit>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace qalam {
namespace {

constexpr char kFormat = 1;

template <typename T, typename Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

// ---- What there is of each struct, in order: the same for writing and for reading.

template <typename Archive, Is<ConditionRecord> T>
void Fields(Archive& archive, T& value) {
  archive(value.type, value.status, value.reason, value.message, value.last_update,
          value.last_transition);
}

template <typename Archive, Is<MetricSummary> T>
void Fields(Archive& archive, T& value) {
  archive(value.name, value.min, value.max, value.latest);
}

template <typename Archive, Is<MetricPoint> T>
void Fields(Archive& archive, T& value) {
  archive(value.metric, value.text, value.value, value.time, value.step);
}

template <typename Archive, Is<StoredTrial> T>
void Fields(Archive& archive, T& value) {
  archive(value.number, value.name, value.uid, value.assignment, value.labels, value.explanation,
          value.condition, value.reason, value.message, value.conditions, value.attempt,
          value.asked_at, value.created, value.started, value.completed, value.observation,
          value.objective, value.violation, value.on_front);
}

template <typename Archive, Is<ExperimentRecord> T>
void Fields(Archive& archive, T& value) {
  archive(value.generation, value.max_trial_count, value.parallel_trial_count,
          value.max_failed_trial_count, value.condition, value.conditions, value.started,
          value.completed);
}

template <typename Archive, Is<EventRecord> T>
void Fields(Archive& archive, T& value) {
  archive(value.trial, value.warning, value.reason, value.message, value.time);
}

template <typename Archive, Is<ExperimentChange> T>
void Fields(Archive& archive, T& value) {
  archive(value.experiment, value.record);
}

template <typename Archive, Is<TrialCreated> T>
void Fields(Archive& archive, T& value) {
  archive(value.experiment, value.trial, value.asked_back);
}

template <typename Archive, Is<TrialChanged> T>
void Fields(Archive& archive, T& value) {
  archive(value.experiment, value.number, value.condition, value.reason, value.message, value.time,
          value.attempt, value.observation, value.objective, value.violation, value.on_front);
}

template <typename Archive, Is<FrontLeft> T>
void Fields(Archive& archive, T& value) {
  archive(value.experiment, value.numbers);
}

template <typename Archive, Is<MetricsAppended> T>
void Fields(Archive& archive, T& value) {
  archive(value.experiment, value.number, value.attempt, value.first_ordinal, value.points);
}

template <typename Archive, Is<EventAppended> T>
void Fields(Archive& archive, T& value) {
  archive(value.experiment, value.event);
}

// ---- Integers are written in as many groups of seven bits as they need, the lowest first, small
// negative ones short as well; texts and lists after their length; times in nanoseconds since 1970.

class ByteWriter {
 public:
  explicit ByteWriter(std::string* bytes) : bytes_(bytes) {}

  template <typename... Values>
  void operator()(const Values&... values) {
    (Write(values), ...);
  }

 private:
  template <std::integral T>
  void Write(T value) {
    const auto wide = static_cast<int64_t>(value);
    auto rest = (static_cast<uint64_t>(wide) << 1) ^ static_cast<uint64_t>(wide >> 63);
    for (; rest >= 0x80; rest >>= 7) bytes_->push_back(static_cast<char>(rest | 0x80));
    bytes_->push_back(static_cast<char>(rest));
  }
  void Write(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int i = 0; i < 64; i += 8) bytes_->push_back(static_cast<char>(bits >> i));
  }
  void Write(absl::Time value) { Write(absl::ToUnixNanos(value)); }
  void Write(TrialCondition value) { Write(static_cast<int>(value)); }
  void Write(const std::string& value) {
    Write(value.size());
    bytes_->append(value);
  }
  template <typename T>
  void Write(const std::optional<T>& value) {
    Write(value.has_value());
    if (value.has_value()) Write(*value);
  }
  template <typename First, typename Second>
  void Write(const std::pair<First, Second>& value) {
    Write(value.first);
    Write(value.second);
  }
  template <typename T>
  void Write(const std::vector<T>& values) {
    Write(values.size());
    for (const T& value : values) Write(value);
  }
  void Write(const std::map<std::string, std::string>& values) {
    Write(values.size());
    for (const auto& value : values) Write(value);
  }
  template <typename T>
  requires std::is_class_v<T>
  void Write(const T& value) { Fields(*this, value); }

  std::string* const bytes_;
};

// Once something is not as it must be, all that follows is read as nothing.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : left_(bytes) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Read(values), ...);
  }
  bool ok() const { return ok_; }
  bool AtEnd() const { return left_.empty(); }

 private:
  void Fail() {
    ok_ = false;
    left_ = absl::string_view();
  }
  uint8_t Byte() {
    if (left_.empty()) {
      Fail();
      return 0;
    }
    const auto byte = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  // Of a text or a list, each element of which takes a byte at least.
  size_t Size() {
    uint64_t size = 0;
    Read(size);
    if (size > left_.size()) Fail();
    return ok_ ? size : 0;
  }

  template <std::integral T>
  void Read(T& value) {
    uint64_t rest = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      rest |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    value = static_cast<T>(static_cast<int64_t>(rest >> 1) ^ -static_cast<int64_t>(rest & 1));
  }
  void Read(double& value) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += 8) bits |= static_cast<uint64_t>(Byte()) << i;
    value = std::bit_cast<double>(bits);
  }
  void Read(absl::Time& value) {
    int64_t nanos = 0;
    Read(nanos);
    value = absl::FromUnixNanos(nanos);
  }
  void Read(TrialCondition& value) {
    int number = 0;
    Read(number);
    if (number < 0 || number > static_cast<int>(TrialCondition::kEarlyStopped)) Fail();
    value = ok_ ? static_cast<TrialCondition>(number) : TrialCondition::kCreated;
  }
  void Read(std::string& value) {
    const size_t size = Size();
    value = std::string(left_.substr(0, size));
    left_.remove_prefix(size);
  }
  template <typename T>
  void Read(std::optional<T>& value) {
    bool present = false;
    Read(present);
    if (present) Read(value.emplace());
  }
  template <typename First, typename Second>
  void Read(std::pair<First, Second>& value) {
    Read(value.first);
    Read(value.second);
  }
  template <typename T>
  void Read(std::vector<T>& values) {
    for (size_t left = Size(); left > 0 && ok_; --left) Read(values.emplace_back());
  }
  void Read(std::map<std::string, std::string>& values) {
    for (size_t left = Size(); left > 0 && ok_; --left) {
      std::pair<std::string, std::string> value;
      Read(value);
      values.insert(std::move(value));
    }
  }
  template <typename T>
  requires std::is_class_v<T>
  void Read(T& value) { Fields(*this, value); }

  absl::string_view left_;
  bool ok_ = true;
};

// The kind of change of that number; nothing when there is no such kind.
template <size_t kIndex = 0>
std::optional<Change> EmptyChange(size_t kind) {
  if constexpr (kIndex == std::variant_size_v<Change>) {
    return std::nullopt;
  } else {
    if (kind == kIndex) return Change(std::in_place_index<kIndex>);
    return EmptyChange<kIndex + 1>(kind);
  }
}

}  // namespace

std::string WriteChanges(absl::Span<const Change> changes) {
  std::string bytes(1, kFormat);
  ByteWriter writer(&bytes);
  writer(changes.size());
  for (const Change& change : changes) {
    writer(change.index());
    std::visit([&writer](const auto& value) { writer(value); }, change);
  }
  return bytes;
}

absl::StatusOr<std::vector<Change>> ReadChanges(absl::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFormat) {
    return absl::DataLossError(
        absl::StrCat("changes are stored in format ",
                     bytes.empty() ? 0 : static_cast<int>(static_cast<uint8_t>(bytes.front())),
                     ", this program knows format ", static_cast<int>(kFormat),
                     ": another qalam wrote them; use that one"));
  }
  ByteReader reader(bytes.substr(1));
  std::vector<Change> changes;
  size_t count = 0;
  reader(count);
  for (; count > 0 && reader.ok(); --count) {
    size_t kind = 0;
    reader(kind);
    std::optional<Change> change = EmptyChange(kind);
    if (!change.has_value()) break;
    std::visit([&reader](auto& value) { reader(value); }, *change);
    changes.push_back(*std::move(change));
  }
  if (count == 0 && reader.ok() && reader.AtEnd()) return changes;
  return absl::DataLossError("changes are stored that are not what was written; restore a backup");
}

}  // namespace qalam
