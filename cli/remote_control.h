#ifndef QALAM_CLI_REMOTE_CONTROL_H_
#define QALAM_CLI_REMOTE_CONTROL_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/workspace.h"
#include "controller/engine.h"
#include "core/json.h"

namespace qalam {

// What one process may ask another that drives an experiment (see controller/control.h), plus
// {"command":"ping"}, which is OK while the experiment is driven.

// Requests.
Json StopRequest(StopMode mode);
Json EditRequest(const Budget& budget);

// Carries a request out on the engine that drives `ns`/`name`. `stop` is called instead of
// Engine::Stop, so that the caller can tell its user.
absl::Status HandleRequest(Engine& engine, const std::string& ns, const std::string& name,
                           const std::function<absl::Status(StopMode)>& stop, const Json& request);

}  // namespace qalam

#endif  // QALAM_CLI_REMOTE_CONTROL_H_
