#ifndef QALAM_TRIALS_KINDS_ENVIRONMENT_H_
#define QALAM_TRIALS_KINDS_ENVIRONMENT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "trials/kinds/path_rewriter.h"
#include "trials/kinds/pod_template.h"
#include "trials/manifest.h"

namespace qalam {

// Names and values in the order in which they were defined, each name once.
using Environment = std::vector<std::pair<std::string, std::string>>;

// The value of `name`; null when it is not there.
const std::string* FindVariable(const Environment& environment, absl::string_view name);
// Sets `name`, at its place if it is there already, else at the end.
void SetVariable(const std::string& name, std::string value, Environment* environment);

// Replaces $(NAME) as Kubernetes does: what `value_of` knows by its value, other references stay as
// they are, "$$" becomes "$" and is no reference. One pass: values are not looked at again.
std::string ExpandReferences(
    absl::string_view text,
    const std::function<std::optional<std::string>(absl::string_view)>& value_of);

// What the pod knows of itself, for fieldRef.
struct PodIdentity {
  std::string name;
  std::string ns;
  std::string uid;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};

// The keys of the ConfigMap or Secret `name` in `ns`. NotFound, naming `path` and the way out, when
// it did not come with the experiment.
absl::StatusOr<const std::map<std::string, std::string>*> FindCompanion(const JobContext& context,
                                                                        bool secret,
                                                                        const std::string& ns,
                                                                        const std::string& name,
                                                                        const std::string& path);

// The variables that the manifest gives `container`: envFrom, then env with its references
// expanded. Paths in values are rewritten by `rewriter`. Errors name the field.
absl::StatusOr<Environment> BuildEnvironment(const Container& container, const PodTemplate& pod,
                                             const PodIdentity& identity, const JobContext& context,
                                             const PathRewriter& rewriter);

// Adds what we set where neither the manifest nor the user's own environment does: the thread
// counts of numerical libraries (else each trial takes all cores), and unbuffered output of Python
// (else metrics arrive when the trial ends). A process that does not `inherit` the user's
// environment gets the user's own values of these said.
void AddDefaults(const Container& container, const JobContext& context, bool inherits,
                 Environment* environment);

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_ENVIRONMENT_H_
