#include "tests/server/katib_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/parameter.h"
#include "core/random_stream.h"
#include "suggestion/registry.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

std::map<std::string, std::string> ValuesOf(const katib::Trial& trial) {
  std::map<std::string, std::string> values;
  for (const auto& assignment : trial.spec().parameter_assignments().assignments()) {
    values[assignment.name()] = assignment.value();
  }
  return values;
}

// How many of the reports a sidecar lets pass. Each rule is looked at once, at its step, or at
// every report when that is 0; the best so far is compared.
size_t ReportsUntilStopped(const std::vector<katib::EarlyStoppingRule>& rules, bool minimize,
                           const std::vector<double>& curve) {
  std::vector<bool> fired(rules.size(), false);
  double best = curve[0];
  for (size_t step = 1; step <= curve.size(); ++step) {
    const double value = curve[step - 1];
    best = minimize ? std::min(best, value) : std::max(best, value);
    for (size_t i = 0; i < rules.size(); ++i) {
      const auto start = static_cast<size_t>(rules[i].start_step());
      if (start != 0 && start != step) continue;
      const double bound = ParseNumber(rules[i].value()).value();
      fired[i] = rules[i].comparison() == katib::LESS ? best < bound : best > bound;
    }
    const bool all = std::all_of(fired.begin(), fired.end(), [](bool has) { return has; });
    if (!rules.empty() && all) return step;
  }
  return curve.size();
}

bool IsActive(const katib::Trial& trial) {
  return trial.status().condition() <= katib::TrialStatus::RUNNING;
}

void AddSetting(katib::ExperimentSpec* spec, const std::string& name, const std::string& value) {
  auto* setting = spec->mutable_algorithm()->add_algorithm_settings();
  setting->set_name(name);
  setting->set_value(value);
}

template <typename T>
void Shuffle(T begin, T end, RandomStream* random) {
  for (auto i = end - begin; i > 1; --i) {
    std::swap(begin[i - 1], begin[random->Below(static_cast<uint64_t>(i))]);
  }
}

}  // namespace

LoopbackServer::LoopbackServer() { Start(); }

void LoopbackServer::Start() {
  observations_ = ObservationLog::Open(dir_.path() + "/observations.db").value();
  GrpcServerOptions options;
  options.addresses = {"127.0.0.1:0"};
  options.clock = &clock_;
  options.log = [this](const std::string& line) { log_.push_back(line); };
  server_ = StartGrpcServer(options, {.observations = observations_.get()}).value();
  channel_ = grpc::CreateChannel(server_->addresses()[0], grpc::InsecureChannelCredentials());
}

void LoopbackServer::Restart() {
  channel_.reset();
  server_->Shutdown(absl::Seconds(10));
  server_.reset();
  observations_.reset();
  Start();
}

KatibController::KatibController(katib::Experiment experiment, Options options)
    : experiment_(std::move(experiment)), options_(std::move(options)) {}

katib::GetSuggestionsRequest KatibController::Question(int wanted) {
  katib::GetSuggestionsRequest request;
  *request.mutable_experiment() = experiment_;
  auto* algorithm = request.mutable_experiment()->mutable_spec()->mutable_algorithm();
  for (const auto& [name, value] : status_settings_) {
    katib::AlgorithmSetting* setting = algorithm->add_algorithm_settings();
    setting->set_name(name);
    setting->set_value(value);
  }
  std::vector<const katib::Trial*> order;
  for (const katib::Trial& trial : trials_) {
    if (trial.status().condition() != katib::TrialStatus::METRICSUNAVAILABLE) {
      order.push_back(&trial);
    }
  }
  RandomStream random(options_.shuffle, static_cast<uint64_t>(calls_++), "order of trials");
  Shuffle(order.begin(), order.end(), &random);
  for (const katib::Trial* trial : order) *request.add_trials() = *trial;
  request.set_current_request_number(wanted);
  request.set_total_request_number(suggested_ + wanted);
  return request;
}

std::string KatibController::Run(LoopbackServer* server) {
  const katib::ExperimentSpec& spec = experiment_.spec();
  while (suggested_ < spec.max_trial_count() || Active() > 0) {
    const int wanted =
        std::min(spec.parallel_trial_count() - Active(), spec.max_trial_count() - suggested_);
    if (wanted > 0) {
      if (std::string problem = Ask(server, wanted); !problem.empty()) return problem;
    }
    if (std::string problem = FinishSome(server); !problem.empty()) return problem;
  }
  return "";
}

std::string KatibController::Ask(LoopbackServer* server, int wanted) {
  if (options_.restarts) server->Restart();
  const katib::GetSuggestionsRequest request = Question(wanted);
  grpc::ClientContext context;
  katib::GetSuggestionsReply reply;
  const grpc::Status status =
      katib::Suggestion::NewStub(server->channel())->GetSuggestions(&context, request, &reply);
  if (!status.ok()) return absl::StrCat(status.error_code(), " ", status.error_message());
  if (std::string problem = Take(reply, wanted); !problem.empty()) return problem;
  return experiment_.spec().has_early_stopping() ? AskForRules(server, request) : "";
}

// For all trials that were added since those that were told.
std::string KatibController::AskForRules(LoopbackServer* server,
                                         const katib::GetSuggestionsRequest& asked) {
  katib::GetEarlyStoppingRulesRequest request;
  *request.mutable_experiment() = asked.experiment();
  *request.mutable_trials() = asked.trials();
  request.set_db_manager_address(options_.db_manager_address);
  grpc::ClientContext context;
  katib::GetEarlyStoppingRulesReply reply;
  const grpc::Status status = katib::EarlyStopping::NewStub(server->channel())
                                  ->GetEarlyStoppingRules(&context, request, &reply);
  if (!status.ok()) return absl::StrCat(status.error_code(), " ", status.error_message());
  const Rules rules(reply.early_stopping_rules().begin(), reply.early_stopping_rules().end());
  for (const katib::Trial& trial : trials_) rules_.try_emplace(trial.name(), rules);
  return "";
}

std::string KatibController::Take(const katib::GetSuggestionsReply& reply, int wanted) {
  if (reply.parameter_assignments_size() != wanted)
    return "The response contains unexpected trials";
  std::set<std::string> names;
  for (const katib::Trial& trial : trials_) names.insert(trial.name());
  for (const auto& proposed : reply.parameter_assignments()) {
    katib::Trial trial;
    trial.set_name(options_.keeps_names
                       ? proposed.trial_name()
                       : absl::StrFormat("%s-%08x", experiment_.name(),
                                         StableMix(7, trials_.size()) & 0xffffffff));
    if (!names.insert(trial.name()).second) return "there is a trial of this name: " + trial.name();
    if (proposed.assignments_size() != experiment_.spec().parameter_specs().parameters_size()) {
      return "parameters are missing";
    }
    *trial.mutable_spec()->mutable_objective() = experiment_.spec().objective();
    *trial.mutable_spec()->mutable_parameter_assignments()->mutable_assignments() =
        proposed.assignments();
    trial.mutable_status()->set_condition(katib::TrialStatus::RUNNING);
    trial.mutable_status()->set_start_time(absl::FormatTime(
        "%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(1'700'000'000 + static_cast<int64_t>(calls_)),
        absl::UTCTimeZone()));
    std::string text;
    for (const auto& [name, value] : ValuesOf(trial)) absl::StrAppend(&text, name, "=", value, " ");
    proposals_.push_back(text);
    trials_.push_back(std::move(trial));
  }
  suggested_ += wanted;
  for (const auto& setting : reply.algorithm().algorithm_settings()) {
    status_settings_[setting.name()] = setting.value();
  }
  return "";
}

// The second of the active trials, where there is one: results come out of order.
std::string KatibController::FinishSome(LoopbackServer* server) {
  std::vector<katib::Trial*> active;
  for (katib::Trial& trial : trials_) {
    if (IsActive(trial)) active.push_back(&trial);
  }
  if (active.empty()) return "";
  katib::Trial* ended = active[active.size() > 1 ? 1 : 0];
  if (options_.curve) return FinishCurve(server, ended);
  const std::string value = options_.evaluate(ValuesOf(*ended));
  auto* status = ended->mutable_status();
  status->set_condition(value == "fails"         ? katib::TrialStatus::FAILED
                        : value == "has no loss" ? katib::TrialStatus::METRICSUNAVAILABLE
                                                 : katib::TrialStatus::SUCCEEDED);
  status->set_completion_time("2026-01-02T15:04:05Z");
  if (status->condition() != katib::TrialStatus::SUCCEEDED) return "";
  katib::Metric* metric = status->mutable_observation()->add_metrics();
  metric->set_name("loss");
  metric->set_value(value);
  return "";
}

std::string KatibController::FinishCurve(LoopbackServer* server, katib::Trial* trial) {
  std::vector<double> curve = options_.curve(ValuesOf(*trial));
  const size_t whole = curve.size();
  const bool minimize = experiment_.spec().objective().type() == katib::MINIMIZE;
  curve.resize(ReportsUntilStopped(rules_[trial->name()], minimize, curve));
  reports_ += curve.size();
  katib::ReportObservationLogRequest request;
  request.set_trial_name(trial->name());
  for (size_t i = 0; i < curve.size(); ++i) {
    katib::MetricLog* log = request.mutable_observation_log()->add_metric_logs();
    log->set_time_stamp(absl::StrFormat("2026-01-02T15:04:%02dZ", i));
    log->mutable_metric()->set_name("loss");
    log->mutable_metric()->set_value(FormatNumber(curve[i]));
  }
  grpc::ClientContext context;
  katib::ReportObservationLogReply reply;
  const grpc::Status reported =
      katib::DBManager::NewStub(server->channel())->ReportObservationLog(&context, request, &reply);
  if (!reported.ok()) return reported.error_message();
  auto* status = trial->mutable_status();
  status->set_condition(curve.size() < whole ? katib::TrialStatus::EARLYSTOPPED
                                             : katib::TrialStatus::SUCCEEDED);
  status->set_completion_time("2026-01-02T15:04:05Z");
  katib::Metric* metric = status->mutable_observation()->add_metrics();
  metric->set_name("loss");
  metric->set_value(FormatNumber(minimize ? *std::min_element(curve.begin(), curve.end())
                                          : *std::max_element(curve.begin(), curve.end())));
  return "";
}

int KatibController::Active() const {
  return static_cast<int>(std::count_if(trials_.begin(), trials_.end(), IsActive));
}

katib::Experiment SampleExperiment(const std::string& algorithm) {
  katib::Experiment experiment;
  experiment.set_name("sample");
  katib::ExperimentSpec* spec = experiment.mutable_spec();
  spec->mutable_algorithm()->set_algorithm_name(algorithm);
  const absl::StatusOr<const AlgorithmDescriptor*> known = FindAlgorithm(algorithm);
  if (known.ok() && (*known)->capabilities.multi_fidelity) {
    AddSetting(spec, "resource_name", "k");
    if (algorithm == "hyperband") AddSetting(spec, "r_l", "64");
  }
  if (algorithm == "schedule") {
    AddSetting(spec, "steps", R"({"x": 0.5, "k": 3, "c": "sgd"}
                                 {"x": 0.2, "k": 9, "c": "adam"}
                                 {"x": 0.5, "k": 9, "c": "adam"})");
  }
  spec->mutable_objective()->set_type(katib::MINIMIZE);
  spec->mutable_objective()->set_objective_metric_name("loss");
  spec->set_parallel_trial_count(3);
  spec->set_max_trial_count(40);
  katib::ParameterSpec* x = spec->mutable_parameter_specs()->add_parameters();
  x->set_name("x");
  x->set_parameter_type(katib::DOUBLE);
  x->mutable_feasible_space()->set_min("-1");
  x->mutable_feasible_space()->set_max("1");
  x->mutable_feasible_space()->set_step("0.1");
  katib::ParameterSpec* k = spec->mutable_parameter_specs()->add_parameters();
  k->set_name("k");
  k->set_parameter_type(katib::INT);
  k->mutable_feasible_space()->set_min("1");
  k->mutable_feasible_space()->set_max("64");
  k->mutable_feasible_space()->set_distribution(katib::LOG_UNIFORM);
  katib::ParameterSpec* c = spec->mutable_parameter_specs()->add_parameters();
  c->set_name("c");
  c->set_parameter_type(katib::CATEGORICAL);
  for (const char* choice : {"sgd", "adam", "ftrl"}) c->mutable_feasible_space()->add_list(choice);
  return experiment;
}

std::string SampleLoss(const std::map<std::string, std::string>& values) {
  const double x = ParseNumber(values.at("x")).value();
  const double k = ParseNumber(values.at("k")).value();
  return FormatNumber((x - 0.3) * (x - 0.3) + 0.001 * (k - 20) * (k - 20) +
                      (values.at("c") == "adam" ? 0 : 0.5));
}

}  // namespace qalam
