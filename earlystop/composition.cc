// Rules made of others: any of them stops a trial, or all of them together do.
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "earlystop/registry.h"

namespace qalam {
namespace {

using Parts = std::vector<std::unique_ptr<EarlyStopper>>;

class AnyRule final : public EarlyStopper {
 public:
  explicit AnyRule(Parts parts) : parts_(std::move(parts)) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    for (const auto& part : parts_) {
      StopDecision decision = part->Judge(running, history);
      if (decision.stop) return decision;
    }
    return {};
  }

  // Katib stops when all rules fire, so it can be told of one part: the first that has some.
  std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) override {
    for (const auto& part : parts_) {
      std::vector<EarlyStoppingRule> rules = part->Rules(history);
      if (!rules.empty()) return rules;
    }
    return {};
  }

 private:
  const Parts parts_;
};

class AllRule final : public EarlyStopper {
 public:
  explicit AllRule(Parts parts) : parts_(std::move(parts)) {}

  StopDecision Judge(const Curve& running, const CurveHistory& history) override {
    StopDecision all{.stop = true, .why = ""};
    for (const auto& part : parts_) {
      const StopDecision decision = part->Judge(running, history);
      if (!decision.stop) return {};
      absl::StrAppend(&all.why, all.why.empty() ? "" : "; and ", decision.why);
    }
    return all;
  }

  std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) override {
    std::vector<EarlyStoppingRule> all;
    for (const auto& part : parts_) {
      const std::vector<EarlyStoppingRule> rules = part->Rules(history);
      if (rules.empty()) return {};  // it would not be asked
      all.insert(all.end(), rules.begin(), rules.end());
    }
    return all;
  }

 private:
  const Parts parts_;
};

StopperDescriptor Composition(const std::string& name, const std::string& summary) {
  StopperDescriptor descriptor;
  descriptor.name = name;
  descriptor.summary = summary;
  descriptor.source = "composition";
  descriptor.compares = false;
  descriptor.static_form = true;
  descriptor.inner = "rules";
  descriptor.settings = {{.name = "rules",
                          .help = "Names of the rules, separated by commas; the settings of each "
                                  "are given under its name, as medianstop.start_step."}};
  const StopperDescriptor known = descriptor;
  descriptor.validate = [known](const StopperSpec& spec) {
    if (!InnerRules(known, spec.settings).empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(known.name, " needs the setting rules, as \"medianstop, threshold\""));
  };
  return descriptor;
}

}  // namespace

StopperDescriptor AnyStopper() {
  StopperDescriptor descriptor =
      Composition("any", "Stops a trial as soon as one of several rules does.");
  const StopperDescriptor known = descriptor;
  descriptor.create = [known](const StopperSpec& spec) {
    return std::make_unique<AnyRule>(CreateInner(known, spec));
  };
  return descriptor;
}

StopperDescriptor AllStopper() {
  StopperDescriptor descriptor =
      Composition("all", "Stops a trial when several rules agree at the same report.");
  const StopperDescriptor known = descriptor;
  descriptor.create = [known](const StopperSpec& spec) {
    return std::make_unique<AllRule>(CreateInner(known, spec));
  };
  return descriptor;
}

}  // namespace qalam
