// Any bytes as each request of qalam.v1: no crash, no undefined behaviour, no hang; whatever came
// before, a client gets its trial again until it has told its end, and then never more.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/grpc/ask_tell_calls.h"
#include "tests/support/temp_dir.h"

namespace {

constexpr char kManifest[] = R"({"apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment",
  "metadata": {"name": "bowl"}, "spec": {
    "objective": {"type": "minimize", "objectiveMetricName": "loss"},
    "algorithm": {"algorithmName": "random"}, "parallelTrialCount": 4,
    "earlyStopping": {"algorithmName": "threshold",
                      "algorithmSettings": [{"name": "upper", "value": "9"}]},
    "parameters": [
      {"name": "x", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}}]}})";

class FixedClock final : public qalam::Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000); }
};

void Require(bool holds) {
  if (!holds) abort();
}

// A store that is empty at the beginning and at the end, and an engine with one experiment.
class World {
 public:
  World(qalam::Store* store, const qalam::DataDir* dir)
      : store_(store),
        dir_(dir),
        engine_(std::make_unique<qalam::AskTellEngine>(store, dir, &clock_)) {
    qalam::v1::CreateExperimentRequest request;
    request.set_manifest(kManifest);
    qalam::v1::CreateExperimentReply reply;
    Require(qalam::AnswerCreateExperiment(engine_.get(), request, &reply).ok());
    bowl_ = reply.experiment();
  }
  ~World() {
    engine_.reset();
    const std::vector<qalam::ExperimentRecord> records = store_->ListExperiments().value();
    for (const qalam::ExperimentRecord& record : records) {
      Require(store_->DeleteExperiment(record.id).ok());
      std::filesystem::remove(dir_->LockPath(record.uid));
    }
  }

  void Create(const qalam::v1::CreateExperimentRequest& request) {
    qalam::v1::CreateExperimentReply reply;
    if (!qalam::AnswerCreateExperiment(engine_.get(), request, &reply).ok()) return;
    qalam::v1::GetExperimentRequest get;
    *get.mutable_experiment() = reply.experiment();
    Get(get);
  }

  void Get(const qalam::v1::GetExperimentRequest& request) {
    qalam::v1::GetExperimentReply reply;
    qalam::AnswerGetExperiment(*store_, request, &reply).IgnoreError();
  }

  void Ask(qalam::v1::AskRequest request) {
    Answer(request).IgnoreError();
    *request.mutable_experiment() = bowl_;
    if (!Answer(request).ok()) return;
    const std::string first = asked_.trial().name();
    Require(Answer(request).ok() && asked_.trial().name() == first);
    Require(!first.empty() || asked_.experiment_ended());
    client_ = request.client_id();
  }

  void Report(qalam::v1::ReportRequest request) {
    qalam::v1::ReportReply reply;
    qalam::AnswerReport(engine_.get(), request, &reply).IgnoreError();
    if (!Claim(&request)) return;
    reply.Clear();
    qalam::AnswerReport(engine_.get(), request, &reply).IgnoreError();
    stopped_ = reply.stop();
  }

  void Tell(qalam::v1::TellRequest request) {
    qalam::v1::TellReply reply;
    qalam::AnswerTell(engine_.get(), request, &reply).IgnoreError();
    if (!Claim(&request)) return;
    if (!qalam::AnswerTell(engine_.get(), request, &reply).ok()) return;
    Require(reply.accepted() != stopped_);
    Require(qalam::AnswerTell(engine_.get(), request, &reply).ok() && !reply.accepted());
  }

  void Watch(const qalam::v1::WatchRequest& request) {
    qalam::AnswerWatch(
        engine_.get(), request, [] { return false; }, [] {},
        [](const qalam::v1::TrialEvent&) { return true; })
        .IgnoreError();
  }

 private:
  absl::Status Answer(const qalam::v1::AskRequest& request) {
    asked_.Clear();
    return qalam::AnswerAsk(engine_.get(), request, absl::ZeroDuration(), nullptr, &asked_);
  }

  // Lets the request speak of the trial that was handed out.
  template <typename Request>
  bool Claim(Request* request) const {
    if (!asked_.has_trial()) return false;
    *request->mutable_experiment() = bowl_;
    request->set_client_id(client_);
    request->set_trial(asked_.trial().name());
    request->set_attempt(asked_.trial().attempt());
    return true;
  }

  const FixedClock clock_;
  qalam::Store* const store_;
  const qalam::DataDir* const dir_;
  std::unique_ptr<qalam::AskTellEngine> engine_;
  qalam::v1::ExperimentName bowl_;
  qalam::v1::AskReply asked_;
  std::string client_;
  bool stopped_ = false;
};

template <typename Request>
bool Parse(const uint8_t* data, size_t size, Request* request) {
  return request->ParseFromArray(data, static_cast<int>(size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const qalam::TempDir folder;
  static const qalam::DataDir dir = qalam::DataDir::Open(folder.path()).value();
  static const std::unique_ptr<qalam::Store> store =
      qalam::OpenSqliteStore(dir.StorePath()).value();
  World world(store.get(), &dir);
  qalam::v1::CreateExperimentRequest create;
  if (Parse(data, size, &create)) world.Create(create);
  qalam::v1::GetExperimentRequest get;
  if (Parse(data, size, &get)) world.Get(get);
  qalam::v1::AskRequest ask;
  if (Parse(data, size, &ask)) world.Ask(ask);
  qalam::v1::ReportRequest report;
  if (Parse(data, size, &report)) world.Report(report);
  qalam::v1::TellRequest tell;
  if (Parse(data, size, &tell)) world.Tell(tell);
  qalam::v1::WatchRequest watch;
  if (Parse(data, size, &watch)) world.Watch(watch);
  return 0;
}
