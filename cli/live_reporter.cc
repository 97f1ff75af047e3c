// Progress as a picture that is redrawn in place.
#include <unistd.h>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/live_view.h"
#include "cli/reporter.h"
#include "cli/terminal_painter.h"
#include "cli/text_format.h"

namespace qalam {
namespace {

constexpr absl::Duration kShortestPause = absl::Milliseconds(100);  // between two pictures
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);   // the clocks in it must go on

class LiveReporter final : public Reporter {
 public:
  LiveReporter(Output* output, const Clock* clock)
      : Reporter(clock),
        output_(output),
        painter_(output),
        color_(EnvironmentAllowsColor()),
        utf8_(EnvironmentIsUtf8()),
        thread_([this] { DrawUntilEnd(); }) {}
  ~LiveReporter() override { DoEnd(); }

 private:
  void DoBegin(const ReportedExperiment& e) override {
    LiveExperiment& live = shown_[e.record.id];
    live.objective = e.spec.objective;
    live.algorithm = e.spec.algorithm.name;
    live.begun = e.begun;
    live.view.record = WithoutTexts(e.record);
    if (e.resumed) {
      Print(absl::StrCat("Going on with experiment ", e.record.ns, "/", e.record.name, "."));
    }
    changed_.NotifyAll();
  }

  void DoTrialEnded(const ReportedExperiment& e, const TrialEnd& end) override {
    if (!end.trial.started.has_value()) return;
    LiveExperiment& live = shown_[e.record.id];
    ++live.ended_trials;
    live.ended_time += end.change.time - *end.trial.started;
  }

  void DoCommitted(const ReportedExperiment& e, const ExperimentView& view) override {
    LiveExperiment& live = shown_[e.record.id];
    live.view = {.record = WithoutTexts(view.record),
                 .counts = view.counts,
                 .active = view.active,
                 .best = view.best,
                 .nearest = view.nearest,
                 .front = view.front,
                 .paused = view.paused};
    dirty_ = true;
    changed_.NotifyAll();
  }

  void DoFinished(const ReportedExperiment& e, const ExperimentView& view) override {
    shown_[e.record.id].ended = true;
    DoCommitted(e, view);
  }

  void DoNote(const ReportedExperiment* e, const std::string& text) override {
    Print(e == nullptr ? text : absl::StrCat(e->record.name, ": ", text));
  }

  void DoStopping(const std::string& text) override {
    footer_ = "Stopping: waiting for running trials to end";
    Print(text);
  }

  void DoEnd() override {
    {
      MutexLock lock(&mutex());
      ended_ = true;
      changed_.NotifyAll();
    }
    if (thread_.joinable()) thread_.join();
    MutexLock lock(&mutex());
    painter_.Release();
  }

  void DoSuspend() override {
    suspended_ = true;
    painter_.Release();
  }

  void DoContinue() override {
    suspended_ = false;
    dirty_ = true;
    changed_.NotifyAll();
  }

  bool DoOutputWorks() override { return output_->status().ok(); }

  // False while the shell has this process in the background: the terminal then shows other things.
  bool OwnsTerminal() const {
    const pid_t foreground = tcgetpgrp(output_->fd());
    return foreground < 0 || foreground == getpgrp();
  }

  // Prints a line that stays, above the picture.
  void Print(const std::string& text) {
    painter_.Clear();
    output_->Write(absl::StrCat(Printable(text), "\n"));
    output_->Flush();
    dirty_ = true;
    changed_.NotifyAll();
  }

  // The live view needs neither, and they may be long.
  static ExperimentRecord WithoutTexts(const ExperimentRecord& record) {
    ExperimentRecord copy = record;
    copy.manifest.clear();
    copy.companions.clear();
    return copy;
  }

  void DrawUntilEnd() {
    MutexLock lock(&mutex());
    while (!ended_) {
      absl::Time next_tick = Now() + kLongestPause;
      while (!ended_ && !dirty_ && Now() < next_tick) {
        changed_.WaitWithTimeout(&mutex(), next_tick - Now());
      }
      if (ended_) return;
      dirty_ = false;
      if (!suspended_ && OwnsTerminal()) Draw();
      const absl::Time rest_until = Now() + kShortestPause;
      while (!ended_ && Now() < rest_until) {
        changed_.WaitWithTimeout(&mutex(), rest_until - Now());
      }
    }
  }

  void Draw() {
    std::vector<LiveExperiment> experiments;
    for (const auto& [id, live] : shown_) experiments.push_back(live);
    if (experiments.empty()) return;
    const TerminalSize size = GetTerminalSize(output_->fd());
    const ViewStyle style{size.width, size.height, color_, utf8_};
    painter_.Paint(RenderLive(experiments, footer_, Now(), style), size.width);
  }

  Output* const output_;
  TerminalPainter painter_;
  const bool color_;
  const bool utf8_;
  // All of these are guarded by mutex(), which the base class holds during the hooks.
  std::map<int64_t, LiveExperiment> shown_;
  std::string footer_ = "Ctrl-C stops; nothing is lost: `qalam resume` goes on";
  bool dirty_ = false;
  bool suspended_ = false;
  bool ended_ = false;
  CondVar changed_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Reporter> MakeLiveReporter(Output* output, const Clock* clock) {
  return std::make_unique<LiveReporter>(output, clock);
}

}  // namespace qalam
