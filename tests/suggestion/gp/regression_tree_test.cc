#include "suggestion/gp/regression_tree.h"

#include <gtest/gtest.h>

#include <numeric>

namespace qalam::gp {
namespace {

class RegressionTreeTest : public testing::TestWithParam<bool> {
 protected:
  // An ordered axis and a category; the target is a step in the first, raised for category 2.
  RegressionTreeTest() : points_(60, 2) {
    for (int i = 0; i < 60; ++i) {
      points_(i, 0) = i / 60.0;
      points_(i, 1) = i % 3;
      targets_.push_back((i < 30 ? 0 : 5) + (i % 3 == 2 ? 1 : 0));
    }
    rows_.resize(60);
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  RegressionTree Grow(TreeOptions options) const {
    RandomStream random(1, 0, "tree");
    options.random_thresholds = GetParam();
    return RegressionTree(points_, {false, true}, targets_, rows_, options, random);
  }

  Matrix points_;
  std::vector<double> targets_;
  std::vector<int> rows_;
};

TEST_P(RegressionTreeTest, LearnsStepsAndCategories) {
  const RegressionTree tree = Grow({.min_leaf = 1, .axes_tried = 2});
  for (int i = 0; i < 60; ++i) {
    EXPECT_DOUBLE_EQ(tree.node(tree.Leaf({points_(i, 0), points_(i, 1)})).mean, targets_[i]);
  }
}

TEST_P(RegressionTreeTest, KeepsToItsLimits) {
  EXPECT_LE(Grow({.max_depth = 2, .min_leaf = 1, .axes_tried = 2}).size(), 7);
  EXPECT_EQ(Grow({.max_depth = 0, .axes_tried = 2}).size(), 1);
  EXPECT_EQ(Grow({.min_leaf = 31, .axes_tried = 2}).size(), 1);
}

TEST_P(RegressionTreeTest, EqualPointsMakeOneLeaf) {
  RandomStream random(1, 0, "tree");
  const Matrix points(10, 2);
  std::vector<double> targets(10);
  std::iota(targets.begin(), targets.end(), 0);
  const RegressionTree tree(points, {false, true}, targets, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                            {.min_leaf = 1, .axes_tried = 2, .random_thresholds = GetParam()},
                            random);
  EXPECT_EQ(tree.size(), 1);
  EXPECT_DOUBLE_EQ(tree.node(0).mean, 4.5);
  EXPECT_DOUBLE_EQ(tree.node(0).variance, 8.25);
}

INSTANTIATE_TEST_SUITE_P(Thresholds, RegressionTreeTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "Random" : "Best";
                         });

}  // namespace
}  // namespace qalam::gp
