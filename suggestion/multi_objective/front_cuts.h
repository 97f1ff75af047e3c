#ifndef QALAM_SUGGESTION_MULTI_OBJECTIVE_FRONT_CUTS_H_
#define QALAM_SUGGESTION_MULTI_OBJECTIVE_FRONT_CUTS_H_

#include <cstdint>
#include <vector>

#include "suggestion/multi_objective/survivors.h"

namespace qalam {

// Drops the most crowded row, again and again; distances are brought up to date in between, without
// which whole regions of a front may be lost (Kukkonen and Deb, CEC 2006). Ends of the front stay
// as long as anything else can go.
std::vector<int> CutByCrowding(const FrontCut& cut);

// `divisions` + 1 points on each edge of the simplex of `width` losses, and the points between them
// (Das and Dennis, SIAM J. Optimization 8, 1998). Rows of `width` numbers that sum to 1.
std::vector<double> SimplexPoints(int width, int divisions);
// How many there are; at most `most`.
int SimplexPointCount(int width, int divisions, int most);

// The niching of NSGA-III (Deb and Jain, IEEE TEC 18, 2014): losses are normalised by the ideal
// point and the intercepts of the plane through the extreme points; each row belongs to the
// direction nearest to it; directions with the fewest rows are served first.
class NicheCut {
 public:
  // `divisions` 0: as many as make no fewer directions than `size`, the size of the population.
  NicheCut(uint64_t seed, int divisions, int size)
      : seed_(seed), divisions_(divisions), size_(size) {}

  std::vector<int> operator()(const FrontCut& cut) const;

 private:
  uint64_t seed_;
  int divisions_;
  int size_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_MULTI_OBJECTIVE_FRONT_CUTS_H_
