#include "suggestion/gp/acquisition.h"

#include <algorithm>
#include <cmath>

namespace qalam::gp {
namespace {

// The average, and what each value weighs in its derivative.
double AverageOf(bool logarithms, const std::vector<double>& values, std::vector<double>& shares) {
  const double count = static_cast<double>(values.size());
  shares.assign(values.size(), 1 / count);
  if (!logarithms) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / count;
  }
  const double most = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (size_t r = 0; r < values.size(); ++r) {
    shares[r] = std::exp(values[r] - most);
    sum += shares[r];
  }
  for (double& share : shares) share /= sum;
  return most + std::log(sum / count);
}

}  // namespace

double Acquisition::Average(int point, const std::vector<const Predictions*>& predictions,
                            std::vector<Slopes>* slopes) const {
  const size_t models = predictions.size();
  const int fantasies = predictions.front()->means.rows();
  std::vector<double> means(models);
  std::vector<double> deviations;
  for (const Predictions* prediction : predictions) {
    deviations.push_back(std::sqrt(prediction->variances[point]));
  }
  std::vector<double> values;
  std::vector<MeritSlopes> merit_slopes(slopes != nullptr ? static_cast<size_t>(fantasies) : 0);
  for (int r = 0; r < fantasies; ++r) {
    for (size_t k = 0; k < models; ++k) means[k] = predictions[k]->means(r, point);
    MeritSlopes* const own = slopes != nullptr ? &merit_slopes[r] : nullptr;
    if (own != nullptr) {
      own->means.resize(models);
      own->deviations.resize(models);
    }
    values.push_back(merit_->Value(r, means, deviations, own));
  }
  std::vector<double> shares;
  const double average = AverageOf(merit_->is_logarithm(), values, shares);
  for (size_t r = 0; r < merit_slopes.size(); ++r) {
    for (size_t k = 0; k < models; ++k) {
      Slopes& model = (*slopes)[k];
      model.means(static_cast<int>(r), point) = shares[r] * merit_slopes[r].means[k];
      model.variances[point] += shares[r] * merit_slopes[r].deviations[k] / (2 * deviations[k]);
    }
  }
  return average;
}

std::vector<double> Acquisition::Evaluate(const Matrix& xs) const {
  std::vector<Predictions> predictions;
  for (const Posterior& posterior : posteriors_) predictions.push_back(posterior.Predict(xs));
  std::vector<const Predictions*> views;
  for (const Predictions& prediction : predictions) views.push_back(&prediction);
  std::vector<double> values;
  for (int j = 0; j < xs.cols(); ++j) values.push_back(Average(j, views, nullptr));
  return values;
}

std::vector<double> Acquisition::EvaluateWithGradients(const Matrix& xs, Matrix& gradients) const {
  std::vector<LocalPredictions> predictions;
  for (const Posterior& posterior : posteriors_) predictions.push_back(posterior.PredictLocal(xs));
  std::vector<const Predictions*> views;
  std::vector<Slopes> slopes;
  for (const LocalPredictions& prediction : predictions) {
    views.push_back(&prediction);
    slopes.push_back({Matrix(prediction.means.rows(), xs.cols()),
                      std::vector<double>(static_cast<size_t>(xs.cols()))});
  }
  std::vector<double> values;
  for (int j = 0; j < xs.cols(); ++j) values.push_back(Average(j, views, &slopes));
  gradients = Matrix(xs.rows(), xs.cols());
  for (size_t k = 0; k < posteriors_.size(); ++k) {
    posteriors_[k].AddGradients(xs, predictions[k], slopes[k].means, slopes[k].variances,
                                gradients);
  }
  return values;
}

}  // namespace qalam::gp
