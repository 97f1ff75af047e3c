#include "bench/bbob.h"

#include <gtest/gtest.h>

#include <vector>

#include "bench/bbob_parts.h"
#include "core/random_stream.h"
#include "tests/support/status_matchers.h"

namespace qalam::bench {
namespace {

TEST(BbobTest, AgreesWithTheReferenceProgramAtAFewPoints) {
  ASSERT_OK_AND_ASSIGN(const BbobFunction sphere, BbobFunction::Create(1, 2, 1));
  EXPECT_NEAR(sphere.optimum(), 79.48, 1e-12);
  EXPECT_NEAR(sphere.Value(std::vector<double>{0, 0}), 80.88209408, 1e-9);
  EXPECT_NEAR(sphere.Value(std::vector<double>{0.2528, -1.1568}), 79.48, 1e-9);
  EXPECT_NEAR(sphere.Value(std::vector<double>{3.754, -2.9381}), 94.91143113, 1e-9);
}

TEST(BbobTest, NoRandomPointIsBelowTheOptimum) {
  for (int function = 1; function <= BbobFunction::kFunctions; ++function) {
    SCOPED_TRACE(function);
    ASSERT_OK_AND_ASSIGN(const BbobFunction f, BbobFunction::Create(function, 5, 3));
    RandomStream random(1, static_cast<uint64_t>(function), "points");
    for (int i = 0; i < 300; ++i) {
      std::vector<double> x(5);
      for (double& v : x) v = 10 * random.Uniform() - 5;
      ASSERT_GE(f.Value(x), f.optimum() - 1e-9);
    }
  }
}

TEST(BbobTest, RotationsAreOrthonormal) {
  const BbobMatrix rotation = BbobRotation(17, 6);
  for (size_t i = 0; i < 6; ++i) {
    for (size_t j = 0; j < 6; ++j) {
      double product = 0;
      for (size_t k = 0; k < 6; ++k) product += rotation[i][k] * rotation[j][k];
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-12);
    }
  }
}

TEST(BbobTest, WhatDoesNotExistIsRefused) {
  EXPECT_THAT(BbobFunction::Create(25, 5, 1), StatusIs(absl::StatusCode::kInvalidArgument,
                                                       "BBOB function 25 is not between 1 and 24"));
  EXPECT_THAT(BbobFunction::Create(1, 1, 1),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("dimension 1")));
  EXPECT_THAT(BbobFunction::Create(1, 2, 0),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("instance 0")));
}

}  // namespace
}  // namespace qalam::bench
