#ifndef QALAM_CORE_JSON_H_
#define QALAM_CORE_JSON_H_

#include <nlohmann/json_fwd.hpp>

namespace qalam {

// A JSON value whose objects keep the order in which their keys were written. Headers include this
// forward declaration; only sources that touch a value include <nlohmann/json.hpp>.
using Json = nlohmann::ordered_json;

}  // namespace qalam

#endif  // QALAM_CORE_JSON_H_
