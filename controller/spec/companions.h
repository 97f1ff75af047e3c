#ifndef QALAM_CONTROLLER_SPEC_COMPANIONS_H_
#define QALAM_CONTROLLER_SPEC_COMPANIONS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "controller/spec/report.h"
#include "trials/manifest.h"

namespace qalam {

// The ConfigMaps and Secrets that came with experiments.
class CompanionSet {
 public:
  explicit CompanionSet(std::string default_namespace);

  // True for "ConfigMap" and "Secret".
  static bool IsCompanion(absl::string_view kind);

  // Takes in a document of such a kind; problems are reported. `file_text` is the whole file that
  // it stands in; both it and the document must outlive this.
  void Add(const SpecField& document, absl::string_view file_text);

  // The document that a value of a ConfigMap holds as YAML text: read once however often it is
  // asked for; its problems are reported, in their place inside the ConfigMap, the first time. An
  // absent field when it cannot be read.
  SpecField ReadTemplate(absl::string_view ns, absl::string_view name, absl::string_view key,
                         const SpecField& asked_by);

  const CompanionObjects& objects() const { return objects_; }
  // All of them, as a JSON array.
  std::shared_ptr<const Json> ToJson() const;

 private:
  // A value of a ConfigMap, where it stands.
  struct Value {
    const YamlNode* node = nullptr;
    const std::string* file = nullptr;
    absl::string_view file_text;
  };
  struct Template {
    YamlPtr document;  // nullptr when it cannot be read
    const std::string* file = nullptr;
  };

  void AddConfigMap(const SpecField& document, const std::string& key, absl::string_view file_text);
  void AddSecret(const SpecField& document, const std::string& key);
  Template Parse(const Value& value, const SpecField& asked_by, absl::string_view key) const;

  const std::string default_namespace_;
  CompanionObjects objects_;
  std::map<std::pair<std::string, std::string>, Value> values_;  // ("namespace/name", key)
  std::map<std::pair<std::string, std::string>, Template> templates_;
  std::shared_ptr<Json> json_;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_COMPANIONS_H_
