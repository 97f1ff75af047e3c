#include "trials/kinds/path_rewriter.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("_.-~+@%").find(c) != absl::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

// True when a "/" after `before` continues something: a relative path, a variable, a URL.
bool Continues(char before) {
  return IsPathCharacter(before) ||
         absl::string_view("/})*?$\\").find(before) != absl::string_view::npos;
}

// True when `after` makes the name before it longer, or might (a pattern, a variable, an escape).
bool Lengthens(char after) {
  return IsPathCharacter(after) ||
         absl::string_view("*?[{$\\").find(after) != absl::string_view::npos;
}

// "file:///x" is the one URL whose path is one of this machine.
bool IsFileUrl(absl::string_view before) { return absl::EndsWith(before, "file://"); }

}  // namespace

PathRewriter::PathRewriter(std::vector<std::pair<std::string, std::string>> mounts,
                           std::string image_root)
    : mounts_(std::move(mounts)), image_root_(std::move(image_root)) {
  std::stable_sort(mounts_.begin(), mounts_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

size_t PathRewriter::MatchMount(absl::string_view rest, std::string* replacement) const {
  for (const auto& [mount_path, folder] : mounts_) {
    if (!absl::StartsWith(rest, mount_path)) continue;
    if (rest.size() > mount_path.size() && Lengthens(rest[mount_path.size()])) continue;
    *replacement = folder;
    return mount_path.size();
  }
  return 0;
}

size_t PathRewriter::MatchImage(absl::string_view rest, std::string* replacement) const {
  if (image_root_.empty()) return 0;
  size_t end = 1;
  while (end < rest.size() && (IsPathCharacter(rest[end]) || rest[end] == '/')) ++end;
  // A lone "/" is a division, "//" a comment.
  if (end < 2 || rest[1] == '/') return 0;
  *replacement = absl::StrCat(image_root_, rest.substr(0, end));
  std::error_code error;
  return std::filesystem::exists(*replacement, error) ? end : 0;
}

std::string PathRewriter::Rewrite(absl::string_view text) const {
  if (mounts_.empty() && image_root_.empty()) return std::string(text);
  std::string result;
  std::string replacement;
  size_t copied = 0;
  size_t slash = text.find('/');
  while (slash != absl::string_view::npos) {
    size_t length = 0;
    if (slash == 0 || !Continues(text[slash - 1]) || IsFileUrl(text.substr(0, slash))) {
      length = MatchMount(text.substr(slash), &replacement);
      if (length == 0) length = MatchImage(text.substr(slash), &replacement);
    }
    if (length > 0) {
      absl::StrAppend(&result, text.substr(copied, slash - copied), replacement);
      copied = slash + length;
    }
    slash = text.find('/', slash + std::max<size_t>(length, 1));
  }
  absl::StrAppend(&result, text.substr(copied));
  return result;
}

std::string PathRewriter::RewritePath(absl::string_view path) const {
  for (const auto& [mount_path, folder] : mounts_) {
    if (path == mount_path) return folder;
    if (absl::StartsWith(path, mount_path) && path[mount_path.size()] == '/') {
      return absl::StrCat(folder, path.substr(mount_path.size()));
    }
  }
  return std::string(path);
}

}  // namespace qalam
