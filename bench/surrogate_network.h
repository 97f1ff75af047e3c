#ifndef QALAM_BENCH_SURROGATE_NETWORK_H_
#define QALAM_BENCH_SURROGATE_NETWORK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/json.h"

namespace qalam::bench {

// A surrogate of YAHPO Gym (Pfisterer et al., AutoML 2022): a residual network with gates that
// predicts what a training would have reached. Everything is computed in single precision, in a
// fixed order.
class SurrogateNetwork {
 public:
  // Reads the tensors that `description` (SCENARIO.json) lists from `path` (SCENARIO.f32).
  // DataLoss when something is missing or has another shape.
  static absl::StatusOr<SurrogateNetwork> Load(const Json& description, const std::string& path);

  // How many inputs of each kind there are.
  int categorical_inputs() const { return static_cast<int>(embeddings_.size()); }
  int continuous_inputs() const { return static_cast<int>(input_steps_.size()); }
  // The place of an output by name; nothing when there is none.
  std::optional<int> FindOutput(absl::string_view name) const;

  // All outputs. `codes` are rows of the embeddings (the first is the instance), `values` the
  // continuous inputs before their transformation.
  std::vector<float> Evaluate(absl::Span<const int> codes, absl::Span<const float> values) const;

 private:
  enum class Operation { kAdd, kSub, kReverseSub, kMul, kDiv, kExp, kLog, kNeg };
  struct Step {
    Operation operation;
    float constant;
  };
  using Steps = std::vector<Step>;

  // y = A x + b, stored column by column.
  struct Affine {
    int rows = 0;
    int cols = 0;
    std::vector<float> columns;
    std::vector<float> bias;
    std::vector<float> Apply(absl::Span<const float> x) const;
  };
  struct Layer {
    Affine widen;
    Affine narrow;
  };
  struct Embedding {
    int width = 0;
    std::vector<float> rows;
  };
  class TensorReader;

  static absl::StatusOr<Steps> ReadSteps(const Json& json);
  static float Transform(const Steps& steps, float value);

  std::vector<Embedding> embeddings_;
  std::vector<Steps> input_steps_;
  Affine input_;
  std::vector<Layer> layers_;
  std::vector<float> last_scale_;
  std::vector<float> last_shift_;
  Affine head_;
  std::vector<std::string> output_names_;
  std::vector<Steps> output_steps_;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SURROGATE_NETWORK_H_
