#ifndef QALAM_TRIALS_KINDS_POD_BUILDER_H_
#define QALAM_TRIALS_KINDS_POD_BUILDER_H_

#include "absl/status/status.h"
#include "core/json.h"
#include "trials/job.h"
#include "trials/kinds/environment.h"
#include "trials/kinds/pod_template.h"
#include "trials/manifest.h"

namespace qalam {

// Who the pods of a rendered manifest are. `manifest` has metadata.name and namespace.
PodIdentity IdentifyPod(const Json& manifest, const PodTemplate& pod, const JobContext& context);

// Fills `job` with what `pod`, free of problems, asks for: processes, resources, folders and files,
// and the path of its metrics file. Requires job->parallelism and job->indexed. Errors name the
// field.
//
// The primary container's words go through a shell, as in Katib; those of the others do not, as in
// Kubernetes. A container whose image is mapped runs as a process in the image's folder; else, with
// a container engine, in a container; else as a process on this machine.
absl::Status BuildPod(const PodTemplate& pod, const PodIdentity& identity,
                      const JobContext& context, Job* job);

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_POD_BUILDER_H_
