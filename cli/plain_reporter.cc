// Progress as plain lines, for logs and pipes.
#include "absl/strings/str_cat.h"
#include "cli/reporter.h"
#include "cli/text_format.h"

namespace qalam {
namespace {

class PlainReporter final : public Reporter {
 public:
  PlainReporter(Output* output, const Clock* clock, bool quiet)
      : Reporter(clock), output_(output), quiet_(quiet) {}

 private:
  void DoBegin(const ReportedExperiment& e) override {
    const Budget& budget = e.spec.budget;
    Line(absl::StrCat("experiment ", e.record.ns, "/", e.record.name,
                      e.resumed ? " resumed: " : " started: ",
                      DescribeObjective(e.spec.objective, e.spec.further_goals), "; ",
                      e.spec.algorithm.name, ", ",
                      budget.max_trial_count.has_value() ? Plural(*budget.max_trial_count, "trial")
                                                         : "no limit of trials",
                      ", ", budget.parallel_trial_count, " at once"));
  }

  void DoTrialChanged(const ReportedExperiment&, const ReportedTrial& trial,
                      const TrialChanged& change) override {
    if (change.condition != TrialCondition::kCreated) return;
    Line(absl::StrCat("trial ", trial.name, " will run again: ", Printable(change.message)));
  }

  void DoTrialEnded(const ReportedExperiment& e, const TrialEnd& end) override {
    std::string line =
        absl::StrCat("trial ", end.trial.name, " ", TrialConditionName(end.change.condition));
    for (const MetricSpec& metric : e.spec.objective.metrics) {
      const std::string value = ObservedValue(end.change.observation, metric);
      if (!value.empty())
        absl::StrAppend(&line, " ", Printable(metric.name), "=", Printable(value));
    }
    const bool several = e.spec.objective.count() > 1;
    if (end.is_best) line += several ? " (on the front)" : " (best so far)";
    if (end.change.violation > 0) line += " (violates a constraint)";
    absl::StrAppend(&line, " ", FormatAssignment(end.trial.assignment, /*brief=*/false));
    if (end.change.condition != TrialCondition::kSucceeded) {
      absl::StrAppend(&line, ": ", Printable(end.change.reason));
      if (!end.change.message.empty()) absl::StrAppend(&line, ": ", Printable(end.change.message));
    }
    Line(line);
  }

  void DoNote(const ReportedExperiment* e, const std::string& text) override {
    output_->Write(e == nullptr ? absl::StrCat("note: ", Printable(text), "\n")
                                : absl::StrCat("note: experiment ", e->record.ns, "/",
                                               e->record.name, ": ", Printable(text), "\n"));
    output_->Flush();
  }

  bool DoOutputWorks() override { return output_->status().ok(); }

  void Line(const std::string& text) {
    if (quiet_) return;
    output_->Write(absl::StrCat(text, "\n"));
    output_->Flush();
  }

  Output* const output_;
  const bool quiet_;
};

}  // namespace

std::unique_ptr<Reporter> MakePlainReporter(Output* output, const Clock* clock, bool quiet) {
  return std::make_unique<PlainReporter>(output, clock, quiet);
}

}  // namespace qalam
