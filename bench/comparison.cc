#include "bench/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/data_file.h"
#include "bench/statistics.h"
#include "core/status_macros.h"

namespace qalam::bench {
namespace {

// Distances to the optimum below this are rounding.
constexpr double kLeastGap = 1e-12;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// A point of which only n and nr are going to be known.
constexpr CurvePoint kUnknown = {.aulc = kNaN, .speedup = kNaN, .ask_seconds = kNaN};
// A run that never did better than anything random counts this much, instead of nothing at all.
constexpr double kLeastSpeedup = 1e-3;

std::string MethodOf(const RunKey& key) {
  std::string method = key.algorithm;
  if (key.mode == Mode::kNoisy) method += " N";
  if (key.parallel > 1) absl::StrAppend(&method, " W=", key.parallel);
  return method;
}

// 0 of nothing is 0.
double Share(int part, int whole) { return whole == 0 ? 0 : static_cast<double>(part) / whole; }

// One of the measures of StopAccount.
double ValueOf(const StopAccount& stops, Measure measure) {
  switch (measure) {
    case Measure::kBegun:
      return stops.begun;
    case Measure::kStoppedShare:
      return Share(stops.stopped, stops.begun);
    case Measure::kMissedBest:
      return stops.missed > 0 ? 1 : 0;
    case Measure::kMissedShare:
      return Share(stops.missed, stops.stopped);
    default:
      return stops.saved;
  }
}

// NaN and nothing: not known.
std::optional<double> ValueOf(const CurvePoint& point, Measure measure) {
  switch (measure) {
    case Measure::kNr:
      return point.nr;
    case Measure::kAulc:
      return point.aulc;
    case Measure::kLogSpeedup:
      if (std::isnan(point.speedup)) return std::nullopt;
      return std::log(std::max(kLeastSpeedup, point.speedup));
    case Measure::kLogGap:
      if (!point.gap.has_value()) return std::nullopt;
      return std::log10(std::max(kLeastGap, *point.gap));
    case Measure::kLogRatio:
      if (!point.gap.has_value() || *point.best - *point.gap <= 0) return std::nullopt;
      return std::log10(*point.best / (*point.best - *point.gap));
    case Measure::kAskSeconds:
      return point.ask_seconds / point.n;
    case Measure::kBegun:
    case Measure::kStoppedShare:
    case Measure::kMissedBest:
    case Measure::kMissedShare:
    case Measure::kSaved:
      break;
  }
  if (!point.stops.has_value()) return std::nullopt;
  return ValueOf(*point.stops, measure);
}

// Means of estimates that do not depend on each other.
Estimate Average(const std::vector<Estimate>& estimates) {
  Estimate average;
  for (const Estimate& estimate : estimates) {
    average.mean += estimate.mean;
    average.error += estimate.error * estimate.error;
  }
  const double count = static_cast<double>(estimates.size());
  return {.mean = average.mean / count, .error = std::sqrt(average.error) / count};
}

Estimate EstimateOf(const std::vector<double>& values) {
  return {.mean = Mean(values), .error = std::sqrt(VarianceOfMean(values))};
}

std::vector<double> ValuesOf(const std::map<uint64_t, double>& by_seed) {
  std::vector<double> values;
  for (const auto& [seed, value] : by_seed) values.push_back(value);
  return values;
}

// Of tasks that were run with the same seeds: of the seeds' means. Otherwise they are taken for
// independent, for want of anything better.
Estimate OverTasks(const std::vector<std::map<uint64_t, double>>& tasks) {
  std::map<uint64_t, std::vector<double>> seeds;
  std::vector<Estimate> estimates;
  for (const std::map<uint64_t, double>& task : tasks) {
    for (const auto& [seed, value] : task) seeds[seed].push_back(value);
    estimates.push_back(EstimateOf(ValuesOf(task)));
  }
  std::vector<double> means;
  for (const auto& [seed, values] : seeds) {
    if (values.size() != tasks.size()) return Average(estimates);
    means.push_back(Mean(values));
  }
  return EstimateOf(means);
}

}  // namespace

void Comparison::Add(const std::vector<RunResult>& results) {
  for (const RunResult& result : results) {
    const std::string method = MethodOf(result.key);
    if (std::find(methods_.begin(), methods_.end(), method) == methods_.end()) {
      methods_.push_back(method);
    }
    Curves& curves = curves_[method][{result.key.suite, result.key.task}];
    for (const CurvePoint& point : result.curve) curves[point.n][result.key.seed] = point;
  }
  measured_ = methods_.size();
}

absl::Status Comparison::AddReferences(const std::string& path) {
  QALAM_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
  QALAM_ASSIGN_OR_RETURN(const int method_column, table.Column("method"));
  const std::vector<Task> common = Common();
  const size_t measured = measured_;
  for (int r = 0; r < table.rows(); ++r) {
    const Task task = {table.Text(r, 0), table.Text(r, 1)};
    if (std::find(common.begin(), common.end(), task) == common.end()) continue;
    RunResult result;
    result.key = {.algorithm = absl::StrCat("ref:", table.Text(r, method_column)),
                  .suite = task.first,
                  .task = task.second};
    for (size_t c = 0; c < table.header().size(); ++c) {
      CurvePoint point = kUnknown;
      if (!absl::StartsWith(table.header()[c], "nr_") ||
          !absl::SimpleAtoi(table.header()[c].substr(3), &point.n)) {
        continue;
      }
      point.nr = table.Number(r, static_cast<int>(c));
      if (!std::isnan(point.nr)) result.curve.push_back(point);
    }
    Add({result});
  }
  measured_ = measured;
  return absl::OkStatus();
}

std::vector<Comparison::Task> Comparison::Common() const {
  std::vector<Task> common;
  if (methods_.empty()) return common;
  for (const auto& [task, curves] : curves_.at(methods_[0])) {
    const auto end = methods_.begin() + static_cast<std::ptrdiff_t>(measured_);
    const bool shared =
        std::all_of(methods_.begin(), end, [this, &task = task](const std::string& method) {
          return curves_.at(method).count(task) > 0;
        });
    if (shared) common.push_back(task);
  }
  return common;
}

int Comparison::OtherTasks() const {
  std::set<Task> all;
  for (const auto& [method, tasks] : curves_) {
    for (const auto& [task, curves] : tasks) all.insert(task);
  }
  return static_cast<int>(all.size()) - CommonTasks();
}

std::vector<std::string> Comparison::Suites() const {
  std::set<std::string> suites;
  for (const Task& task : Common()) suites.insert(task.first);
  return {suites.begin(), suites.end()};
}

int Comparison::CommonTasks() const { return static_cast<int>(Common().size()); }

int Comparison::CommonTasks(const std::string& suite) const {
  const std::vector<Task> common = Common();
  return static_cast<int>(std::count_if(common.begin(), common.end(),
                                        [&](const Task& task) { return task.first == suite; }));
}

int Comparison::LastCheckpoint(const Task& task) const {
  int last = 0;
  for (const std::string& method : methods_) {
    const std::map<Task, Curves>& tasks = curves_.at(method);
    const auto it = tasks.find(task);
    if (it != tasks.end() && !it->second.empty()) last = std::max(last, it->second.rbegin()->first);
  }
  return last;
}

Comparison::SeedValues Comparison::BySeed(const std::string& method, const Task& task, int n,
                                          Measure measure) const {
  const auto tasks = curves_.at(method).find(task);
  if (tasks == curves_.at(method).end()) return std::nullopt;
  const auto it = tasks->second.find(std::min(n, LastCheckpoint(task)));
  if (it == tasks->second.end()) return std::nullopt;
  std::map<uint64_t, double> values;
  for (const auto& [seed, point] : it->second) {
    const std::optional<double> value = ValueOf(point, measure);
    if (!value.has_value() || std::isnan(*value)) return std::nullopt;
    values[seed] = *value;
  }
  return values;
}

Comparison::Values Comparison::At(const std::string& method, const Task& task, int n,
                                  Measure measure) const {
  const SeedValues by_seed = BySeed(method, task, n, measure);
  if (!by_seed.has_value()) return std::nullopt;
  return ValuesOf(*by_seed);
}

std::optional<Estimate> Comparison::OfSuite(const std::string& method, const std::string& suite,
                                            int n, Measure measure) const {
  std::vector<std::map<uint64_t, double>> tasks;
  for (const Task& task : Common()) {
    if (task.first != suite) continue;
    SeedValues values = BySeed(method, task, n, measure);
    if (!values.has_value()) return std::nullopt;
    tasks.push_back(*std::move(values));
  }
  if (tasks.empty()) return std::nullopt;
  return OverTasks(tasks);
}

std::optional<Estimate> Comparison::Overall(const std::string& method,
                                            const std::vector<std::string>& suites, int n,
                                            Measure measure) const {
  std::vector<Estimate> estimates;
  for (const std::string& suite : suites) {
    const std::optional<Estimate> estimate = OfSuite(method, suite, n, measure);
    if (!estimate.has_value()) return std::nullopt;
    estimates.push_back(*estimate);
  }
  if (estimates.empty()) return std::nullopt;
  return Average(estimates);
}

std::optional<double> Comparison::MeanRank(const std::string& method, int n) const {
  std::map<std::string, std::vector<double>> ranks;  // by suite
  for (const Task& task : Common()) {
    std::vector<double> means;
    std::optional<size_t> place;
    for (const std::string& other : methods_) {
      const Values values = At(other, task, n, Measure::kNr);
      if (!values.has_value()) continue;
      if (other == method) place = means.size();
      means.push_back(Mean(*values));
    }
    if (!place.has_value()) return std::nullopt;
    ranks[task.first].push_back(Ranks(means)[*place]);
  }
  if (ranks.empty()) return std::nullopt;
  std::vector<double> suites;
  for (const auto& [suite, of_tasks] : ranks) suites.push_back(Mean(of_tasks));
  return Mean(suites);
}

std::optional<Duel> Comparison::Compare(const std::string& method, const std::string& baseline,
                                        int n) const {
  Duel duel;
  std::vector<double> differences;
  for (const Task& task : Common()) {
    const Values ours = At(method, task, n, Measure::kNr);
    const Values theirs = At(baseline, task, n, Measure::kNr);
    if (!ours.has_value() || !theirs.has_value()) continue;
    const double difference = Mean(*ours) - Mean(*theirs);
    const double error = std::sqrt(VarianceOfMean(*ours) + VarianceOfMean(*theirs));
    differences.push_back(difference);
    if (std::fabs(difference) <= error) {
      ++duel.ties;
    } else {
      ++(difference < 0 ? duel.wins : duel.losses);
    }
  }
  if (differences.empty()) return std::nullopt;
  duel.p_value = SignedRankPValue(differences);
  return duel;
}

}  // namespace qalam::bench
