#ifndef QALAM_SERVER_KUBERNETES_LIBCURL_H_
#define QALAM_SERVER_KUBERNETES_LIBCURL_H_

#include <curl/curl.h>

#include "absl/status/statusor.h"

namespace qalam {

// The functions of libcurl that are used here.
//
// They are looked up when the first session with an API server begins, instead of linked: few
// processes ever have one, and libcurl brings two dozen libraries, for which every start of the
// program would wait.
struct Libcurl {
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
};

// Stays loaded for the life of the process. FailedPrecondition, with the package to install, when
// it is not there.
absl::StatusOr<const Libcurl*> LoadLibcurl();

}  // namespace qalam

#endif  // QALAM_SERVER_KUBERNETES_LIBCURL_H_
