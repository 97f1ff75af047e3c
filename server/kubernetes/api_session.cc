#include "server/kubernetes/api_session.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/kubernetes/libcurl.h"

namespace qalam {
namespace {

// Objects of the cluster have at most 1.5 MiB.
constexpr size_t kMaxAnswerBytes = size_t{8} << 20;

class Headers {
 public:
  explicit Headers(const Libcurl& curl) : curl_(curl), lines_(nullptr, curl.slist_free_all) {}

  void Add(const std::string& line) {
    // The list's beginning stays where it is once there is one.
    curl_slist* const longer = curl_.slist_append(lines_.get(), line.c_str());
    if (lines_ == nullptr) lines_.reset(longer);
  }
  curl_slist* get() const { return lines_.get(); }

 private:
  const Libcurl& curl_;
  std::unique_ptr<curl_slist, decltype(Libcurl::slist_free_all)> lines_;
};

// Gives no more than it has room for, which ends the transfer.
size_t AppendAnswer(const char* data, size_t size, size_t count, void* text) {
  auto* const answer = static_cast<std::string*>(text);
  const size_t bytes = size * count;
  if (answer->size() + bytes > kMaxAnswerBytes) return 0;
  answer->append(data, bytes);
  return bytes;
}

// What the server says of an error, in one line.
std::string MessageOf(const std::string& text) {
  const Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (body.is_object() && body.contains("message") && body["message"].is_string()) {
    return body["message"].get<std::string>();
  }
  return text.substr(0, 200);
}

absl::Status TransportStatus(CURLcode code, const std::string& what) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return absl::FailedPreconditionError(absl::StrCat(
          what, "; it must be signed by ca.crt of the service account, and for this address"));
    case CURLE_SSL_CACERT_BADFILE:
      return absl::FailedPreconditionError(what);
    case CURLE_WRITE_ERROR:
      return absl::InternalError(
          absl::StrCat(what, "; the answer has more than ", kMaxAnswerBytes, " bytes"));
    default:
      return absl::UnavailableError(what);
  }
}

}  // namespace

std::string ApiServerUrl(absl::string_view host, absl::string_view port) {
  if (absl::StrContains(host, ":")) return absl::StrCat("https://[", host, "]:", port);
  return absl::StrCat("https://", host, ":", port);
}

absl::StatusOr<std::string> ReadServiceAccountFile(const KubernetesAccess& access,
                                                   absl::string_view name) {
  const std::string path = absl::StrCat(access.service_account_dir, "/", name);
  std::ifstream stream(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  std::string text(absl::StripAsciiWhitespace(content));
  if (!text.empty()) return text;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot read ", path, "; the pod needs a service account whose token is mounted",
                   " (automountServiceAccountToken), or name its folder with --service-account"));
}

// A handle of libcurl and what belongs to a request.
class ApiSession::Curl {
 public:
  explicit Curl(const Libcurl& functions)
      : functions_(functions), handle_(functions.easy_init(), functions.easy_cleanup) {}

  const Libcurl& functions() const { return functions_; }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    functions_.easy_setopt(handle_.get(), option, value);
  }

  // libcurl's error, and its words for it; the answer goes to `code` and `text`.
  std::pair<CURLcode, std::string> Perform(long* code, std::string* text) {
    if (handle_ == nullptr) return {CURLE_FAILED_INIT, "libcurl cannot be used"};
    error_[0] = '\0';
    Set(CURLOPT_ERRORBUFFER, error_.data());
    Set(CURLOPT_WRITEFUNCTION, &AppendAnswer);
    Set(CURLOPT_WRITEDATA, text);
    const CURLcode result = functions_.easy_perform(handle_.get());
    functions_.easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, code);
    return {result, error_[0] == '\0' ? functions_.easy_strerror(result) : error_.data()};
  }

 private:
  const Libcurl& functions_;
  const std::unique_ptr<CURL, decltype(Libcurl::easy_cleanup)> handle_;
  std::array<char, CURL_ERROR_SIZE> error_ = {};
};

ApiSession::ApiSession(const KubernetesAccess& access) : access_(access) {}

ApiSession::~ApiSession() = default;

absl::StatusOr<Json> ApiSession::Send(const ApiRequest& request, absl::Duration timeout) {
  if (curl_ == nullptr) {
    QALAM_ASSIGN_OR_RETURN(const Libcurl* const functions, LoadLibcurl());
    curl_ = std::make_unique<Curl>(*functions);
  }
  QALAM_ASSIGN_OR_RETURN(const std::string token, ReadServiceAccountFile(access_, "token"));
  const std::string url = absl::StrCat(access_.server, request.path);
  const std::string authority = absl::StrCat(access_.service_account_dir, "/ca.crt");
  Headers headers(curl_->functions());
  headers.Add(absl::StrCat("Authorization: Bearer ", token));
  headers.Add("Accept: application/json");
  if (!request.body.empty()) {
    headers.Add(absl::StrCat("Content-Type: ", request.content_type));
    curl_->Set(CURLOPT_POSTFIELDS, request.body.c_str());
    curl_->Set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  } else {
    curl_->Set(CURLOPT_HTTPGET, 1L);
  }
  curl_->Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_->Set(CURLOPT_HTTPHEADER, headers.get());
  curl_->Set(CURLOPT_URL, url.c_str());
  curl_->Set(CURLOPT_PROTOCOLS_STR, "https");
  curl_->Set(CURLOPT_NOPROXY, "*");  // the server is in this cluster
  curl_->Set(CURLOPT_CAINFO, authority.c_str());
  curl_->Set(CURLOPT_CAPATH, nullptr);  // and no other authority
  curl_->Set(CURLOPT_NOSIGNAL, 1L);     // there are other threads
  const absl::Duration bound = std::min(timeout, access_.request_timeout);
  curl_->Set(CURLOPT_TIMEOUT_MS, std::max(1L, absl::ToInt64Milliseconds(bound)));
  curl_->Set(CURLOPT_CONNECTTIMEOUT_MS, absl::ToInt64Milliseconds(access_.connect_timeout));

  long code = 0;
  std::string text;
  const auto [result, words] = curl_->Perform(&code, &text);
  if (result != CURLE_OK) {
    return TransportStatus(
        result, absl::StrCat("the API server at ", access_.server, " was not reached: ", words));
  }
  QALAM_RETURN_IF_ERROR(StatusOf(code, text, request, token));
  Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (body.is_object()) return body;
  return absl::InternalError(absl::StrCat("the API server at ", access_.server,
                                          " answered what is no object: ", text.substr(0, 200)));
}

absl::Status ApiSession::StatusOf(long code, const std::string& text, const ApiRequest& request,
                                  const std::string& token) const {
  if (code >= 200 && code < 300) return absl::OkStatus();
  const std::string what = absl::StrCat(request.method, " ", request.path, " was answered with ",
                                        code, ": ", MessageOf(text));
  if (code == 409) return absl::AbortedError(what);
  if (code == 429 || code >= 500) return absl::UnavailableError(what);
  if (code == 404) return absl::NotFoundError(what);
  if (code == 401) {
    const absl::StatusOr<std::string> newest = ReadServiceAccountFile(access_, "token");
    if (newest.ok() && *newest != token) return absl::UnavailableError(what);
    return absl::FailedPreconditionError(absl::StrCat(
        what, "; the token in ", access_.service_account_dir, " is not valid (any more)"));
  }
  if (code == 403) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, "; the service account needs a Role with the verb get on trials and patch on ",
        "trials/status of kubeflow.org"));
  }
  return absl::InternalError(what);
}

}  // namespace qalam
