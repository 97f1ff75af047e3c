#include "core/pareto_archive.h"

#include <algorithm>
#include <utility>

#include "core/dominance.h"

namespace qalam {
namespace {

// Whether a point with `member` in the front has no place there.
bool Excludes(const ParetoArchive::Member& member, const ParetoArchive::Member& point) {
  if (member.losses == point.losses) return member.number <= point.number;
  return Dominates(member.losses, point.losses);
}

}  // namespace

std::optional<std::vector<int64_t>> ParetoArchive::Add(Member point) {
  for (const Member& member : members_) {
    if (Excludes(member, point)) return std::nullopt;
  }
  std::vector<int64_t> driven_out;
  std::erase_if(members_, [&](const Member& member) {
    const bool out = Excludes(point, member);
    if (out) driven_out.push_back(member.number);
    return out;
  });
  const auto place =
      std::lower_bound(members_.begin(), members_.end(), point.number,
                       [](const Member& member, int64_t number) { return member.number < number; });
  members_.insert(place, std::move(point));
  return driven_out;
}

}  // namespace qalam
