#include "server/kubernetes/libcurl.h"

#include <dlfcn.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

constexpr char kLibrary[] = "libcurl.so.4";

template <typename Function>
bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

absl::StatusOr<Libcurl> Load() {
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  Libcurl curl;
  const bool found = library != nullptr && Find(library, "curl_easy_init", &curl.easy_init) &&
                     Find(library, "curl_easy_cleanup", &curl.easy_cleanup) &&
                     Find(library, "curl_easy_setopt", &curl.easy_setopt) &&
                     Find(library, "curl_easy_perform", &curl.easy_perform) &&
                     Find(library, "curl_easy_getinfo", &curl.easy_getinfo) &&
                     Find(library, "curl_easy_strerror", &curl.easy_strerror) &&
                     Find(library, "curl_slist_append", &curl.slist_append) &&
                     Find(library, "curl_slist_free_all", &curl.slist_free_all);
  if (found) return curl;
  return absl::FailedPreconditionError(
      absl::StrCat("the API server cannot be reached without libcurl: ", dlerror(),
                   "; install the package libcurl4"));
}

}  // namespace

absl::StatusOr<const Libcurl*> LoadLibcurl() {
  static const absl::StatusOr<Libcurl> curl = Load();
  if (!curl.ok()) return curl.status();
  return &*curl;
}

}  // namespace qalam
