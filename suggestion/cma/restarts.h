#ifndef QALAM_SUGGESTION_CMA_RESTARTS_H_
#define QALAM_SUGGESTION_CMA_RESTARTS_H_

#include <cstdint>
#include <vector>

namespace qalam {

enum class RestartStrategy { kNone, kIpop, kBipop };

// What one run of CMA-ES, from its start to a stopping criterion, begins with.
struct CmaRun {
  int number = 0;
  int population = 4;
  double step_factor = 1;  // on the initial sigma
};

// The sequence of runs: each with twice the population of the last (IPOP: Auger and Hansen, CEC
// 2005), or those interlaced with small runs of as many evaluations in all (BIPOP: Hansen, GECCO
// workshops 2009).
class RestartSchedule {
 public:
  RestartSchedule(RestartStrategy strategy, int population, uint64_t seed);

  const CmaRun& run() const { return run_; }
  // Counts evaluations of the current run.
  void Count(int evaluations) { spent_ += evaluations; }
  // Goes to the next run.
  void Restart();

 private:
  RestartStrategy strategy_;
  int population_;  // of the first run
  uint64_t seed_;
  CmaRun run_;
  int large_population_;
  bool small_ = false;  // whether the current run is one of the small ones
  int64_t spent_ = 0;
  int64_t spent_small_ = 0, spent_large_ = 0;
};

// Watches the losses of a run for signs that it has come to an end (Hansen, arXiv 1604.00772,
// appendix B.3).
class StagnationMonitor {
 public:
  // A generation's best and median loss, and its worst; all finite.
  void Add(double best, double median, double worst);
  // TolFun: the best losses of the last generations and all of this one are equal to within
  // rounding. Stagnation: neither best nor median has become better for long.
  bool Stopped(int dimensions, int population) const;

 private:
  bool Flat(int generations) const;
  bool Stagnant(int generations) const;

  std::vector<double> bests_, medians_;  // one a generation
  double worst_ = 0;                     // of the last one
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_RESTARTS_H_
