// A GJSON path in the first line, evaluated on the JSON document in the rest.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "trials/gjson.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Documents that are judged are our own, so their depth is no concern of the evaluator.
  constexpr size_t kMaxDocument = 2048;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  const auto path = qalam::GjsonPath::Parse(input.substr(0, end));
  if (!path.ok() || end == absl::string_view::npos || size - end > kMaxDocument) return 0;
  const absl::string_view text = input.substr(end + 1);
  const auto document = qalam::Json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_discarded()) path->Evaluate(document);
  return 0;
}
