#include "server/grpc/work_streams.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "core/status_macros.h"
#include "server/grpc/ask_tell_messages.h"

namespace qalam {
namespace {

// Requests without an answer, and answers that were not sent yet: beyond them nothing more is read,
// so that a client that sends and does not read costs nothing but its own time.
constexpr size_t kMaxOpen = 64;

}  // namespace

// One stream, or the place for the next one. Its On.. functions are called by the thread of the
// queue, Close and what StartTell knows ahead by the engine, in any thread.
class WorkStreams::Stream final : public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(WorkStreams* streams) : streams_(streams), engine_(streams->engine_) {
    MutexLock lock(&streams_->mutex_);
    ++streams_->alive_;
  }
  ~Stream() {
    MutexLock lock(&streams_->mutex_);
    --streams_->alive_;
    streams_->died_.NotifyAll();
  }

  // Waits for a client.
  void Await() {
    self_ = shared_from_this();
    context_.AsyncNotifyWhenDone(&on_done_);
    streams_->service_->RequestWork(&context_, &stream_, streams_->queue_.get(),
                                    streams_->queue_.get(), &on_accepted_);
  }

 private:
  void OnAccepted(bool ok) {
    if (!ok) {
      self_.reset();  // the server ends; nothing else will come
      return;
    }
    std::make_shared<Stream>(streams_)->Await();
    {
      MutexLock lock(&mutex_);
      steps_ = 1;  // on_done_
    }
    GoOn();
  }

  void OnReadDone(bool ok) {
    const absl::Status status = ok ? Handle() : absl::OkStatus();
    {
      MutexLock lock(&mutex_);
      if (!status.ok() && failure_.ok()) failure_ = status;
      input_ended_ = !ok;
      wants_read_ = ok;
    }
    GoOn();
    EndStep();
  }

  void OnWriteDone(bool ok) {
    {
      MutexLock lock(&mutex_);
      replies_.pop_front();
      writes_ = false;
      if (!ok) broken_ = true;
    }
    GoOn();
    EndStep();
  }

  // The client has gone, or the stream was finished.
  void OnDone(bool) {
    {
      MutexLock lock(&mutex_);
      broken_ = true;
    }
    GoOn();
    EndStep();
  }

  void EndStep() ABSL_LOCKS_EXCLUDED(mutex_) {
    std::shared_ptr<Stream> last;  // until the lock is let go
    MutexLock lock(&mutex_);
    if (--steps_ == 0 && finished_) last = std::move(self_);
  }

  absl::Status Handle() {
    switch (request_.request_case()) {
      case v1::WorkRequest::kAsk:
        return Ask(request_.mutable_ask());
      case v1::WorkRequest::kReport:
        return Report(request_.mutable_report());
      case v1::WorkRequest::kTell:
        return Tell(request_.mutable_tell());
      case v1::WorkRequest::REQUEST_NOT_SET:
        break;
    }
    return absl::InvalidArgumentError("request is empty; set ask, report or tell");
  }

  // With what the message before said.
  template <typename Message>
  void Complete(Message* message) {
    if (message->has_experiment()) {
      experiment_ = message->experiment();
    } else {
      *message->mutable_experiment() = experiment_;
    }
    if (message->client_id().empty()) {
      message->set_client_id(client_);
    } else {
      client_ = message->client_id();
    }
  }

  absl::Status Ask(v1::AskRequest* request) {
    Complete(request);
    QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Asking asking,
                           ReadAsk(*request, absl::InfiniteDuration()));
    Open();
    std::function<void()> abandon = engine_->StartAsk(
        asking, [self = shared_from_this()](const absl::StatusOr<AskTellEngine::Asked>& asked) {
          self->Close(asked.status(), [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
            self->AddAsked(*asked);
          });
        });
    // It holds the stream; where all has been answered already nobody would let go of it.
    MutexLock lock(&mutex_);
    if (open_ > 0) abandons_.push_back(std::move(abandon));
    return absl::OkStatus();
  }

  absl::Status Report(v1::ReportRequest* request) {
    Complete(request);
    QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Telling report, ReadReport(*request));
    Open();
    engine_->StartReport(
        report.experiment, report.claim, report.metrics,
        [self = shared_from_this()](const absl::StatusOr<AskTellEngine::Told>& told) {
          self->Close(told.status(), [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
            WriteReported(*told, self->Room(&v1::WorkReply::has_reported)->mutable_reported());
          });
        });
    return absl::OkStatus();
  }

  absl::Status Tell(v1::TellRequest* request) {
    Complete(request);
    QALAM_ASSIGN_OR_RETURN(const AskTellEngine::Telling telling, ReadTell(*request));
    Open();
    engine_->StartTell(
        telling,
        [this](const AskTellEngine::Asked& next) {
          MutexLock lock(&mutex_);
          AddAsked(next);
        },
        [self = shared_from_this(),
         asks = telling.ask](const absl::StatusOr<AskTellEngine::Told>& told) {
          self->Close(told.status(), [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
            if (asks && !told->ahead) self->AddAsked({told->next, told->ended});
            WriteTold(*told, self->Room(nullptr)->add_told());
          });
        });
    return absl::OkStatus();
  }

  void AddAsked(const AskTellEngine::Asked& asked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    WriteAsked(asked, Room(&v1::WorkReply::has_asked)->mutable_asked());
  }

  // The last reply, unless it is being sent or has such a field already; then a new one.
  v1::WorkReply* Room(bool (v1::WorkReply::*has)() const) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const bool last_is_out = replies_.size() == 1 && writes_;
    if (replies_.empty() || last_is_out || (has != nullptr && (replies_.back().*has)())) {
      replies_.emplace_back();
    }
    return &replies_.back();
  }

  void Open() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    ++open_;
  }

  // A request has its answer, which `add` makes.
  void Close(const absl::Status& status, const std::function<void()>& add)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      MutexLock lock(&mutex_);
      if (--open_ == 0) abandons_.clear();
      if (status.ok()) {
        add();
      } else if (failure_.ok()) {
        failure_ = status;
      }
    }
    GoOn();
  }

  // What is to be started, decided with the lock and done without it.
  struct Steps {
    const v1::WorkReply* reply = nullptr;
    bool read = false;
    std::optional<absl::Status> end;
    std::vector<std::function<void()>> abandons;
  };

  // Starts what can be started. One thread at a time: another one leaves it to that, so that
  // nothing is started after the end.
  void GoOn() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      MutexLock lock(&mutex_);
      again_ = true;
      if (std::exchange(goes_on_, true)) return;
    }
    while (true) {
      Steps steps;
      {
        MutexLock lock(&mutex_);
        if (!std::exchange(again_, false)) {
          goes_on_ = false;
          return;
        }
        steps = Decide();
      }
      for (const std::function<void()>& abandon : steps.abandons) abandon();
      if (steps.reply != nullptr) stream_.Write(*steps.reply, &on_written_);
      if (steps.read) stream_.Read(&request_, &on_read_);
      if (steps.end.has_value()) stream_.Finish(ToGrpc(*steps.end), &on_finished_);
    }
  }

  Steps Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Steps steps;
    if (finished_) return steps;
    const bool over = broken_ || !failure_.ok();
    if (over) steps.abandons = std::exchange(abandons_, {});
    if (!writes_ && !replies_.empty() && !broken_) {
      writes_ = true;
      steps.reply = &replies_.front();
      ++steps_;
    }
    if (wants_read_ && !over && open_ + replies_.size() < kMaxOpen) {
      wants_read_ = false;
      steps.read = true;
      ++steps_;
    }
    const bool answered = replies_.empty() && (!failure_.ok() || (input_ended_ && open_ == 0));
    if (!writes_ && (broken_ || answered)) {
      finished_ = true;
      ++steps_;
      steps.end = broken_ ? absl::CancelledError("the client has gone") : failure_;
    }
    return steps;
  }

  // What is our fault is logged.
  grpc::Status ToGrpc(const absl::Status& status) {
    return streams_->guard_->RunWaiting("/qalam.v1.AskTell/Work", [&](Json*) { return status; });
  }

  WorkStreams* const streams_;
  AskTellEngine* const engine_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<v1::WorkReply, v1::WorkRequest> stream_{&context_};
  Tag on_accepted_ = [this](bool ok) { OnAccepted(ok); };
  Tag on_read_ = [this](bool ok) { OnReadDone(ok); };
  Tag on_written_ = [this](bool ok) { OnWriteDone(ok); };
  Tag on_finished_ = [this](bool) { EndStep(); };
  Tag on_done_ = [this](bool ok) { OnDone(ok); };
  std::shared_ptr<Stream> self_;  // until it is finished and all steps have come back
  // Of the request that is read.
  v1::WorkRequest request_;
  v1::ExperimentName experiment_;
  std::string client_;

  Mutex mutex_;
  std::deque<v1::WorkReply> replies_ ABSL_GUARDED_BY(mutex_);  // the first may be out
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;                    // requests without an answer
  std::vector<std::function<void()>> abandons_ ABSL_GUARDED_BY(mutex_);
  bool wants_read_ ABSL_GUARDED_BY(mutex_) = true;
  bool writes_ ABSL_GUARDED_BY(mutex_) = false;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int steps_ ABSL_GUARDED_BY(mutex_) = 0;         // that the queue has not given back
  bool goes_on_ ABSL_GUARDED_BY(mutex_) = false;  // a thread is in GoOn
  bool again_ ABSL_GUARDED_BY(mutex_) = false;    // and is to look once more
};

WorkStreams::WorkStreams(AskTellEngine* engine, CallGuard* guard, Service* service,
                         std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : engine_(engine), guard_(guard), service_(service), queue_(std::move(queue)) {
  std::make_shared<Stream>(this)->Await();
  thread_ = std::thread([this] {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) (*static_cast<Tag*>(tag))(ok);
  });
}

WorkStreams::~WorkStreams() {
  {
    MutexLock lock(&mutex_);
    // The engine may still be about to answer one whose client has gone.
    while (alive_ > 0) died_.Wait(&mutex_);
  }
  queue_->Shutdown();
  thread_.join();
}

}  // namespace qalam
