#ifndef QALAM_CORE_PARETO_ARCHIVE_H_
#define QALAM_CORE_PARETO_ARCHIVE_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace qalam {

// The Pareto front of a stream of points: those that no other point dominates, which is to be
// nowhere worse and somewhere better. Of points that are equal in every objective only the one with
// the smallest number is kept. The front does not depend on the order in which the points came.
class ParetoArchive {
 public:
  struct Member {
    int64_t number = 0;
    std::vector<double> losses;  // smaller is better
    friend bool operator==(const Member&, const Member&) = default;
  };

  // Adds a point; all points have the same number of losses, none of them NaN. Returns the numbers
  // of the members that it drove out, in order; nothing when it is itself not on the front. Time
  // and memory in proportion to the front.
  std::optional<std::vector<int64_t>> Add(Member point);

  // In order of number.
  const std::vector<Member>& members() const { return members_; }
  bool empty() const { return members_.empty(); }
  friend bool operator==(const ParetoArchive&, const ParetoArchive&) = default;

 private:
  std::vector<Member> members_;
};

}  // namespace qalam

#endif  // QALAM_CORE_PARETO_ARCHIVE_H_
