#ifndef QALAM_CONTROLLER_SPEC_DIAGNOSTIC_H_
#define QALAM_CONTROLLER_SPEC_DIAGNOSTIC_H_

#include <string>
#include <vector>

namespace qalam {

// One problem of a document.
struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  std::string file;
  int line = 0;         // counted from 1; 0 when the place is not known
  int column = 0;       // counted from 1
  std::string path;     // "spec.parameters[1].feasibleSpace.min"; empty for the whole document
  std::string message;  // what was found, what is allowed, a did-you-mean

  // "file.yaml:12:9: error: spec.parameters[1].feasibleSpace.min: ...".
  std::string ToString() const;
};

bool HasErrors(const std::vector<Diagnostic>& diagnostics);
// All of them, a line each, in order of place.
std::string FormatDiagnostics(std::vector<Diagnostic> diagnostics);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_DIAGNOSTIC_H_
