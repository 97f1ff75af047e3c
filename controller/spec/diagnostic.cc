#include "controller/spec/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace qalam {

std::string Diagnostic::ToString() const {
  std::string text = file;
  if (line > 0) absl::StrAppend(&text, ":", line, ":", column);
  if (!text.empty()) text += ": ";
  text += severity == Severity::kError ? "error: " : "warning: ";
  if (!path.empty()) absl::StrAppend(&text, path, ": ");
  return text + message;
}

bool HasErrors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::kError;
  });
}

std::string FormatDiagnostics(std::vector<Diagnostic> diagnostics) {
  // Problems of a file as a whole (line 0) come after those with a place.
  const auto key = [](const Diagnostic& d) {
    return std::make_tuple(absl::string_view(d.file), d.line == 0, d.line, d.column);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    absl::StrAppend(&text, diagnostic.ToString(), "\n");
  }
  return text;
}

}  // namespace qalam
