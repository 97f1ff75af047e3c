#ifndef QALAM_SUGGESTION_FIDELITY_RESOURCE_H_
#define QALAM_SUGGESTION_FIDELITY_RESOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/search_space.h"
#include "suggestion/registry.h"

namespace qalam {

// The parameter that says how much a trial may use: epochs, samples, trees. What the others say is
// the trial's configuration; one configuration can be tried with several amounts.
class Resource {
 public:
  // InvalidArgument when the space has no parameter of that name, it is categorical, or conditions
  // or constraints of the space have to do with it.
  static absl::StatusOr<Resource> Create(const std::shared_ptr<const SearchSpace>& space,
                                         absl::string_view name);

  const std::string& name() const { return parameter_.name; }
  const Parameter& parameter() const { return parameter_; }
  // Its place in an assignment.
  int index() const { return index_; }
  // The least and the greatest amount of its range.
  double least() const;
  double greatest() const;

  // The amount nearest to `amount` that a trial can be given. Where an amount lies outside the
  // range of a `double` or `int` it stands, as in Katib, where the range does not matter.
  double Allowed(double amount) const;
  // The amount of a trial.
  double AmountOf(const Assignment& trial) const {
    return parameter_.NumberOf(trial[static_cast<size_t>(index_)]);
  }
  // A configuration with an amount that is allowed.
  Assignment WithAmount(Assignment configuration, double amount) const;

  // The space of configurations: the whole one, in which the resource has one value only. So
  // algorithms leave it out, and assignments keep their form.
  const std::shared_ptr<const SearchSpace>& configurations() const { return configurations_; }
  // The configuration of a trial.
  Assignment ConfigurationOf(Assignment trial) const;
  // What an algorithm that looks for configurations is made for, without settings: `spec` in the
  // space of configurations. Sources are told in it, too. Points that are seen are avoided unless
  // they are to be replicated.
  SuggesterSpec ConfigurationSpec(const SuggesterSpec& spec) const;

 private:
  Resource(const SearchSpace& space, int index)
      : parameter_(space.parameter(index)), index_(index) {}

  Parameter parameter_;
  int index_;
  std::shared_ptr<const SearchSpace> configurations_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_RESOURCE_H_
