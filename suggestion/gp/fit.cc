#include "suggestion/gp/fit.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "math/lbfgs.h"
#include "math/matern.h"

namespace qalam::gp {
namespace {

constexpr double kLeastNoise = 1e-8;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Where each group of log hyperparameters begins.
struct Layout {
  Layout(int axes, bool additive)
      : axes(axes),
        additive(additive),
        signal(additive ? 2 * axes : axes),
        additive_signal(signal + 1),
        noise(additive ? signal + 2 : signal + 1) {}
  size_t size() const { return static_cast<size_t>(noise) + 1; }

  int axes;
  bool additive;
  int signal;
  int additive_signal;
  int noise;
};

KernelParameters FromLogs(const Layout& layout, absl::Span<const double> logs) {
  KernelParameters parameters;
  for (int d = 0; d < layout.axes; ++d) parameters.lengthscales.push_back(std::exp(logs[d]));
  if (layout.additive) {
    for (int d = 0; d < layout.axes; ++d) {
      parameters.additive_lengthscales.push_back(std::exp(logs[layout.axes + d]));
    }
    parameters.additive_signal = std::exp(logs[layout.additive_signal]);
  }
  parameters.signal = std::exp(logs[layout.signal]);
  parameters.noise = kLeastNoise + std::exp(logs[layout.noise]);
  return parameters;
}

// Adds the negative log density of exp(log_value) ~ LogNormal(location, sqrt 3).
double AddLogNormalPrior(double log_value, double location, double& gradient) {
  const double distance = log_value - location;
  gradient += 1 + distance / 3;
  return log_value + distance * distance / 6;
}

// Adds the negative log density of exp(log_value) ~ Gamma(1.1, rate).
double AddGammaPrior(double log_value, double rate, double& gradient) {
  const double value = std::exp(log_value);
  gradient += rate * value - 0.1;
  return rate * value - 0.1 * log_value;
}

double AddPriors(const Layout& layout, absl::Span<const double> logs, absl::Span<double> gradient) {
  const double location = std::numbers::sqrt2 + 0.5 * std::log(layout.axes);
  double loss = 0;
  for (int d = 0; d < layout.axes; ++d) loss += AddLogNormalPrior(logs[d], location, gradient[d]);
  loss += AddGammaPrior(logs[layout.signal], 1, gradient[layout.signal]);
  loss += AddGammaPrior(logs[layout.noise], 30, gradient[layout.noise]);
  if (!layout.additive) return loss;
  for (int d = layout.axes; d < 2 * layout.axes; ++d) {
    loss += AddLogNormalPrior(logs[d], std::numbers::sqrt2, gradient[d]);
  }
  return loss + AddGammaPrior(logs[layout.additive_signal], 1, gradient[layout.additive_signal]);
}

// Sums what each hyperparameter does to the likelihood over all pairs of points, one column of the
// covariance matrix at a time.
class LikelihoodGradient {
 public:
  LikelihoodGradient(const Layout& layout, const Kernel& kernel, const Matrix& points)
      : layout_(layout), kernel_(kernel), points_(points) {}

  // Adds the part of column j below the diagonal; weights[i] = dloss/dK(j+1+i, j), both triangles
  // counted.
  void AddColumn(int j, absl::Span<const double> weights, absl::Span<double> gradient) {
    const size_t size = weights.size();
    q_.assign(size, 0.0);
    slopes_.resize(size);
    const KernelParameters& parameters = kernel_.parameters();
    for (int d = 0; d < layout_.axes; ++d) AddDistances(j, d, parameters.lengthscales[d], q_);
    Matern52WithSlopes(q_, absl::MakeSpan(q_), absl::MakeSpan(slopes_));
    gradient[layout_.signal] += parameters.signal * Dot(weights, q_);
    for (size_t i = 0; i < size; ++i) slopes_[i] *= weights[i];
    for (int d = 0; d < layout_.axes; ++d) {
      q_.assign(size, 0.0);
      AddDistances(j, d, parameters.lengthscales[d], q_);
      gradient[d] += 2 * parameters.signal * Dot(slopes_, q_);
    }
    if (layout_.additive) AddAdditiveColumn(j, weights, gradient);
  }

 private:
  void AddDistances(int j, int d, double lengthscale, std::vector<double>& out) {
    kernel_.AddDistances(points_, j + 1, d, points_(j, d), 1 / (lengthscale * lengthscale),
                         absl::MakeSpan(out));
  }

  void AddAdditiveColumn(int j, absl::Span<const double> weights, absl::Span<double> gradient) {
    const KernelParameters& parameters = kernel_.parameters();
    const double share = parameters.additive_signal / layout_.axes;
    values_.resize(weights.size());
    for (int d = 0; d < layout_.axes; ++d) {
      q_.assign(weights.size(), 0.0);
      AddDistances(j, d, parameters.additive_lengthscales[d], q_);
      Matern52WithSlopes(q_, absl::MakeSpan(values_), absl::MakeSpan(slopes_));
      gradient[layout_.additive_signal] += share * Dot(weights, values_);
      for (size_t i = 0; i < weights.size(); ++i) slopes_[i] *= q_[i];
      gradient[layout_.axes + d] += 2 * share * Dot(weights, slopes_);
    }
  }

  const Layout& layout_;
  const Kernel& kernel_;
  const Matrix& points_;
  std::vector<double> q_;
  std::vector<double> values_;
  std::vector<double> slopes_;
};

// With M = (K^-1 - alpha alpha') / 2, dloss = sum_ij M_ij dK_ij.
void AddLikelihoodGradient(const Layout& layout, const Kernel& kernel, const FitData& data,
                           const Matrix& inverse, absl::Span<const double> alpha,
                           absl::Span<double> gradient) {
  const int n = data.points.rows();
  const KernelParameters& parameters = kernel.parameters();
  LikelihoodGradient sums(layout, kernel, data.points);
  double trace = 0;
  std::vector<double> weights;
  for (int j = 0; j < n; ++j) {
    trace += 0.5 * (inverse(j, j) - alpha[j] * alpha[j]);
    weights.resize(static_cast<size_t>(n - j - 1));
    for (int i = j + 1; i < n; ++i) weights[i - j - 1] = inverse(i, j) - alpha[i] * alpha[j];
    sums.AddColumn(j, weights, gradient);
  }
  gradient[layout.signal] += trace * parameters.signal;
  if (layout.additive) gradient[layout.additive_signal] += trace * parameters.additive_signal;
  gradient[layout.noise] += trace * (parameters.noise - kLeastNoise);
}

double LeaveOneOut(const FitData& data, const KernelParameters& parameters) {
  const Kernel kernel(data.categorical, parameters);
  Cholesky cholesky;
  if (!cholesky.Factor(kernel.Gram(data.points, data.extra_noise))) return -kInfinity;
  const Matrix inverse = cholesky.Inverse();
  std::vector<double> alpha = data.values;
  cholesky.Solve(absl::MakeSpan(alpha));
  double sum = 0;
  for (int i = 0; i < data.points.rows(); ++i) {
    const double precision = inverse(i, i);
    sum += 0.5 *
           (std::log(precision) - alpha[i] * alpha[i] / precision - std::log(2 * std::numbers::pi));
  }
  return sum;
}

// A start of the search: lengthscales of the joint part are `length` sqrt D.
std::vector<double> Start(const Layout& layout, double length, double additive_length,
                          double signal, double additive_signal, double noise) {
  std::vector<double> logs(layout.size());
  for (int d = 0; d < layout.axes; ++d) {
    logs[d] = std::log(length) + 0.5 * std::log(layout.axes);
    if (layout.additive) logs[layout.axes + d] = std::log(additive_length);
  }
  logs[layout.signal] = std::log(signal);
  if (layout.additive) logs[layout.additive_signal] = std::log(additive_signal);
  logs[layout.noise] = std::log(noise);
  return logs;
}

}  // namespace

double NegativeLogPosterior(const FitData& data, bool additive, absl::Span<const double> logs,
                            absl::Span<double> gradient) {
  const Layout layout(data.points.cols(), additive);
  const Kernel kernel(data.categorical, FromLogs(layout, logs));
  Cholesky cholesky;
  if (!cholesky.Factor(kernel.Gram(data.points, data.extra_noise))) return kInfinity;
  std::vector<double> alpha = data.values;
  cholesky.Solve(absl::MakeSpan(alpha));
  for (double& element : gradient) element = 0;
  const double loss = 0.5 * Dot(data.values, alpha) + 0.5 * cholesky.LogDeterminant();
  AddLikelihoodGradient(layout, kernel, data, cholesky.Inverse(), alpha, gradient);
  return loss + AddPriors(layout, logs, gradient);
}

Fit FitHyperparameters(const FitData& data, const FitOptions& options) {
  const int axes = data.points.cols();
  const Layout layout(axes, options.additive && axes >= 2);
  // Bounds keep every covariance matrix regular enough to be factored.
  std::vector<double> lower(layout.size(), std::log(0.02));
  std::vector<double> upper(layout.size(), std::log(1e3));
  lower[layout.signal] = std::log(1e-4);
  upper[layout.signal] = std::log(1e2);
  if (layout.additive) {
    lower[layout.additive_signal] = std::log(1e-4);
    upper[layout.additive_signal] = std::log(1e2);
  }
  lower[layout.noise] = std::log(1e-9);
  upper[layout.noise] = std::log(4.0);

  const LbfgsOptions search = {.max_iterations = options.max_evaluations,
                               .max_evaluations = options.max_evaluations,
                               .gradient_tolerance = 1e-2,
                               .value_tolerance = 1e-4,
                               .first_step = 0.5};
  const DifferentiableFunction loss = [&](absl::Span<const double> logs,
                                          absl::Span<double> gradient) {
    return NegativeLogPosterior(data, layout.additive, logs, gradient);
  };
  LbfgsResult best =
      MinimizeInBox(loss, lower, upper, Start(layout, 0.5, 0.5, 0.5, 0.5, 1e-3), search);
  if (options.thorough) {
    LbfgsResult other =
        MinimizeInBox(loss, lower, upper, Start(layout, 0.25, 2, 1, 0.1, 1e-2), search);
    if (other.value < best.value || !std::isfinite(best.value)) best = std::move(other);
  }
  Fit fit;
  fit.parameters = FromLogs(layout, best.x);
  fit.loss = best.value;
  fit.leave_one_out = LeaveOneOut(data, fit.parameters);
  return fit;
}

}  // namespace qalam::gp
