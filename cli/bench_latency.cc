// qalam bench latency: how long a suggestion takes.
#include "cli/bench.h"

namespace qalam {

absl::StatusOr<ExitCode> BenchLatency(const Invocation&) {
  return absl::UnimplementedError("qalam bench latency");
}

}  // namespace qalam
