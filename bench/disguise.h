#ifndef QALAM_BENCH_DISGUISE_H_
#define QALAM_BENCH_DISGUISE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/search_space.h"

namespace qalam::bench {

// A search space as a run shows it to its optimiser: parameters in another order and with names
// that tell nothing, categories shuffled and renamed. So nothing can be won by recognising a
// problem, nor by the order in which its author wrote things down. Ranges, and the numbers of
// ordered lists, stay as they are: they are what a user would say.
class Disguise {
 public:
  Disguise(const std::shared_ptr<const SearchSpace>& original, uint64_t seed);

  const std::shared_ptr<const SearchSpace>& space() const { return space_; }
  // Where the original space's parameter `index` is in it.
  int Place(int index) const;
  // The assignment of the original space that a disguised one stands for.
  Assignment Original(const Assignment& disguised) const;

 private:
  void Rename(const SearchSpace& original, ParameterCondition& condition) const;

  std::shared_ptr<const SearchSpace> space_;
  std::vector<int> original_index_;                // of the i-th disguised parameter
  std::vector<std::vector<int>> original_choice_;  // of its k-th category; empty for others
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_DISGUISE_H_
