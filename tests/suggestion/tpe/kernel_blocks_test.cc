#include "suggestion/tpe/kernel_blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random_stream.h"

namespace qalam {
namespace {

struct Kernel {
  float base;
  std::vector<float> centres;
  std::vector<float> scales;
  float label;
};

class KernelBlocksTest : public testing::Test {
 protected:
  static constexpr int kNumbers = 3;
  static constexpr float kGain = 2;

  void Add(int count) {
    for (int i = 0; i < count; ++i) {
      Kernel kernel{.base = static_cast<float>(random_.Normal()), .label = 0};
      for (int d = 0; d < kNumbers; ++d) {
        kernel.centres.push_back(static_cast<float>(random_.Uniform()));
        kernel.scales.push_back(static_cast<float>(1 + 20 * random_.Uniform()));
      }
      kernel.label = static_cast<float>(random_.Below(3));
      kernels_.push_back(kernel);
    }
    blocks_.Resize(static_cast<int>(kernels_.size()));
    for (int row = 0; row < blocks_.rows(); ++row) Write(row);
    weights_.assign(static_cast<size_t>(blocks_.blocks() * KernelBlocks::kRows), 0);
    for (size_t i = 0; i < kernels_.size(); ++i) {
      weights_[i] = static_cast<float>(0.1 + random_.Uniform());
    }
  }

  void Write(int row) {
    const Kernel& kernel = kernels_[static_cast<size_t>(row)];
    blocks_.SetBase(row, kernel.base);
    for (int d = 0; d < kNumbers; ++d) {
      const size_t i = static_cast<size_t>(d);
      blocks_.SetNumber(row, d, kernel.centres[i], kernel.scales[i]);
    }
    blocks_.SetLabel(row, 0, kernel.label);
  }

  std::vector<double> Ask(const std::vector<float>& points, int stride = 1) const {
    std::vector<double> log_sums(points.size() / (kNumbers + 1));
    const float gains[] = {kGain};
    blocks_.LogSums({.points = points, .gains = gains, .weights = weights_, .block_stride = stride},
                    absl::MakeSpan(log_sums));
    return log_sums;
  }

  double Expected(const std::vector<float>& point, int first = 0) const {
    double sum = 0;
    for (size_t i = static_cast<size_t>(first); i < kernels_.size(); ++i) {
      const Kernel& kernel = kernels_[i];
      double log_kernel = static_cast<double>(kernel.base);
      for (size_t d = 0; d < kNumbers; ++d) {
        const double z = static_cast<double>((point[d] - kernel.centres[d]) * kernel.scales[d]);
        log_kernel -= z * z;
      }
      if (kernel.label == point[kNumbers]) log_kernel += static_cast<double>(kGain);
      sum += static_cast<double>(weights_[i]) * std::exp(log_kernel);
    }
    return std::log(sum);
  }

  RandomStream random_{1, 2, "kernels"};
  KernelBlocks blocks_{kNumbers, 1};
  std::vector<Kernel> kernels_;
  std::vector<float> weights_;
};

TEST_F(KernelBlocksTest, SumsAreThoseOfPlainArithmetic) {
  for (const int count : {1, 30, 1, 200}) {
    Add(count);
    SCOPED_TRACE(kernels_.size());
    for (int i = 0; i < 20; ++i) {
      std::vector<float> point;
      for (int d = 0; d < kNumbers; ++d) point.push_back(static_cast<float>(random_.Uniform()));
      point.push_back(static_cast<float>(random_.Below(4)));
      EXPECT_NEAR(Ask(point)[0], Expected(point), 1e-4);
    }
  }
}

TEST_F(KernelBlocksTest, APointsSumDoesNotDependOnTheOthersAsked) {
  Add(100);
  const std::vector<float> a = {0.1F, 0.2F, 0.3F, 1};
  const std::vector<float> b = {0.9F, 0.9F, 0.8F, 2};
  const std::vector<double> both = Ask({0.1F, 0.2F, 0.3F, 1, 0.9F, 0.9F, 0.8F, 2});
  EXPECT_EQ(both[0], Ask(a)[0]);
  EXPECT_EQ(both[1], Ask(b)[0]);
}

TEST_F(KernelBlocksTest, AStrideCountsBlocksFromTheLast) {
  Add(2 * KernelBlocks::kRows);
  const std::vector<float> point = {0.5F, 0.5F, 0.5F, 0};
  EXPECT_NEAR(Ask(point, 2)[0], Expected(point, KernelBlocks::kRows), 1e-4);
}

TEST_F(KernelBlocksTest, AbsentAndDroppedKernelsCountForNothing) {
  Add(40);
  const std::vector<float> point = {0.5F, 0.5F, 0.5F, 0};
  for (int row = 0; row < 40; ++row) {
    if (row != 7) blocks_.SetBase(row, KernelBlocks::kAbsent);
  }
  std::vector<float> only(weights_.size());
  only[7] = weights_[7];
  weights_ = only;
  kernels_ = {kernels_[7]};
  const double got = Ask(point)[0];
  weights_ = {only[7]};
  EXPECT_NEAR(got, Expected(point), 1e-4);
  blocks_.Resize(3);
  weights_.assign(KernelBlocks::kRows, 0);
  EXPECT_EQ(Ask(point)[0], -std::numeric_limits<double>::infinity());
  blocks_.Resize(0);
  EXPECT_EQ(Ask(point)[0], -std::numeric_limits<double>::infinity());
}

// Narrow kernels in many dimensions: e^-10000 is no number, its logarithm is.
TEST_F(KernelBlocksTest, FarPointsKeepTheirLogarithm) {
  Add(1);
  blocks_.SetNumber(0, 0, 0, 100);
  kernels_[0].centres[0] = 0;
  kernels_[0].scales[0] = 100;
  const std::vector<float> point = {1, 0.5F, 0.5F, 0};
  EXPECT_NEAR(Ask(point)[0] / -10000, 1, 0.05);
}

}  // namespace
}  // namespace qalam
