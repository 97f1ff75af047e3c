// JobKinds, FindJobKind and IgnoredImages of manifest.h.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "trials/manifest.h"

namespace qalam {

#define QALAM_JOB_KIND(factory) JobKind factory();
#include "trials/kinds/kinds.inc"
#undef QALAM_JOB_KIND

namespace {

void CollectImages(const Json& containers, std::vector<std::string>* images) {
  if (!containers.is_array()) return;
  for (const Json& container : containers) {
    if (!container.is_object()) continue;
    const auto image = container.find("image");
    if (image == container.end() || !image->is_string()) continue;
    const std::string& name = image->get_ref<const std::string&>();
    if (std::find(images->begin(), images->end(), name) == images->end()) images->push_back(name);
  }
}

// Every kind calls its containers so, wherever they stand.
void CollectAllImages(const Json& node, std::vector<std::string>* images) {
  if (!node.is_structured()) return;
  for (auto child = node.begin(); child != node.end(); ++child) {
    const bool names_containers =
        node.is_object() && (child.key() == "containers" || child.key() == "initContainers");
    if (names_containers) CollectImages(*child, images);
    CollectAllImages(*child, images);
  }
}

}  // namespace

const std::vector<JobKind>& JobKinds() {
#define QALAM_JOB_KIND(factory) factory(),
  static const std::vector<JobKind> kinds = {
#include "trials/kinds/kinds.inc"
  };
#undef QALAM_JOB_KIND
  return kinds;
}

const JobKind* FindJobKind(absl::string_view api_version, absl::string_view kind) {
  for (const JobKind& candidate : JobKinds()) {
    if (candidate.api_version == api_version && candidate.kind == kind) return &candidate;
  }
  return nullptr;
}

std::vector<std::string> IgnoredImages(const Json& manifest, const JobContext& context) {
  std::vector<std::string> images;
  if (!context.container_engine.empty()) return images;
  CollectAllImages(manifest, &images);
  const auto mapped = [&](const std::string& image) { return context.image_map.count(image) > 0; };
  images.erase(std::remove_if(images.begin(), images.end(), mapped), images.end());
  return images;
}

}  // namespace qalam
