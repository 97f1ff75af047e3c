#ifndef QALAM_CONTROLLER_SPEC_CONVERT_H_
#define QALAM_CONTROLLER_SPEC_CONVERT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/spec/companions.h"
#include "controller/spec/experiment_spec.h"
#include "controller/spec/load.h"
#include "controller/spec/report.h"

namespace qalam {

// Readers of the parts of an Experiment. Each takes the field that holds its part, in a document
// that CheckStructure has seen; reports every problem it finds; and returns as much as could be
// read.

// spec.parameters.
std::vector<Parameter> ReadParameters(const SpecField& parameters);
// spec.parameters and spec.parameterConstraints; null when they have an error.
std::shared_ptr<const SearchSpace> ReadSpace(const SpecField& spec);
// spec.initialTrials, known ones first; nothing when `experiment`, read so far, has no space.
std::vector<InitialTrial> ReadInitialTrials(const SpecField& spec,
                                            const ExperimentSpec& experiment);
// spec.objective, spec.objectives and spec.constraints, with the default strategy for each metric
// that has none of its own.
Objective ReadObjective(const SpecField& spec, FurtherGoals* further_goals);
// Parts of it. A finite goal, where there is one:
std::optional<double> ReadGoal(const SpecField& goal);
// spec.objectives beside what was read of spec.objective, whose metric is the first:
void ReadObjectiveList(const SpecField& list, const SpecField& objective_field,
                       Objective* objective, FurtherGoals* further_goals);
// spec.constraints; what is bounded and not optimised counts by its latest value:
void ReadOutcomeConstraints(const SpecField& list, Objective* objective);
// metricStrategy of the entries of both lists:
void ReadOwnStrategies(const SpecField& spec, Objective* objective);
// A name with its settings: spec.algorithm or spec.earlyStopping.
// `otherwise`: its name where none is given; empty: one must be given.
AlgorithmSpec ReadAlgorithm(const SpecField& algorithm, absl::string_view otherwise);
// Checks `algorithm` against the registry; `made_for` is what it will work on.
void CheckAlgorithm(const SpecField& algorithm, const SpecField& parameters,
                    const std::string& name, const SuggesterSpec& made_for);
// spec.earlyStopping: known rules and their settings.
void CheckEarlyStopping(const SpecField& early_stopping, const AlgorithmSpec& rule,
                        const Objective& objective);
// spec.parameters[].prior of a parameter that has been read otherwise.
void ReadPrior(const SpecField& field, Parameter* parameter);
// spec.duplicates.
DuplicatePolicy ReadDuplicates(const SpecField& field);
// spec.warmStartFrom, of an experiment whose name has been read.
std::vector<WarmStartRef> ReadWarmStart(const SpecField& field, const ExperimentSpec& experiment);
// The three limits of `spec`.
Budget ReadBudget(const SpecField& spec);
EndRules ReadEndRules(const SpecField& spec, const Objective& objective);
// spec.metricsCollectorSpec.
MetricsCollectorSpec ReadCollector(const SpecField& collector_spec);
// spec.seed, or the setting random_state, or a hash of the name.
uint64_t ReadSeed(const SpecField& seed, const ExperimentSpec& spec);

// spec.terminator, of an experiment whose algorithm has been read: whether its results can be
// modelled.
void CheckTerminator(const SpecField& terminator, const ExperimentSpec& spec);

// spec.trialTemplate; `parameters` are the names of those that it must use. When there are none,
// references are not checked.
TrialTemplate ReadTrialTemplate(const SpecField& trial_template,
                                const std::vector<std::string>& parameters,
                                CompanionSet* companions, bool strict);

// spec.trialTemplate.checkpoint, or what the settings of the algorithm say in its place.
CheckpointSpec ReadCheckpoint(const SpecField& checkpoint, const Settings& settings);
// Reports the field as missing where the algorithm can do nothing without it.
void RequireCheckpoint(const SpecField& checkpoint, const ExperimentSpec& spec);
// Where trials are stopped after so many reports, these must be read, and each attempt must begin
// with what is known.
void CheckReportCounting(const SpecField& spec_field, const ExperimentSpec& spec);

// The whole of a document of kind Experiment; nothing when it has an error. The companions have
// been added before.
std::optional<ExperimentSpec> ReadExperiment(const SpecField& experiment, CompanionSet* companions,
                                             const LoadOptions& options);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SPEC_CONVERT_H_
