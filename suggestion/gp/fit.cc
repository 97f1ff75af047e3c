#include "suggestion/gp/fit.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/infinity.h"
#include "math/lbfgs.h"
#include "math/matern.h"
#include "suggestion/gp/input_warp.h"

namespace qalam::gp {
namespace {

constexpr double kLeastNoise = 1e-8;
// Of the joint part, in a unit cube.
constexpr double kDoubtfulLengthscale = 0.1;
// Of the priors: a signal may well be absent, while few points explain away any noise that the
// prior lets go. Much noise is not to be more costly than short lengthscales, which look like it.
constexpr double kSignalShape = 1.1;
constexpr double kSignalRate = 1;
constexpr double kNoiseShape = 1.5;
constexpr double kNoiseRate = 4;
constexpr double kWarpDeviation = 2;
// The greatest strength of an input warp, and how many points it takes to tell of one.
constexpr double kMaxWarpStrength = 5;
constexpr int kLeastPointsToWarp = 10;

// Adds the negative log density of exp(log_value) ~ LogNormal(location, sqrt 3).
double AddLogNormalPrior(double log_value, double location, double& gradient) {
  const double distance = log_value - location;
  gradient += 1 + distance / 3;
  return log_value + distance * distance / 6;
}

// Adds the negative log density of exp(log_value) ~ Gamma(shape, rate).
double AddGammaPrior(double log_value, double shape, double rate, double& gradient) {
  const double value = std::exp(log_value);
  gradient += rate * value - (shape - 1);
  return rate * value - (shape - 1) * log_value;
}

double LengthShift(const FitData& data, int axis) {
  return data.length_shifts.empty() ? 0 : data.length_shifts[axis];
}

// A start of the search: lengthscales of the joint part are `length` sqrt D, before shifts.
KernelParameters Start(const FitData& data, bool additive, double length, double additive_length,
                       double signal, double additive_signal, double noise) {
  const int axes = data.points.cols();
  KernelParameters parameters;
  for (int d = 0; d < axes; ++d) {
    const double factor = std::exp(LengthShift(data, d));
    parameters.lengthscales.push_back(length * std::sqrt(axes) * factor);
    if (additive) parameters.additive_lengthscales.push_back(additive_length * factor);
  }
  parameters.signal = signal;
  parameters.noise = noise;
  if (additive) parameters.additive_signal = additive_signal;
  return parameters;
}

bool IsWarped(const FitData& data, const FitOptions& options) {
  const bool any_ordered = std::any_of(data.categorical.begin(), data.categorical.end(),
                                       [](bool categorical) { return !categorical; });
  return options.warped && any_ordered && data.points.rows() >= kLeastPointsToWarp;
}

double ShortestLengthscale(const KernelParameters& parameters) {
  return *std::min_element(parameters.lengthscales.begin(), parameters.lengthscales.end());
}

}  // namespace

LogPosterior::LogPosterior(const FitData& data, bool additive, bool warped)
    : data_(data),
      additive_(additive),
      warped_(warped),
      axes_(data.points.cols()),
      signal_(additive ? 2 * axes_ : axes_),
      noise_(additive ? signal_ + 2 : signal_ + 1) {
  const int n = data.points.rows();
  const size_t pairs = static_cast<size_t>(n) * static_cast<size_t>(n - 1) / 2;
  distances_ = Matrix(static_cast<int>(pairs), axes_);
  growths_ = warped ? Matrix(static_cast<int>(pairs), axes_) : Matrix();
  for (int d = 0; d < axes_; ++d) FillDistances(d, data.points.col(d));
  joint_.resize(pairs);
  slopes_.resize(pairs);
  scratch_.resize(pairs);
  weights_.resize(pairs);
  additive_values_.resize(additive ? pairs : 0);
  additive_slopes_ = additive ? Matrix(static_cast<int>(pairs), axes_) : Matrix();
}

void LogPosterior::FillDistances(int d, absl::Span<const double> column) {
  const absl::Span<double> distances = distances_.col(d);
  std::fill(distances.begin(), distances.end(), 0.0);
  double* out = distances.data();
  for (size_t j = 0; j < column.size(); ++j) {
    const absl::Span<double> part(out, column.size() - j - 1);
    if (data_.categorical[d]) {
      AddMismatches(column.subspan(j + 1), column[j], 1, part);
    } else {
      AddSquaredDistances(column.subspan(j + 1), column[j], 1, part);
    }
    out += part.size();
  }
}

void LogPosterior::WarpAxis(int d, double strength) {
  const InputWarp warp(strength);
  std::vector<double> warped;
  std::vector<double> slopes;
  for (const double x : data_.points.col(d)) {
    warped.push_back(warp.Apply(x));
    slopes.push_back(warp.SlopeByStrength(x));
  }
  FillDistances(d, warped);
  double* growth = growths_.col(d).data();
  for (size_t j = 0; j < warped.size(); ++j) {
    for (size_t i = j + 1; i < warped.size(); ++i) {
      const double difference = warped[i] - warped[j];
      *growth++ = difference == 0 ? 0 : (slopes[i] - slopes[j]) / difference;
    }
  }
}

KernelParameters LogPosterior::Parameters(absl::Span<const double> logs) const {
  KernelParameters parameters;
  for (int d = 0; d < axes_; ++d) parameters.lengthscales.push_back(std::exp(logs[d]));
  if (additive_) {
    for (int d = 0; d < axes_; ++d) {
      parameters.additive_lengthscales.push_back(std::exp(logs[axes_ + d]));
    }
    parameters.additive_signal = std::exp(logs[signal_ + 1]);
  }
  parameters.signal = std::exp(logs[signal_]);
  parameters.noise = kLeastNoise + std::exp(logs[noise_]);
  if (warped_) {
    const absl::Span<const double> strengths = logs.subspan(static_cast<size_t>(input_warps()));
    parameters.input_warps.assign(strengths.begin(), strengths.end());
  }
  return parameters;
}

std::vector<double> LogPosterior::Logs(const KernelParameters& parameters) const {
  std::vector<double> logs;
  for (const double lengthscale : parameters.lengthscales) logs.push_back(std::log(lengthscale));
  if (additive_) {
    for (const double lengthscale : parameters.additive_lengthscales) {
      logs.push_back(std::log(lengthscale));
    }
  }
  logs.push_back(std::log(parameters.signal));
  if (additive_) logs.push_back(std::log(parameters.additive_signal));
  logs.push_back(std::log(std::max(parameters.noise - kLeastNoise, 0.1 * kLeastNoise)));
  for (int d = 0; warped_ && d < axes_; ++d) {
    logs.push_back(parameters.input_warps.empty() ? 0 : parameters.input_warps[d]);
  }
  return logs;
}

// What one axis adds to the additive part.
void LogPosterior::AddAxis(int d, double lengthscale) {
  const absl::Span<const double> distances = distances_.col(d);
  const absl::Span<double> slopes = additive_slopes_.col(d);
  const double inverse = InverseSquare(lengthscale);
  const size_t pairs = scratch_.size();
  if (data_.categorical[d]) {
    double value = inverse;
    double slope = 0;
    Matern52WithSlopes(absl::MakeConstSpan(&value, 1), absl::MakeSpan(&value, 1),
                       absl::MakeSpan(&slope, 1));
    for (size_t k = 0; k < pairs; ++k) {
      additive_values_[k] += 1 + distances[k] * (value - 1);
      slopes[k] = distances[k] * slope * inverse;
    }
    return;
  }
  for (size_t k = 0; k < pairs; ++k) scratch_[k] = inverse * distances[k];
  Matern52WithSlopes(scratch_, absl::MakeSpan(weights_), slopes);
  for (size_t k = 0; k < pairs; ++k) {
    additive_values_[k] += weights_[k];
    slopes[k] *= scratch_[k];
  }
}

void LogPosterior::FillPairs(const KernelParameters& parameters) {
  for (int d = 0; warped_ && d < axes_; ++d) {
    if (!data_.categorical[d]) WarpAxis(d, parameters.input_warps[d]);
  }
  std::vector<double> inverses;
  for (const double lengthscale : parameters.lengthscales) {
    inverses.push_back(InverseSquare(lengthscale));
  }
  scratch_ = Multiply(distances_, inverses);
  Matern52WithSlopes(scratch_, absl::MakeSpan(joint_), absl::MakeSpan(slopes_));
  if (!additive_) return;
  std::fill(additive_values_.begin(), additive_values_.end(), 0.0);
  for (int d = 0; d < axes_; ++d) AddAxis(d, parameters.additive_lengthscales[d]);
}

// With M = (K^-1 - alpha alpha') / 2, dloss = sum_ij M_ij dK_ij.
void LogPosterior::AddLikelihoodGradient(const KernelParameters& parameters, const Matrix& inverse,
                                         absl::Span<const double> alpha,
                                         absl::Span<double> gradient) {
  const int n = data_.points.rows();
  double trace = 0;
  double* weight = weights_.data();
  for (int j = 0; j < n; ++j) {
    trace += 0.5 * (inverse(j, j) - alpha[j] * alpha[j]);
    const absl::Span<const double> column = inverse.col(j);
    for (int i = j + 1; i < n; ++i) *weight++ = column[i] - alpha[i] * alpha[j];
  }
  gradient[signal_] += parameters.signal * (trace + Dot(weights_, joint_));
  gradient[noise_] += trace * (parameters.noise - kLeastNoise);
  for (size_t k = 0; k < scratch_.size(); ++k) scratch_[k] = weights_[k] * slopes_[k];
  const std::vector<double> sums = MultiplyTransposed(distances_, scratch_);
  for (int d = 0; d < axes_; ++d) {
    gradient[d] += 2 * parameters.signal * InverseSquare(parameters.lengthscales[d]) * sums[d];
  }
  if (warped_) AddWarpGradient(parameters, gradient);
  if (!additive_) return;
  const double share = parameters.additive_signal / axes_;
  gradient[signal_ + 1] += trace * parameters.additive_signal;
  gradient[signal_ + 1] += share * Dot(weights_, additive_values_);
  const std::vector<double> additive_sums = MultiplyTransposed(additive_slopes_, weights_);
  for (int d = 0; d < axes_; ++d) gradient[axes_ + d] += 2 * share * additive_sums[d];
}

// Where distances grow, covariances do what they do where lengthscales shrink. Wants scratch_ to
// hold the weights times the slopes of the joint part.
void LogPosterior::AddWarpGradient(const KernelParameters& parameters,
                                   absl::Span<double> gradient) const {
  const double share = additive_ ? parameters.additive_signal / axes_ : 0;
  for (int d = 0; d < axes_; ++d) {
    if (data_.categorical[d]) continue;
    const double* growths = growths_.col(d).data();
    const double* distances = distances_.col(d).data();
    double joint = 0;
    for (size_t k = 0; k < scratch_.size(); ++k) joint += scratch_[k] * distances[k] * growths[k];
    double sum = parameters.signal * InverseSquare(parameters.lengthscales[d]) * joint;
    if (additive_) {
      const double* slopes = additive_slopes_.col(d).data();
      double additive = 0;
      for (size_t k = 0; k < scratch_.size(); ++k) additive += weights_[k] * slopes[k] * growths[k];
      sum += share * additive;
    }
    gradient[input_warps() + d] -= 2 * sum;
  }
}

// Of one lengthscale for each axis.
double LogPosterior::AddLengthPriors(absl::Span<const double> logs, double location,
                                     absl::Span<double> gradient) const {
  double loss = 0;
  for (int d = 0; d < axes_; ++d) {
    loss += AddLogNormalPrior(logs[d], location + LengthShift(data_, d), gradient[d]);
  }
  return loss;
}

double LogPosterior::AddPriors(absl::Span<const double> logs, absl::Span<double> gradient) const {
  double loss = AddLengthPriors(logs, std::numbers::sqrt2 + 0.5 * std::log(axes_), gradient);
  loss += AddGammaPrior(logs[signal_], kSignalShape, kSignalRate, gradient[signal_]);
  loss += AddGammaPrior(logs[noise_], kNoiseShape, kNoiseRate, gradient[noise_]);
  for (int i = input_warps(); i < size(); ++i) {
    const double strength = logs[i] / kWarpDeviation;
    loss += 0.5 * strength * strength;
    gradient[i] += strength / kWarpDeviation;
  }
  if (!additive_) return loss;
  loss += AddLengthPriors(logs.subspan(axes_), std::numbers::sqrt2, gradient.subspan(axes_));
  return loss + AddGammaPrior(logs[signal_ + 1], kSignalShape, kSignalRate, gradient[signal_ + 1]);
}

double LogPosterior::NegativeWithGradient(absl::Span<const double> logs,
                                          absl::Span<double> gradient) {
  const KernelParameters parameters = Parameters(logs);
  FillPairs(parameters);
  const int n = data_.points.rows();
  const double share = additive_ ? parameters.additive_signal / axes_ : 0;
  Matrix gram(n, n);
  size_t pair = 0;
  const double variance = Kernel::kMeanVariance + parameters.signal + parameters.additive_signal;
  for (int j = 0; j < n; ++j) {
    const absl::Span<double> column = gram.col(j);
    column[j] = variance + parameters.noise + data_.extra_noise[j];
    for (int i = j + 1; i < n; ++i, ++pair) {
      column[i] = Kernel::kMeanVariance + parameters.signal * joint_[pair];
      if (additive_) column[i] += share * additive_values_[pair];
    }
  }
  Cholesky cholesky;
  if (!cholesky.Factor(gram)) return kInfinity;
  std::vector<double> alpha = data_.values;
  cholesky.Solve(absl::MakeSpan(alpha));
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const double loss = 0.5 * Dot(data_.values, alpha) + 0.5 * cholesky.LogDeterminant();
  AddLikelihoodGradient(parameters, cholesky.Inverse(), alpha, gradient);
  return loss + AddPriors(logs, gradient);
}

std::vector<double> LeaveOneOut(const FitData& data, const KernelParameters& parameters) {
  std::vector<double> densities(data.values.size(), -kInfinity);
  const Kernel kernel(data.categorical, parameters);
  Cholesky cholesky;
  if (!cholesky.Factor(kernel.Gram(kernel.WarpedPoints(data.points), data.extra_noise))) {
    return densities;
  }
  const Matrix inverse = cholesky.Inverse();
  std::vector<double> alpha = data.values;
  cholesky.Solve(absl::MakeSpan(alpha));
  for (int i = 0; i < data.points.rows(); ++i) {
    const double precision = inverse(i, i);
    densities[i] = 0.5 * (std::log(precision) - alpha[i] * alpha[i] / precision -
                          std::log(2 * std::numbers::pi));
  }
  return densities;
}

std::vector<double> LeaveOneOutMeans(const FitData& data, const KernelParameters& parameters) {
  const Kernel kernel(data.categorical, parameters);
  Cholesky cholesky;
  if (!cholesky.Factor(kernel.Gram(kernel.WarpedPoints(data.points), data.extra_noise))) {
    return data.values;
  }
  const Matrix inverse = cholesky.Inverse();
  std::vector<double> means = data.values;
  cholesky.Solve(absl::MakeSpan(means));
  for (int i = 0; i < data.points.rows(); ++i) {
    means[i] = data.values[i] - means[i] / inverse(i, i);
  }
  return means;
}

Fit FitHyperparameters(const FitData& data, const FitOptions& options) {
  const int axes = data.points.cols();
  const bool additive = options.additive && axes >= 2;
  LogPosterior posterior(data, additive, IsWarped(data, options));
  // Bounds keep every covariance matrix regular enough to be factored.
  std::vector<double> lower(static_cast<size_t>(posterior.size()), std::log(0.02));
  std::vector<double> upper(lower.size(), std::log(1e3));
  for (int i = posterior.signal(); i < posterior.noise(); ++i) {
    lower[i] = std::log(1e-4);
    upper[i] = std::log(1e2);
  }
  lower[posterior.noise()] = std::log(1e-9);
  upper[posterior.noise()] = std::log(4.0);
  for (int i = posterior.input_warps(); i < posterior.size(); ++i) {
    lower[i] = -kMaxWarpStrength;
    upper[i] = kMaxWarpStrength;
  }

  const LbfgsOptions search = {.max_iterations = options.max_evaluations,
                               .max_evaluations = options.max_evaluations,
                               .gradient_tolerance = 1e-2,
                               .value_tolerance = 1e-4,
                               .first_step = 0.5};
  const DifferentiableFunction loss = [&](absl::Span<const double> logs,
                                          absl::Span<double> gradient) {
    return posterior.NegativeWithGradient(logs, gradient);
  };
  const auto minimize = [&](const KernelParameters& start) {
    return MinimizeInBox(loss, lower, upper, posterior.Logs(start), search);
  };
  LbfgsResult best = minimize(
      options.start != nullptr ? *options.start : Start(data, additive, 0.5, 0.5, 0.5, 0.5, 1e-3));
  if (options.thorough) {
    LbfgsResult other = minimize(Start(data, additive, 0.25, 2, 1, 0.1, 1e-2));
    if (other.value < best.value || !std::isfinite(best.value)) best = std::move(other);
    // Lengthscales so short that no point tells of another one do what noise does.
    if (ShortestLengthscale(posterior.Parameters(best.x)) < kDoubtfulLengthscale) {
      LbfgsResult noisy = minimize(Start(data, additive, 0.5, 0.5, 0.3, 0.3, 0.4));
      if (noisy.value < best.value) best = std::move(noisy);
    }
  }
  return {.parameters = posterior.Parameters(best.x), .loss = best.value};
}

}  // namespace qalam::gp
