#include "cli/load_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr char kStandardInput[] = "-";
// Above what the loader accepts, so that it is the loader that refuses longer texts.
constexpr size_t kMaxTextBytes = 5 << 20;

absl::Status ReadError(const std::string& file) {
  const std::string what = absl::StrCat("cannot read ", file, ": ", std::strerror(errno));
  return errno == ENOENT ? absl::NotFoundError(what) : absl::InvalidArgumentError(what);
}

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  const bool is_stdin = file == kStandardInput;
  const int fd = is_stdin ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ReadError(file);
  std::string text;
  std::array<char, 64 * 1024> buffer;
  absl::Status status;
  while (text.size() < kMaxTextBytes) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = ReadError(file);
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  if (!is_stdin) close(fd);
  if (!status.ok()) return status;
  return text;
}

// Experiments of `result` that are in `total` already become errors.
void Merge(LoadResult result, const std::string& file, std::map<std::string, std::string>& seen,
           LoadResult& total) {
  for (const ExperimentSpec& spec : result.experiments) {
    const std::string name = absl::StrCat(spec.ns, "/", spec.name);
    const auto [it, is_new] = seen.emplace(name, file);
    if (is_new) continue;
    total.diagnostics.push_back(
        {.file = file,
         .path = "metadata.name",
         .message = absl::StrCat("experiment ", name, " is also in ", it->second,
                                 "; give each a name of its own")});
  }
  std::move(result.experiments.begin(), result.experiments.end(),
            std::back_inserter(total.experiments));
  std::move(result.diagnostics.begin(), result.diagnostics.end(),
            std::back_inserter(total.diagnostics));
}

}  // namespace

std::vector<std::string> FileNames(const Invocation& invocation) {
  std::vector<std::string> files = invocation.flags.Values("filename");
  files.insert(files.end(), invocation.args().begin(), invocation.args().end());
  return files;
}

absl::StatusOr<LoadResult> LoadFiles(const Invocation& invocation) {
  const std::vector<std::string> files = FileNames(invocation);
  if (files.empty()) {
    return absl::InvalidArgumentError("no file given; name one, or - for standard input");
  }
  std::vector<std::pair<std::string, std::string>> texts;
  for (const std::string& file : files) {
    QALAM_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
    texts.emplace_back(file == kStandardInput ? "<stdin>" : file, std::move(text));
  }
  const LoadOptions options{.strict = invocation.flags.IsOn("strict"),
                            .default_namespace = invocation.ns};
  LoadResult total;
  std::map<std::string, std::string> seen;  // experiment -> its file
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::pair<std::string, std::string>> companions = texts;
    companions.erase(companions.begin() + static_cast<std::ptrdiff_t>(i));
    Merge(LoadExperiments(texts[i].first, texts[i].second, companions, options), texts[i].first,
          seen, total);
  }
  if (total.experiments.empty() && !HasErrors(total.diagnostics)) {
    total.diagnostics.push_back(
        {.file = texts[0].first,
         .message = "no Experiment found; a document with kind: Experiment and apiVersion: "
                    "kubeflow.org/v1beta1 is needed"});
  }
  return total;
}

std::vector<FlagSpec> LoadFlags() {
  return {{.name = "filename",
           .short_name = 'f',
           .value = "FILE",
           .help = "A file, as if given as an argument",
           .repeatable = true},
          {.name = "strict", .help = "Unknown fields are errors instead of warnings"}};
}

}  // namespace qalam
