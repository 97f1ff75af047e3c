#include "controller/spec/fields.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace qalam {
namespace {

using T = FieldType;

constexpr FieldInfo kFields[] = {
    {"apiVersion", T::kText, "", "The version of this format: kubeflow.org/v1beta1."},
    {"kind", T::kText, "", "Experiment."},
    {"metadata", T::kObject, "", "What the experiment is called."},
    {"metadata.name", T::kText, "",
     "Name, unique in its namespace: at most 40 lower-case letters, digits and '-'."},
    {"metadata.generateName", T::kText, "", "Not supported: experiments need a name of their own."},
    {"metadata.namespace", T::kText, "default", "Groups experiments."},
    {"metadata.labels", T::kTextMap, "", "Free labels, copied to the trials."},
    {"metadata.annotations", T::kTextMap, "", "Free remarks."},
    {"metadata.uid", T::kText, "", "Set by the server, ignored on input."},
    {"metadata.resourceVersion", T::kText, "", "Set by the server, ignored on input."},
    {"metadata.generation", T::kInteger, "", "Set by the server, ignored on input."},
    {"metadata.creationTimestamp", T::kText, "", "Set by the server, ignored on input."},
    {"metadata.deletionTimestamp", T::kText, "", "Set by the server, ignored on input."},
    {"metadata.deletionGracePeriodSeconds", T::kInteger, "",
     "Set by the server, ignored on input."},
    {"metadata.finalizers", T::kTextList, "", "Set by the server, ignored on input."},
    {"metadata.ownerReferences", T::kAny, "", "Set by the server, ignored on input."},
    {"metadata.managedFields", T::kAny, "", "Set by the server, ignored on input."},
    {"metadata.selfLink", T::kText, "", "Set by the server, ignored on input."},
    {"spec", T::kObject, "", "What to try, how to judge it and when to stop."},

    {"spec.parameters", T::kList, "", "The hyperparameters to tune."},
    {"spec.parameters[].name", T::kText, "", "Name of the parameter, unique in the experiment."},
    {"spec.parameters[].parameterType", T::kText, "",
     "double and int have a range, discrete a list of numbers, categorical a list of texts.",
     "double int discrete categorical"},
    {"spec.parameters[].feasibleSpace", T::kObject, "", "The values that the parameter may take."},
    {"spec.parameters[].feasibleSpace.min", T::kText, "", "double and int: smallest value."},
    {"spec.parameters[].feasibleSpace.max", T::kText, "", "double and int: largest value."},
    {"spec.parameters[].feasibleSpace.step", T::kText, "int: 1; double: every value",
     "double and int: only min, min+step, min+2*step, ... up to max are tried."},
    {"spec.parameters[].feasibleSpace.list", T::kTextList, "",
     "discrete and categorical: the values."},
    {"spec.parameters[].feasibleSpace.distribution", T::kText, "uniform",
     "double and int: how values are spread while nothing is known; log... for sizes that matter "
     "by "
     "factor.",
     "uniform logUniform normal logNormal"},
    {"spec.parameters[].default", T::kText, "none",
     "The value to assume where an initial trial gives none; not in Katib."},
    {"spec.parameters[].prior", T::kObject, "none",
     "Where you expect the best value; results overrule it in time; not in Katib."},
    {"spec.parameters[].prior.value", T::kText, "", "The value that you expect."},
    {"spec.parameters[].prior.confidence", T::kText, "medium",
     "How sure you are of it: the deviation is 0.3, 0.15 or 0.05 of the range.", "low medium high"},
    {"spec.parameters[].prior.weights", T::kTextMap, "1 each",
     "categorical, in place of a value: how likely the values are in comparison."},
    {"spec.parameters[].condition", T::kObject, "none",
     "The parameter exists only while another one has some values; not in Katib."},
    {"spec.parameters[].condition.parent", T::kText, "", "The parameter that decides."},
    {"spec.parameters[].condition.values", T::kTextList, "",
     "Its values (categorical, discrete or int) with which this one exists."},
    {"spec.parameters[].condition.min", T::kText, "no limit",
     "In place of values: the smallest number of the parent with which this one exists."},
    {"spec.parameters[].condition.max", T::kText, "no limit",
     "In place of values: the largest number of the parent with which this one exists."},
    {"spec.parameterConstraints", T::kTextOrObjectList, "none",
     "What every trial must satisfy, such as \"min_units < max_units\"; not in Katib."},
    {"spec.parameterConstraints[].forbidden", T::kTextMap, "",
     "In place of a text: values, by parameter, that must not come together."},
    {"spec.initialTrials", T::kList, "none",
     "Trials that come before the algorithm is asked; they count as trials; not in Katib."},
    {"spec.initialTrials[].assignments", T::kTextMap, "", "Values by parameter."},
    {"spec.initialTrials[].metrics", T::kTextMap, "none",
     "Its result, by metric, where it is known: then the trial is not run."},

    {"spec.duplicates", T::kText, "avoid",
     "A point that was tried is avoided, given its result again, or run again; not in Katib.",
     "avoid reuse replicate"},
    {"spec.warmStartFrom", T::kTextOrObjectList, "none",
     "Earlier experiments, by name or labels, whose trials are learnt from; not in Katib."},
    {"spec.warmStartFrom[].name", T::kText, "", "Name of the experiment."},
    {"spec.warmStartFrom[].namespace", T::kText, "its own", "Namespace of the experiment."},
    {"spec.warmStartFrom[].matchLabels", T::kTextMap, "",
     "In place of a name: labels of all experiments to take."},

    {"spec.objective", T::kObject, "", "The metric that judges a trial."},
    {"spec.objective.type", T::kText, "", "Whether small or large values are good.",
     "minimize maximize"},
    {"spec.objective.goal", T::kNumber, "none",
     "The experiment succeeds as soon as a trial is at least this good."},
    {"spec.objective.objectiveMetricName", T::kText, "", "The metric to optimise."},
    {"spec.objective.additionalMetricNames", T::kTextList, "none", "Metrics to record beside it."},
    {"spec.objective.metricStrategies", T::kList, "min for minimize, max for maximize",
     "Which value of a metric's series counts, by metric."},
    {"spec.objective.metricStrategies[].name", T::kText, "", "Name of the metric."},
    {"spec.objective.metricStrategies[].value", T::kText, "",
     "The smallest, largest or last value of the series.", "min max latest"},

    {"spec.objectives", T::kList, "spec.objective alone",
     "Metrics to optimise at the same time; the first counts where one must; not in Katib."},
    {"spec.objectives[].objectiveMetricName", T::kText, "", "The metric to optimise."},
    {"spec.objectives[].type", T::kText, "", "Whether small or large values are good.",
     "minimize maximize"},
    {"spec.objectives[].goal", T::kNumber, "none",
     "The experiment succeeds as soon as one trial reaches all goals that are given."},
    {"spec.objectives[].metricStrategy", T::kText, "min for minimize, max for maximize",
     "Which value of the metric's series counts.", "min max latest"},
    {"spec.constraints", T::kTextOrObjectList, "none",
     "Bounds on what trials report, such as \"memory_mb <= 512\"; not in Katib."},
    {"spec.constraints[].metric", T::kText, "", "In place of a text: the metric that is bounded."},
    {"spec.constraints[].min", T::kNumber, "no limit", "The smallest value that is good enough."},
    {"spec.constraints[].max", T::kNumber, "no limit", "The largest value that is good enough."},
    {"spec.constraints[].metricStrategy", T::kText, "latest",
     "Which value of the metric's series counts.", "min max latest"},

    {"spec.algorithm", T::kObject, "auto", "What decides which values to try next."},
    {"spec.algorithm.algorithmName", T::kText, "auto", "Name of the search algorithm."},
    {"spec.algorithm.algorithmSettings", T::kList, "none", "Settings of the algorithm."},
    {"spec.algorithm.algorithmSettings[].name", T::kText, "", "Name of the setting."},
    {"spec.algorithm.algorithmSettings[].value", T::kText, "", "Value of the setting."},
    {"spec.earlyStopping", T::kObject, "none", "When to give up trials that go badly."},
    {"spec.earlyStopping.algorithmName", T::kText, "", "Name of the stopping rule."},
    {"spec.earlyStopping.algorithmSettings", T::kList, "none", "Settings of the rule."},
    {"spec.earlyStopping.algorithmSettings[].name", T::kText, "", "Name of the setting."},
    {"spec.earlyStopping.algorithmSettings[].value", T::kText, "", "Value of the setting."},

    {"spec.parallelTrialCount", T::kInteger, "3", "How many trials run at the same time."},
    {"spec.maxTrialCount", T::kInteger, "unlimited", "How many trials there will be in all."},
    {"spec.maxFailedTrialCount", T::kInteger, "unlimited",
     "The experiment fails when this many trials have failed or reported no metric."},
    {"spec.maxDurationSeconds", T::kInteger, "unlimited",
     "The experiment ends when it has run for so long; not in Katib."},
    {"spec.maxCost", T::kObject, "unlimited", "What all trials may cost together; not in Katib."},
    {"spec.maxCost.metricName", T::kText, "",
     "The metric, one of those that are read, whose latest value is what a trial has cost."},
    {"spec.maxCost.total", T::kNumber, "",
     "The experiment ends when the trials that have ended cost so much."},
    {"spec.terminator", T::kObject, "none",
     "When the experiment ends because it gets no better; not in Katib."},
    {"spec.terminator.trialsWithoutImprovement", T::kInteger, "unlimited",
     "It ends when so many completed trials in a row were no better than the best before."},
    {"spec.terminator.improvementBelow", T::kText, "none",
     "It ends when a model of the results gives nothing a chance to be better than the best by so "
     "much: a number above 0, or noise, by which results vary by themselves."},
    {"spec.resumePolicy", T::kText, "Never",
     "Whether a finished experiment may be given more trials: Never forbids it.",
     "Never LongRunning FromVolume"},
    {"spec.seed", T::kInteger, "from namespace and name",
     "Names every random choice: the same seed gives the same run; not in Katib."},

    {"spec.metricsCollectorSpec", T::kObject, "", "Where the metrics of a trial are read from."},
    {"spec.metricsCollectorSpec.collector", T::kObject, "", "The way of collecting."},
    {"spec.metricsCollectorSpec.collector.kind", T::kText, "StdOut",
     "StdOut reads the trial's output, File a file that it writes, None nothing."},
    {"spec.metricsCollectorSpec.collector.customCollector", T::kAny, "",
     "The container of a Custom collector; not supported yet."},
    {"spec.metricsCollectorSpec.source", T::kObject, "", "What the collector reads."},
    {"spec.metricsCollectorSpec.source.fileSystemPath", T::kObject, "", "File: the file."},
    {"spec.metricsCollectorSpec.source.fileSystemPath.path", T::kText, "/var/log/katib/metrics.log",
     "Absolute path of the file as the trial sees it."},
    {"spec.metricsCollectorSpec.source.fileSystemPath.kind", T::kText, "File",
     "What the path is; the File collector reads a File.", "File Directory"},
    {"spec.metricsCollectorSpec.source.fileSystemPath.format", T::kText, "TEXT",
     "TEXT has name=value in lines, JSON one object per line.", "TEXT JSON"},
    {"spec.metricsCollectorSpec.source.filter", T::kObject, "", "How lines of text are read."},
    {"spec.metricsCollectorSpec.source.filter.metricsFormat", T::kTextList, "name=value",
     "Regular expressions (RE2) with two groups: the metric's name and its value."},
    {"spec.metricsCollectorSpec.source.httpGet", T::kObject, "",
     "The end point of a PrometheusMetric collector; not supported yet."},
    {"spec.metricsCollectorSpec.source.httpGet.path", T::kText, "/metrics", "Path of the URL."},
    {"spec.metricsCollectorSpec.source.httpGet.port", T::kText, "8080", "Port."},
    {"spec.metricsCollectorSpec.source.httpGet.host", T::kText, "", "Host."},
    {"spec.metricsCollectorSpec.source.httpGet.scheme", T::kText, "HTTP", "HTTP or HTTPS."},
    {"spec.metricsCollectorSpec.source.httpGet.httpHeaders", T::kAny, "", "Headers."},

    {"spec.trialTemplate", T::kObject, "", "The job that a trial runs."},
    {"spec.trialTemplate.trialSpec", T::kAny, "",
     "The job's manifest, with ${trialParameters.name} where values go."},
    {"spec.trialTemplate.configMap", T::kObject, "",
     "A ConfigMap that holds the manifest instead."},
    {"spec.trialTemplate.configMap.configMapName", T::kText, "", "Its name."},
    {"spec.trialTemplate.configMap.configMapNamespace", T::kText, "", "Its namespace."},
    {"spec.trialTemplate.configMap.templatePath", T::kText, "", "The key of its data to read."},
    {"spec.trialTemplate.trialParameters", T::kList, "", "What the placeholders stand for."},
    {"spec.trialTemplate.trialParameters[].name", T::kText, "",
     "The placeholder ${trialParameters.name}."},
    {"spec.trialTemplate.trialParameters[].description", T::kText, "", "A remark for people."},
    {"spec.trialTemplate.trialParameters[].reference", T::kText, "",
     "The parameter whose value is put in, or ${trialSpec.Name} and its kin."},
    {"spec.trialTemplate.retain", T::kBool, "false", "Keep what a finished job leaves behind."},
    {"spec.trialTemplate.checkpoint", T::kObject, "none",
     "A folder of each trial that outlives it, for trials that go on from it; not in Katib."},
    {"spec.trialTemplate.checkpoint.path", T::kText, "/opt/qalam/checkpoint",
     "Where the primary container has it; QALAM_CHECKPOINT_DIR says where it is."},
    {"spec.trialTemplate.checkpoint.keep", T::kText, "needed",
     "needed: folders that nothing can go on from any more are removed, but for the best trial's.",
     "needed all"},
    {"spec.trialTemplate.checkpoint.retry", T::kText, "parent",
     "What a trial that is run again begins with: what it began with at first, or what it left.",
     "parent own"},
    {"spec.trialTemplate.primaryPodLabels", T::kTextMap, "by kind",
     "Which pod of the job reports the metrics."},
    {"spec.trialTemplate.primaryContainerName", T::kText, "",
     "The container that reports the metrics."},
    {"spec.trialTemplate.successCondition", T::kText, "by kind",
     "GJSON path that matches the job's object when the trial has succeeded."},
    {"spec.trialTemplate.failureCondition", T::kText, "by kind",
     "GJSON path that matches the job's object when the trial has failed."},

    {"spec.nasConfig", T::kObject, "", "Architecture search; not supported yet."},
    {"spec.nasConfig.graphConfig", T::kObject, "", "The network's outline."},
    {"spec.nasConfig.graphConfig.numLayers", T::kInteger, "", "Number of layers."},
    {"spec.nasConfig.graphConfig.inputSizes", T::kIntegerList, "", "Shape of the input."},
    {"spec.nasConfig.graphConfig.outputSizes", T::kIntegerList, "", "Shape of the output."},
    {"spec.nasConfig.operations", T::kList, "", "The operations to choose from."},
    {"spec.nasConfig.operations[].operationType", T::kText, "", "Name of the operation."},
    {"spec.nasConfig.operations[].parameters", T::kAny, "", "Parameters of the operation."},

    {"status", T::kAny, "", "Set by the server, ignored on input."},
};

// The objects of a batch/v1 Job in which a slip of the pen is looked for. Kubernetes 1.34.
struct JobObject {
  absl::string_view path;
  absl::string_view names;
};
constexpr absl::string_view kContainerNames =
    "name image command args workingDir ports envFrom env resources resizePolicy restartPolicy "
    "restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe "
    "lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext "
    "stdin "
    "stdinOnce tty";
constexpr JobObject kJobObjects[] = {
    {"", "apiVersion kind metadata spec status"},
    {"spec",
     "parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit "
     "backoffLimitPerIndex maxFailedIndexes selector manualSelector template "
     "ttlSecondsAfterFinished "
     "completionMode suspend podReplacementPolicy managedBy"},
    {"spec.template", "metadata spec"},
    {"spec.template.spec",
     "volumes initContainers containers ephemeralContainers restartPolicy "
     "terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector "
     "serviceAccountName "
     "serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC "
     "shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity "
     "schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates "
     "runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints "
     "setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources hostnameOverride"},
    {"spec.template.spec.containers[]", kContainerNames},
    {"spec.template.spec.initContainers[]", kContainerNames},
    {"spec.template.spec.containers[].env[]", "name value valueFrom"},
    {"spec.template.spec.initContainers[].env[]", "name value valueFrom"},
    {"spec.template.spec.containers[].resources", "limits requests claims"},
    {"spec.template.spec.initContainers[].resources", "limits requests claims"},
    {"spec.template.spec.containers[].volumeMounts[]",
     "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr"},
    {"spec.template.spec.initContainers[].volumeMounts[]",
     "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr"},
};

using FieldIndex = std::map<absl::string_view, const FieldInfo*>;

FieldIndex MakeIndex() {
  FieldIndex index;
  for (const FieldInfo& field : kFields) index.emplace(field.path, &field);
  return index;
}

}  // namespace

absl::string_view FieldTypeName(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "text";
    case FieldType::kInteger:
      return "whole number";
    case FieldType::kNumber:
      return "number";
    case FieldType::kBool:
      return "true or false";
    case FieldType::kObject:
      return "map";
    case FieldType::kList:
      return "list of maps";
    case FieldType::kTextList:
      return "list of texts";
    case FieldType::kIntegerList:
      return "list of whole numbers";
    case FieldType::kTextMap:
      return "map of texts";
    case FieldType::kTextOrObjectList:
      return "list of texts or maps";
    case FieldType::kAny:
      return "anything";
  }
  return "";
}

absl::Span<const FieldInfo> ExperimentFields() { return kFields; }

const FieldInfo* FindField(absl::string_view path) {
  static const FieldIndex index = MakeIndex();
  const auto found = index.find(path);
  return found == index.end() ? nullptr : found->second;
}

std::vector<std::string> FieldNamesBelow(absl::string_view path) {
  const std::string prefix = path.empty() ? "" : absl::StrCat(path, ".");
  std::vector<std::string> names;
  for (const FieldInfo& field : kFields) {
    if (!absl::StartsWith(field.path, prefix)) continue;
    const absl::string_view rest = field.path.substr(prefix.size());
    if (!absl::StrContains(rest, ".")) names.emplace_back(rest);
  }
  return names;
}

std::vector<std::string> JobFieldNames(absl::string_view path) {
  for (const JobObject& object : kJobObjects) {
    if (object.path == path) return absl::StrSplit(object.names, ' ');
  }
  return {};
}

}  // namespace qalam
