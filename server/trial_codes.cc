#include "server/trial_codes.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/random_stream.h"

namespace qalam {
namespace {

// Kubernetes' alphabet for random names: no vowels, so no words.
constexpr absl::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
constexpr size_t kLength = 12;  // 27^12 > 2^57
constexpr int kNumberBits = 24;
constexpr int kIdBits = 17;
constexpr int kCheckBits = 16;
constexpr uint64_t kCodes = uint64_t{1} << (kNumberBits + kIdBits + kCheckBits);
static_assert(kMaxTrialNumber == int64_t{1} << kNumberBits);
static_assert(kMaxExperimentId == uint32_t{1} << kIdBits);

// Codes are multiplied so that consecutive numbers do not look alike.
constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;

// The inverse of an odd number modulo 2^64; each step of Newton's method doubles the right bits.
constexpr uint64_t InverseOf(uint64_t odd) {
  uint64_t inverse = odd;
  for (int i = 0; i < 6; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}
static_assert(kMultiplier * InverseOf(kMultiplier) == 1);

uint64_t CheckOf(absl::string_view experiment, const TrialCode& code) {
  const uint64_t hash =
      StableMix(StableMix(StableHash(experiment), code.id), static_cast<uint64_t>(code.number));
  return hash % (uint64_t{1} << kCheckBits);
}

absl::string_view Prefix(absl::string_view experiment) {
  return experiment.empty() ? "trial" : experiment;
}

}  // namespace

std::string CodedTrialName(absl::string_view experiment, const TrialCode& code) {
  const uint64_t plain = (static_cast<uint64_t>(code.number) << (kIdBits + kCheckBits)) |
                         (uint64_t{code.id} << kCheckBits) | CheckOf(experiment, code);
  uint64_t rest = plain * kMultiplier % kCodes;
  std::string letters(kLength, kLetters[0]);
  for (char& letter : letters) {
    letter = kLetters[rest % kLetters.size()];
    rest /= kLetters.size();
  }
  return absl::StrCat(Prefix(experiment), "-", letters);
}

std::optional<TrialCode> ParseTrialName(absl::string_view experiment, absl::string_view name) {
  if (!absl::ConsumePrefix(&name, Prefix(experiment)) || !absl::ConsumePrefix(&name, "-") ||
      name.size() != kLength) {
    return std::nullopt;
  }
  uint64_t coded = 0;
  for (size_t i = kLength; i-- > 0;) {
    const size_t letter = kLetters.find(name[i]);
    if (letter == absl::string_view::npos) return std::nullopt;
    coded = coded * kLetters.size() + letter;
  }
  if (coded >= kCodes) return std::nullopt;
  const uint64_t plain = coded * InverseOf(kMultiplier) % kCodes;
  const TrialCode code{.number = static_cast<int64_t>(plain >> (kIdBits + kCheckBits)),
                       .id = static_cast<uint32_t>((plain >> kCheckBits) % kMaxExperimentId)};
  if (plain % (uint64_t{1} << kCheckBits) != CheckOf(experiment, code)) return std::nullopt;
  return code;
}

uint32_t NewExperimentId(absl::string_view experiment, absl::Time now) {
  const uint64_t hash =
      StableMix(StableHash(experiment), static_cast<uint64_t>(absl::ToUnixNanos(now)));
  return static_cast<uint32_t>(hash % kMaxExperimentId);
}

}  // namespace qalam
