// qalam get: lists experiments and trials.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/best_trials.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text_format.h"
#include "cli/verb.h"
#include "cli/workspace.h"
#include "controller/objects.h"
#include "core/json.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

constexpr absl::Duration kWatchInterval = absl::Milliseconds(500);

enum class Resource { kExperiments, kTrials };

// One line of the listing, in every form that may be asked for.
struct Row {
  std::string key;  // unique in the listing
  int64_t resource_version = 0;
  std::string kind_and_name;       // -o name
  std::vector<std::string> cells;  // table
  Json object;                     // json, yaml; null for the others
  bool abandoned = false;          // an experiment that runs, as the store says, but nobody runs it
  // What --sort-by looks at.
  int64_t number = 0;
  double objective = std::numeric_limits<double>::quiet_NaN();  // smaller is better
  double violation = 0;                                         // these come after the others
  absl::Duration duration = absl::InfiniteDuration();
};

// What is asked for.
struct Query {
  Resource resource = Resource::kExperiments;
  std::string name;    // empty: all
  std::string ns;      // empty: all
  std::string format;  // "", "wide", "json", "yaml", "name"
  bool wide() const { return format == "wide"; }
  bool objects() const { return format == "json" || format == "yaml"; }
};

absl::StatusOr<Resource> ParseResource(const std::string& word) {
  const std::string kind = word.substr(0, word.find('.'));
  for (const char* const name : {"experiments", "experiment", "exp"}) {
    if (kind == name) return Resource::kExperiments;
  }
  for (const char* const name : {"trials", "trial"}) {
    if (kind == name) return Resource::kTrials;
  }
  const std::string near = ClosestMatch(word, {"experiments", "trials"});
  return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is not something to get; ",
                                                 near.empty()
                                                     ? "there are experiments and trials"
                                                     : absl::StrCat("did you mean ", near, "?")));
}

// As many as kubectl asks its server for at a time; the columns of a page are as wide as they must.
constexpr size_t kPageRows = 500;

std::string AgeOf(absl::Time created, absl::Time now) { return FormatAge(now - created); }

class Lister {
 public:
  // Takes each row; false ends the list.
  using Sink = std::function<bool(Row)>;

  Lister(const Workspace* workspace, const Query& query, absl::Time now)
      : workspace_(workspace), query_(query), now_(now) {}

  std::vector<std::string> Header() const {
    std::vector<std::string> header;
    if (query_.ns.empty()) header.push_back("NAMESPACE");
    header.push_back("NAME");
    const std::vector<std::string> more =
        query_.resource == Resource::kExperiments
            ? std::vector<std::string>{"TYPE", "STATUS", "AGE"}
            : std::vector<std::string>{"STATUS", "REASON", "OBJECTIVE", "AGE"};
    const std::vector<std::string> wide =
        query_.resource == Resource::kExperiments
            ? std::vector<std::string>{"ALGORITHM", "DONE", "MAX", "BEST", "BEST-TRIAL"}
            : std::vector<std::string>{"ATTEMPT", "DURATION", "PARAMETERS"};
    header.insert(header.end(), more.begin(), more.end());
    if (query_.wide()) header.insert(header.end(), wide.begin(), wide.end());
    return header;
  }

  absl::Status List(Sink sink) {
    sink_ = std::move(sink);
    return query_.resource == Resource::kExperiments ? ListExperiments() : ListTrials();
  }

  absl::StatusOr<std::vector<Row>> All() {
    std::vector<Row> rows;
    QALAM_RETURN_IF_ERROR(List([&rows](Row row) {
      rows.push_back(std::move(row));
      return true;
    }));
    return rows;
  }

 private:
  absl::Status ListExperiments() {
    if (!query_.name.empty()) {
      QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                             workspace_->FindExperiment(query_.ns, query_.name));
      return AddExperiment(record);
    }
    QALAM_ASSIGN_OR_RETURN(const std::vector<ExperimentRecord> records,
                           workspace_->ListExperiments(query_.ns));
    for (const ExperimentRecord& record : records) {
      if (!ended_) QALAM_RETURN_IF_ERROR(AddExperiment(record));
    }
    return absl::OkStatus();
  }

  void Add(Row row) { ended_ = !sink_(std::move(row)); }

  absl::Status AddExperiment(const ExperimentRecord& record) {
    Row row{.key = FullName(record),
            .resource_version = record.resource_version,
            .kind_and_name = absl::StrCat("experiment.kubeflow.org/", record.name),
            .abandoned = record.condition == "Running" && !workspace_->IsDriven(record)};
    if (query_.objects()) {
      QALAM_ASSIGN_OR_RETURN(row.object, ExperimentObject(workspace_->store(), record));
    }
    if (query_.ns.empty()) row.cells.push_back(record.ns);
    for (const std::string& cell :
         {record.name, record.condition, std::string("True"), AgeOf(record.created, now_)}) {
      row.cells.push_back(cell);
    }
    if (query_.wide()) QALAM_RETURN_IF_ERROR(AddWideCells(record, row));
    Add(std::move(row));
    return absl::OkStatus();
  }

  absl::Status AddWideCells(const ExperimentRecord& record, Row& row) const {
    QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
    QALAM_ASSIGN_OR_RETURN(const TrialCounts counts, workspace_->store().CountTrials(record.id));
    QALAM_ASSIGN_OR_RETURN(const BestTrials found,
                           ReadBestTrials(workspace_->store(), record.id, spec.objective));
    const std::optional<StoredTrial>& best = found.best;
    row.cells.push_back(spec.algorithm.name);
    row.cells.push_back(absl::StrCat(FinishedTrials(counts)));
    row.cells.push_back(record.max_trial_count.has_value() ? absl::StrCat(*record.max_trial_count)
                                                           : "-");
    std::string value = best.has_value() ? ObjectiveValues(*best, spec.objective) : "";
    if (!found.front.empty()) absl::StrAppend(&value, " (front of ", found.front.size(), ")");
    row.cells.push_back(std::move(value));
    row.cells.push_back(best.has_value() ? best->name : "");
    return absl::OkStatus();
  }

  // A name is that of an experiment, whose trials are listed, or of one trial.
  absl::Status ListTrials() {
    if (query_.name.empty()) {
      QALAM_ASSIGN_OR_RETURN(const std::vector<ExperimentRecord> records,
                             workspace_->ListExperiments(query_.ns));
      for (const ExperimentRecord& record : records) {
        if (!ended_) QALAM_RETURN_IF_ERROR(AddTrialsOf(record));
      }
      return absl::OkStatus();
    }
    const auto experiment = workspace_->store().GetExperiment(query_.ns, BareName(query_.name));
    if (experiment.ok()) return AddTrialsOf(*experiment);
    if (!absl::IsNotFound(experiment.status())) return experiment.status();
    absl::StatusOr<Workspace::FoundTrial> found = workspace_->FindTrial(query_.ns, query_.name);
    if (absl::IsNotFound(found.status())) {
      // The experiment may be what was misspelt: both hints help.
      const auto nearest = workspace_->FindExperiment(query_.ns, query_.name);
      return absl::NotFoundError(
          absl::StrCat(nearest.status().message(), "\n", found.status().message()));
    }
    QALAM_RETURN_IF_ERROR(found.status());
    QALAM_RETURN_IF_ERROR(SetExperiment(found->experiment));
    AddTrial(found->experiment, found->trial);
    return absl::OkStatus();
  }

  absl::Status AddTrialsOf(const ExperimentRecord& record) {
    QALAM_RETURN_IF_ERROR(SetExperiment(record));
    return workspace_->store().VisitTrials(
        record.id, TrialQuery{.with_conditions = query_.objects()}, [&](const StoredTrial& trial) {
          AddTrial(record, trial);
          return !ended_;
        });
  }

  absl::Status SetExperiment(const ExperimentRecord& record) {
    QALAM_ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOf(record));
    objective_ = spec.objective;
    manifest_ = spec.manifest;
    return absl::OkStatus();
  }

  void AddTrial(const ExperimentRecord& record, const StoredTrial& trial) {
    Row row{.key = absl::StrCat(record.ns, "/", trial.name),
            .resource_version = trial.resource_version,
            .kind_and_name = absl::StrCat("trial.kubeflow.org/", trial.name),
            .number = trial.number};
    if (query_.objects()) row.object = TrialObject(record, *manifest_, trial);
    const std::optional<absl::Duration> duration = TrialDuration(trial, now_);
    if (duration.has_value()) row.duration = *duration;
    if (trial.objective.has_value()) {
      const bool minimize = objective_.direction == Direction::kMinimize;
      row.objective = minimize ? *trial.objective : -*trial.objective;
      row.violation = trial.violation;
    }
    if (query_.ns.empty()) row.cells.push_back(record.ns);
    for (const std::string& cell : {trial.name, std::string(TrialConditionName(trial.condition)),
                                    trial.reason, ResultText(trial), AgeOf(trial.created, now_)}) {
      row.cells.push_back(cell);
    }
    if (query_.wide()) {
      row.cells.push_back(absl::StrCat(trial.attempt));
      row.cells.push_back(duration.has_value() ? FormatElapsed(*duration) : "");
      row.cells.push_back(FormatAssignment(trial.assignment, /*brief=*/true));
    }
    Add(std::move(row));
  }

  // What the trial came to, and what becomes of it.
  std::string ResultText(const StoredTrial& trial) const {
    return absl::StrCat(ObjectiveValues(trial, objective_), trial.on_front ? " (front)" : "",
                        trial.violation > 0 ? " (infeasible)" : "");
  }

  const Workspace* const workspace_;
  const Query& query_;
  const absl::Time now_;
  Sink sink_;
  bool ended_ = false;
  // Of the experiment whose trials are being listed.
  Objective objective_;
  std::shared_ptr<const Json> manifest_;
};

void Sort(std::vector<Row>& rows, const std::string& by) {
  const auto less = [&](const Row& a, const Row& b) {
    if (by == "duration") return a.duration < b.duration;
    if (by == "name") return a.key < b.key;
    // Trials without an objective come last.
    if (std::isnan(a.objective) || std::isnan(b.objective)) {
      return !std::isnan(a.objective) && std::isnan(b.objective);
    }
    return a.violation != b.violation ? a.violation < b.violation : a.objective < b.objective;
  };
  if (!by.empty() && by != "number") std::stable_sort(rows.begin(), rows.end(), less);
}

void PrintObjects(const Invocation& invocation, const Query& query, std::vector<Row> rows) {
  if (!query.name.empty() && rows.size() == 1) {
    invocation.out->Write(FormatObject(rows[0].object, query.format));
    return;
  }
  Json items = Json::array();
  for (Row& row : rows) items.push_back(std::move(row.object));
  invocation.out->Write(FormatObject(ListObject(std::move(items)), query.format));
}

void PrintRows(const Invocation& invocation, const Query& query, Table& table,
               const std::vector<Row>& rows, bool with_header) {
  if (query.format == "name") {
    for (const Row& row : rows) invocation.out->Write(absl::StrCat(row.kind_and_name, "\n"));
    return;
  }
  table.ClearRows();
  for (const Row& row : rows) table.AddRow(row.cells);
  invocation.out->Write(table.Render(with_header));
}

void PrintNothingFound(const Invocation& invocation, const Query& query) {
  const char* const what = query.resource == Resource::kExperiments ? "experiments" : "trials";
  if (query.objects()) return PrintObjects(invocation, query, {});
  invocation.err->Write(
      absl::StrCat("no ", what, query.ns.empty() ? "" : absl::StrCat(" in namespace ", query.ns),
                   " in ", invocation.data_root, "\n"));
}

// The process that ran an experiment may have been killed; then "Running" alone would mislead.
void TellAbandoned(const Invocation& invocation, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (!row.abandoned) continue;
    invocation.err->Write(absl::StrCat("note: no process runs experiment ", row.key,
                                       " any more; `qalam resume` goes on with it\n"));
  }
}

// Prints what changed twice a second, until the process is ended.
absl::StatusOr<ExitCode> Watch(const Invocation& invocation, const Query& query,
                               const std::string& sort_by) {
  std::map<std::string, int64_t> printed;  // key -> resource version
  std::optional<Workspace> workspace;
  std::optional<Table> table;
  std::optional<int64_t> seen_sequence;
  while (invocation.out->status().ok()) {
    if (!workspace.has_value()) {
      QALAM_ASSIGN_OR_RETURN(workspace, Workspace::OpenIfPresent(invocation));
    }
    if (workspace.has_value()) {
      QALAM_ASSIGN_OR_RETURN(const int64_t sequence, workspace->store().LastSequence());
      if (seen_sequence != sequence) {
        seen_sequence = sequence;
        Lister lister(&*workspace, query, invocation.clock->Now());
        QALAM_ASSIGN_OR_RETURN(std::vector<Row> rows, lister.All());
        std::erase_if(rows, [&](const Row& row) {
          const auto it = printed.find(row.key);
          return it != printed.end() && it->second == row.resource_version;
        });
        for (const Row& row : rows) printed[row.key] = row.resource_version;
        Sort(rows, sort_by);
        if (query.objects()) {
          for (const Row& row : rows) invocation.out->Write(FormatObject(row.object, query.format));
        } else if (!rows.empty()) {
          const bool first = !table.has_value();
          if (first) table.emplace(lister.Header());
          PrintRows(invocation, query, *table, rows, /*with_header=*/first);
        }
        invocation.out->Flush();
      }
    }
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kWatchInterval));
  }
  return ExitCode::kSuccess;
}

// As the rows are read, so that a long list begins at once and is never in memory as a whole.
absl::StatusOr<ExitCode> PrintPages(const Invocation& invocation, const Query& query,
                                    Lister& lister) {
  Table table(lister.Header());
  std::vector<Row> page;
  bool first = true;
  const auto print = [&] {
    PrintRows(invocation, query, table, page, /*with_header=*/first);
    TellAbandoned(invocation, page);
    first = false;
    page.clear();
    return invocation.out->status().ok();
  };
  QALAM_RETURN_IF_ERROR(lister.List([&](Row row) {
    page.push_back(std::move(row));
    return page.size() < kPageRows || print();
  }));
  if (!page.empty()) {
    print();
  } else if (first) {
    PrintNothingFound(invocation, query);
  }
  return ExitCode::kSuccess;
}

absl::StatusOr<ExitCode> Get(const Invocation& invocation) {
  Query query;
  // "trial/NAME" is one word for "trial NAME".
  const std::string& first = invocation.args()[0];
  const size_t slash = first.find('/');
  QALAM_ASSIGN_OR_RETURN(query.resource, ParseResource(first.substr(0, slash)));
  if (slash != std::string::npos) query.name = first.substr(slash + 1);
  if (invocation.args().size() > 1) query.name = invocation.args()[1];
  const bool all = invocation.flags.IsOn("all-namespaces");
  if (all && !query.name.empty()) {
    return absl::InvalidArgumentError("--all-namespaces lists all; leave the name out, or give -n");
  }
  query.ns = all ? "" : invocation.ns;
  query.format = invocation.flags.ValueOr("output", "");
  const std::string sort_by = invocation.flags.ValueOr("sort-by", "");
  if (!sort_by.empty() && sort_by != "name" && query.resource == Resource::kExperiments) {
    return absl::InvalidArgumentError(
        absl::StrCat("--sort-by: ", sort_by, " is for trials; experiments are sorted by name"));
  }
  if (invocation.flags.IsOn("watch")) return Watch(invocation, query, sort_by);

  QALAM_ASSIGN_OR_RETURN(const std::optional<Workspace> workspace,
                         Workspace::OpenIfPresent(invocation));
  if (!workspace.has_value() && query.name.empty()) {
    PrintNothingFound(invocation, query);
    return ExitCode::kSuccess;
  }
  if (!workspace.has_value()) return Workspace::Open(invocation).status();
  Lister lister(&*workspace, query, invocation.clock->Now());
  if (!query.objects() && (sort_by.empty() || sort_by == "number")) {
    return PrintPages(invocation, query, lister);
  }
  QALAM_ASSIGN_OR_RETURN(std::vector<Row> rows, lister.All());
  Sort(rows, sort_by);
  if (rows.empty()) {
    PrintNothingFound(invocation, query);
  } else if (query.objects()) {
    PrintObjects(invocation, query, std::move(rows));
  } else {
    Table table(lister.Header());
    PrintRows(invocation, query, table, rows, /*with_header=*/true);
    TellAbandoned(invocation, rows);
  }
  return ExitCode::kSuccess;
}

}  // namespace

VerbSpec GetVerb() {
  return {
      .name = "get",
      .summary = "List experiments or trials",
      .usage = "experiments|trials [NAME]",
      .description =
          "Lists experiments, or the trials of an experiment (or of all), or shows one by name.\n"
          "The words experiment, exp and trial are understood, too. As with kubectl, -o json and\n"
          "-o yaml print the whole objects, a List when there is more than one.",
      .min_args = 1,
      .max_args = 2,
      .args = {{.kind = ArgKind::kWord, .words = {"experiments", "trials", "experiment", "trial"}},
               {.kind = ArgKind::kExperimentOrTrial}},
      .flags = {{.name = "output",
                 .short_name = 'o',
                 .value = "FORMAT",
                 .help = "Another form than the short table",
                 .choices = {"wide", "json", "yaml", "name"}},
                {.name = "all-namespaces", .short_name = 'A', .help = "List all namespaces"},
                {.name = "watch",
                 .short_name = 'w',
                 .help = "Go on and print what changes, until Ctrl-C"},
                {.name = "sort-by",
                 .value = "COLUMN",
                 .help = "Sort trials, the best objective first",
                 .choices = {"number", "name", "objective", "duration"}}},
      .examples = {{"qalam get experiments", "List the experiments of namespace default"},
                   {"qalam get trials digits -o wide --sort-by objective",
                    "The trials of an experiment with their parameters, the best first"},
                   {"qalam get trials digits -w", "Follow the trials of an experiment"},
                   {"qalam get experiment digits -o yaml", "The whole object"}},
      .run = Get};
}

}  // namespace qalam
