#ifndef QALAM_CLI_LIMIT_JSON_H_
#define QALAM_CLI_LIMIT_JSON_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/json.h"

namespace qalam {

// A limit of an experiment, null where there is none.
inline Json LimitJson(const std::optional<int64_t>& limit) {
  return limit.has_value() ? Json(*limit) : Json(nullptr);
}

}  // namespace qalam

#endif  // QALAM_CLI_LIMIT_JSON_H_
