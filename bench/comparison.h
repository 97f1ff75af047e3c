#ifndef QALAM_BENCH_COMPARISON_H_
#define QALAM_BENCH_COMPARISON_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "bench/results.h"

namespace qalam::bench {

// A mean and the standard error that comes from the seeds. The tasks of a suite are no independent
// samples: with the same seed, an algorithm begins with the same points in all of them.
struct Estimate {
  double mean = 0;
  double error = 0;
};

// What of the curves is averaged.
enum class Measure {
  kNr,
  kAulc,
  kLogSpeedup,  // natural logarithm, so that its mean is that of a geometric mean
  kLogGap,      // log10 of the distance to the optimum, at least 1e-12 of it
  kLogRatio,    // log10 of value by optimum, where both are positive
  kAskSeconds,  // a suggestion
  // Of StopAccount, at the end of runs with learning curves.
  kBegun,
  kStoppedShare,  // of those begun
  kMissedBest,    // 1 when the best of those begun was stopped, else 0
  kMissedShare,   // of those stopped
  kSaved,
};

// How one method does against another, task by task.
struct Duel {
  int wins = 0;
  int ties = 0;  // means that differ by less than their common standard error
  int losses = 0;
  double p_value = 1;  // Wilcoxon's signed-rank test over the tasks' mean nr
};

// Runs by method and task, and the protocol's averages of them: a task's value is the mean over its
// seeds, a suite's the mean over its tasks, the overall value the mean over suites. Averages are
// over the common tasks: those that all methods have, references excepted.
class Comparison {
 public:
  // A method is an algorithm with its mode and parallelism where they are not the usual ones:
  // "tpe", "tpe N", "tpe W=4".
  void Add(const std::vector<RunResult>& results);
  // Adds the means of a reference_optimizers.csv as methods "ref:NAME" without seeds, for the
  // common tasks that they have.
  absl::Status AddReferences(const std::string& path);

  // In order of first appearance.
  const std::vector<std::string>& methods() const { return methods_; }
  // Suites with at least one common task, in alphabetical order.
  std::vector<std::string> Suites() const;
  int CommonTasks() const;
  // Tasks that some method has and another one lacks.
  int OtherTasks() const;
  int CommonTasks(const std::string& suite) const;

  // Of a suite, or over the given suites. Nothing when the method has no value after `n`
  // evaluations of some common task. A task whose budget is smaller than `n` counts as it ended.
  std::optional<Estimate> OfSuite(const std::string& method, const std::string& suite, int n,
                                  Measure measure) const;
  std::optional<Estimate> Overall(const std::string& method, const std::vector<std::string>& suites,
                                  int n, Measure measure) const;
  // The mean rank among all methods that have a value, by the tasks' mean nr; averaged as above.
  std::optional<double> MeanRank(const std::string& method, int n) const;
  // Over the common tasks for which both have a value; nothing when there is none.
  std::optional<Duel> Compare(const std::string& method, const std::string& baseline, int n) const;

 private:
  using Task = std::pair<std::string, std::string>;              // suite, name
  using Curves = std::map<int, std::map<uint64_t, CurvePoint>>;  // by n, then by seed
  using SeedValues = std::optional<std::map<uint64_t, double>>;
  using Values = std::optional<std::vector<double>>;

  std::vector<Task> Common() const;
  // The values of the seeds; nothing when they are not known.
  SeedValues BySeed(const std::string& method, const Task& task, int n, Measure measure) const;
  Values At(const std::string& method, const Task& task, int n, Measure measure) const;
  int LastCheckpoint(const Task& task) const;

  std::vector<std::string> methods_;
  size_t measured_ = 0;  // the first ones; the others are references
  std::map<std::string, std::map<Task, Curves>> curves_;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_COMPARISON_H_
