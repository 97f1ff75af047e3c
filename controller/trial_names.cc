#include "controller/trial_names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/random_stream.h"

namespace qalam {
namespace {

// Kubernetes' alphabet for random names: no vowels, so no words.
constexpr absl::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
constexpr int kLength = 8;
constexpr uint64_t kNames = 282429536481;  // 27^8

}  // namespace

std::string TrialName(absl::string_view experiment, absl::string_view experiment_uid,
                      int64_t number) {
  // n -> a * n + b is one-to-one modulo 27^8 because 3 does not divide a; 128 bits avoid overflow.
  constexpr uint64_t kMultiplier = 174541839137;
  static_assert(kMultiplier % 3 != 0);
  const uint64_t offset = StableHash(experiment_uid) % kNames;
  auto code = static_cast<uint64_t>(
      (static_cast<unsigned __int128>(kMultiplier) * static_cast<uint64_t>(number) + offset) %
      kNames);
  std::string suffix(kLength, kLetters[0]);
  for (char& letter : suffix) {
    letter = kLetters[code % kLetters.size()];
    code /= kLetters.size();
  }
  return absl::StrCat(experiment, "-", suffix);
}

std::string TrialUid(absl::string_view experiment_uid, int64_t number) {
  const uint64_t base = StableHash(experiment_uid);
  const uint64_t high = StableMix(base, 2 * static_cast<uint64_t>(number));
  const uint64_t low = StableMix(base, 2 * static_cast<uint64_t>(number) + 1);
  return absl::StrFormat("%08x-%04x-8%03x-%04x-%012x", high >> 32, (high >> 16) & 0xffff,
                         high & 0xfff, 0x8000 | ((low >> 48) & 0x3fff), low & 0xffffffffffff);
}

}  // namespace qalam
