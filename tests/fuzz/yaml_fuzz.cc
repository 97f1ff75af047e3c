// Any text as an experiment's file: no crash, no undefined behaviour, no hang, and what is accepted
// can be stored and restored.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "controller/objects.h"
#include "controller/spec/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const qalam::LoadResult result = qalam::LoadExperiments("fuzz.yaml", text, {}, {});
  qalam::FormatDiagnostics(result.diagnostics);
  for (const qalam::ExperimentSpec& spec : result.experiments) {
    qalam::ToYaml(*spec.manifest);
    const absl::StatusOr<qalam::ExperimentSpec> restored =
        qalam::RestoreExperiment(spec.manifest->dump(), spec.companion_objects->dump());
    if (!restored.ok() || *restored->manifest != *spec.manifest || restored->seed != spec.seed) {
      abort();
    }
  }
  return 0;
}
