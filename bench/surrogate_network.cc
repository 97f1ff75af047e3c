#include "bench/surrogate_network.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/data_file.h"
#include "core/status_macros.h"

namespace qalam::bench {

static_assert(std::endian::native == std::endian::little, "the tensors are little-endian");

// Looks tensors up by name.
class SurrogateNetwork::TensorReader {
 public:
  static absl::StatusOr<TensorReader> Open(const Json& description, const std::string& path) {
    TensorReader reader;
    QALAM_ASSIGN_OR_RETURN(reader.bytes_, ReadDataFile(path));
    for (const Json& entry : description.at("tensors")) {
      Tensor tensor;
      tensor.offset = entry.value("offset", size_t{0});
      for (const Json& extent : entry.at("shape")) tensor.shape.push_back(extent.get<int>());
      reader.tensors_[entry.value("name", "")] = std::move(tensor);
    }
    return reader;
  }

  bool Has(const std::string& name) const { return tensors_.count(name) > 0; }

  absl::StatusOr<std::vector<float>> Vector(const std::string& name) const {
    QALAM_ASSIGN_OR_RETURN(const Tensor tensor, Find(name, 1));
    return Values(tensor);
  }

  absl::StatusOr<Embedding> ReadEmbedding(const std::string& name) const {
    QALAM_ASSIGN_OR_RETURN(const Tensor tensor, Find(name, 2));
    return Embedding{.width = tensor.shape[1], .rows = Values(tensor)};
  }

  absl::StatusOr<Affine> ReadAffine(const std::string& matrix, const std::string& bias) const {
    QALAM_ASSIGN_OR_RETURN(const Tensor tensor, Find(matrix, 2));
    Affine affine{.rows = tensor.shape[0], .cols = tensor.shape[1]};
    QALAM_ASSIGN_OR_RETURN(affine.bias, Vector(bias));
    if (static_cast<int>(affine.bias.size()) != affine.rows) {
      return absl::DataLossError(absl::StrCat(bias, " does not fit ", matrix));
    }
    const std::vector<float> by_rows = Values(tensor);
    affine.columns.resize(by_rows.size());
    for (size_t i = 0; i < affine.bias.size(); ++i) {
      for (size_t j = 0; j < static_cast<size_t>(affine.cols); ++j) {
        affine.columns[j * affine.bias.size() + i] =
            by_rows[i * static_cast<size_t>(affine.cols) + j];
      }
    }
    return affine;
  }

  // The only tensor whose name begins with `prefix`.
  absl::StatusOr<std::string> NameOf(const std::string& prefix) const {
    const auto it = tensors_.lower_bound(prefix);
    if (it == tensors_.end() || !absl::StartsWith(it->first, prefix)) {
      return absl::DataLossError(absl::StrCat("there is no tensor ", prefix, "..."));
    }
    return it->first;
  }

 private:
  struct Tensor {
    size_t offset = 0;
    std::vector<int> shape;
    size_t size() const {
      size_t product = 1;
      for (const int extent : shape) product *= static_cast<size_t>(extent);
      return product;
    }
  };

  absl::StatusOr<Tensor> Find(const std::string& name, size_t dimensions) const {
    const auto it = tensors_.find(name);
    if (it == tensors_.end() || it->second.shape.size() != dimensions ||
        (it->second.offset + it->second.size()) * sizeof(float) > bytes_.size()) {
      return absl::DataLossError(
          absl::StrCat("tensor ", name, " is missing or reaches beyond the end of its file"));
    }
    return it->second;
  }

  std::vector<float> Values(const Tensor& tensor) const {
    std::vector<float> values(tensor.size());
    std::memcpy(values.data(), bytes_.data() + tensor.offset * sizeof(float),
                values.size() * sizeof(float));
    return values;
  }

  std::string bytes_;
  std::map<std::string, Tensor> tensors_;
};

// Column by column, so that the inner loop adds vectors and no sum changes its order.
std::vector<float> SurrogateNetwork::Affine::Apply(absl::Span<const float> x) const {
  std::vector<float> y = bias;
  const size_t n = y.size();
  float* const __restrict out = y.data();
  for (size_t j = 0; j < x.size(); ++j) {
    const float factor = x[j];
    if (factor == 0) continue;
    const float* const __restrict column = columns.data() + j * n;
    for (size_t i = 0; i < n; ++i) out[i] += factor * column[i];
  }
  return y;
}

absl::StatusOr<SurrogateNetwork::Steps> SurrogateNetwork::ReadSteps(const Json& json) {
  static const auto* const kOperations = new std::map<std::string, Operation>{
      {"add", Operation::kAdd}, {"sub", Operation::kSub}, {"rsub", Operation::kReverseSub},
      {"mul", Operation::kMul}, {"div", Operation::kDiv}, {"exp", Operation::kExp},
      {"log", Operation::kLog}, {"neg", Operation::kNeg}};
  Steps steps;
  for (const Json& entry : json) {
    const auto it = kOperations->find(entry.at(0).get<std::string>());
    if (it == kOperations->end()) {
      return absl::DataLossError(absl::StrCat("unknown operation ", entry.dump()));
    }
    steps.push_back({it->second, entry.size() > 1 ? entry.at(1).get<float>() : 0});
  }
  return steps;
}

float SurrogateNetwork::Transform(const Steps& steps, float value) {
  for (const Step& step : steps) {
    switch (step.operation) {
      case Operation::kAdd:
        value += step.constant;
        break;
      case Operation::kSub:
        value -= step.constant;
        break;
      case Operation::kReverseSub:
        value = step.constant - value;
        break;
      case Operation::kMul:
        value *= step.constant;
        break;
      case Operation::kDiv:
        value /= step.constant;
        break;
      case Operation::kExp:
        value = std::exp(value);
        break;
      case Operation::kLog:
        value = std::log(value);
        break;
      case Operation::kNeg:
        value = -value;
        break;
    }
  }
  return value;
}

absl::StatusOr<SurrogateNetwork> SurrogateNetwork::Load(const Json& description,
                                                        const std::string& path) {
  SurrogateNetwork network;
  QALAM_ASSIGN_OR_RETURN(const TensorReader tensors, TensorReader::Open(description, path));
  for (size_t i = 0; i < description.at("cat_inputs").size(); ++i) {
    QALAM_ASSIGN_OR_RETURN(const std::string name, tensors.NameOf(absl::StrCat("emb_", i, "_")));
    QALAM_ASSIGN_OR_RETURN(Embedding embedding, tensors.ReadEmbedding(name));
    network.embeddings_.push_back(std::move(embedding));
  }
  for (const Json& entry : description.at("cont_transform")) {
    QALAM_ASSIGN_OR_RETURN(Steps steps, ReadSteps(entry));
    network.input_steps_.push_back(std::move(steps));
  }
  QALAM_ASSIGN_OR_RETURN(network.input_, tensors.ReadAffine("W_in", "b_in"));
  for (int l = 0; tensors.Has(absl::StrCat("layer", l, "_W0")); ++l) {
    const std::string prefix = absl::StrCat("layer", l, "_");
    Layer layer;
    QALAM_ASSIGN_OR_RETURN(layer.widen, tensors.ReadAffine(prefix + "W0", prefix + "b0"));
    QALAM_ASSIGN_OR_RETURN(layer.narrow, tensors.ReadAffine(prefix + "W1", prefix + "b1"));
    network.layers_.push_back(std::move(layer));
  }
  QALAM_ASSIGN_OR_RETURN(network.last_scale_, tensors.Vector("last_scale"));
  QALAM_ASSIGN_OR_RETURN(network.last_shift_, tensors.Vector("last_shift"));
  QALAM_ASSIGN_OR_RETURN(network.head_, tensors.ReadAffine("W_head", "b_head"));
  for (const Json& output : description.at("outputs")) {
    QALAM_ASSIGN_OR_RETURN(Steps steps, ReadSteps(output.at("transform")));
    network.output_names_.push_back(output.value("name", ""));
    network.output_steps_.push_back(std::move(steps));
  }
  return network;
}

std::optional<int> SurrogateNetwork::FindOutput(absl::string_view name) const {
  const auto it = std::find(output_names_.begin(), output_names_.end(), name);
  if (it == output_names_.end()) return std::nullopt;
  return static_cast<int>(it - output_names_.begin());
}

std::vector<float> SurrogateNetwork::Evaluate(absl::Span<const int> codes,
                                              absl::Span<const float> values) const {
  std::vector<float> x;
  for (size_t i = 0; i < embeddings_.size(); ++i) {
    const auto row =
        embeddings_[i].rows.begin() + static_cast<ptrdiff_t>(codes[i]) * embeddings_[i].width;
    x.insert(x.end(), row, row + embeddings_[i].width);
  }
  for (size_t i = 0; i < input_steps_.size(); ++i) {
    x.push_back(Transform(input_steps_[i], values[i]));
  }
  std::vector<float> h = input_.Apply(x);
  for (const Layer& layer : layers_) {
    std::vector<float> z = layer.widen.Apply(h);
    const size_t half = z.size() / 2;
    for (size_t i = 0; i < half; ++i) z[i] *= std::max(z[half + i], 0.0f);
    z.resize(half);
    const std::vector<float> change = layer.narrow.Apply(z);
    for (size_t i = 0; i < h.size(); ++i) h[i] += change[i];
  }
  for (size_t i = 0; i < h.size(); ++i) {
    h[i] = std::max(last_scale_[i] * h[i] + last_shift_[i], 0.0f);
  }
  std::vector<float> outputs = head_.Apply(h);
  for (size_t k = 0; k < outputs.size(); ++k) {
    outputs[k] = Transform(output_steps_[k], 1 / (1 + std::exp(-outputs[k])));
  }
  return outputs;
}

}  // namespace qalam::bench
