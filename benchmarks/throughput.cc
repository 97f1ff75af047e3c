// How fast trials follow each other, beside how fast this machine starts processes at all.
//
//   throughput [--trials N] [--parallel P] [--data DIR]
//
// Prints, from one run: the spawn rate of a trivial process (`sh -c "echo loss=0.5"`), the trials
// per second of an experiment whose trial is that process, the controller's CPU time per trial, its
// resident memory, and how the cost per trial at the end compares with that at trial 1,000.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "controller/data_dir.h"
#include "controller/engine.h"
#include "controller/spec/load.h"
#include "core/mutex.h"
#include "core/status_macros.h"
#include "storage/store.h"
#include "trials/runners/local_runner.h"

extern char** environ;

namespace qalam {
namespace {

constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: throughput}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  parallelTrialCount: $PARALLEL
  maxTrialCount: $TRIALS
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  - {name: y, parameterType: int, feasibleSpace: {min: "1", max: "100"}}
  trialTemplate:
    primaryContainerName: main
    trialParameters:
    - {name: x, reference: x}
    - {name: y, reference: y}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - name: main
              image: none
              command: [sh, -c, "echo loss=0.5 # ${trialParameters.x} ${trialParameters.y}"]
            restartPolicy: Never
)";

struct Options {
  int64_t trials = 10000;
  int parallel = 8;
  std::string data;
};

double Seconds(const timeval& time) { return time.tv_sec + time.tv_usec * 1e-6; }

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

double ResidentMegabytes() {
  long pages = 0;
  long resident = 0;
  FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Processes per second when `parallel` trivial ones run at a time.
double SpawnRate(int count, int parallel) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string command = "echo loss=0.5";
  char* argv[] = {shell.data(), flag.data(), command.data(), nullptr};
  const SystemClock clock;
  const absl::Time begin = clock.Now();
  int running = 0;
  for (int i = 0; i < count; ++i) {
    if (running == parallel) {
      wait(nullptr);
      --running;
    }
    pid_t pid = 0;
    running += posix_spawn(&pid, "/bin/sh", &actions, nullptr, argv, environ) == 0;
  }
  while (running-- > 0) wait(nullptr);
  posix_spawn_file_actions_destroy(&actions);
  return count / absl::ToDoubleSeconds(clock.Now() - begin);
}

// Notes when each thousand of trials was done, and what the controller had used by then.
class Meter final : public EngineObserver {
 public:
  struct Mark {
    int64_t trials = 0;
    absl::Time time;
    double cpu = 0;
    double resident = 0;
  };
  void OnCommitted(const ExperimentView& view, const std::vector<Change>&) override {
    if (view.counts.succeeded < next_) return;
    marks_.push_back({view.counts.succeeded, clock_.Now(), CpuSeconds(), ResidentMegabytes()});
    next_ = view.counts.succeeded / 1000 * 1000 + 1000;
  }
  void OnFinished(const ExperimentView& view) override {
    marks_.push_back({view.counts.succeeded, clock_.Now(), CpuSeconds(), ResidentMegabytes()});
    failed_ = view.counts.failed + view.counts.metrics_unavailable;
  }
  void OnNotice(const ExperimentView&, const std::string& text) override {
    absl::FPrintF(stderr, "notice: %s\n", text);
  }
  const std::vector<Mark>& marks() const { return marks_; }
  int64_t failed() const { return failed_; }

 private:
  const SystemClock clock_;
  int64_t next_ = 0;
  int64_t failed_ = 0;
  std::vector<Mark> marks_;
};

absl::Status RunExperiment(const Options& options, Meter* meter) {
  QALAM_ASSIGN_OR_RETURN(const DataDir data_dir, DataDir::Open(options.data));
  QALAM_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenSqliteStore(data_dir.StorePath()));
  const SystemClock clock;
  const std::string text = absl::StrReplaceAll(
      kExperiment,
      {{"$PARALLEL", absl::StrCat(options.parallel)}, {"$TRIALS", absl::StrCat(options.trials)}});
  const LoadResult loaded = LoadExperiments("throughput", text, {}, {});
  if (loaded.experiments.empty()) {
    return absl::InvalidArgumentError(FormatDiagnostics(loaded.diagnostics));
  }
  const ExperimentSpec& spec = loaded.experiments[0];
  QALAM_ASSIGN_OR_RETURN(
      const std::unique_ptr<Engine> engine,
      CreateEngine(
          {.store = store.get(), .clock = &clock, .observer = meter, .data_dir = options.data}));
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Runner> runner, CreateLocalRunner({}, engine->sink()));
  engine->UseRunner(std::move(runner));
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record,
                         CreateExperiment(store.get(), spec, clock.Now()));
  QALAM_RETURN_IF_ERROR(engine->Start(record, spec));
  engine->WaitUntilIdle();
  return absl::OkStatus();
}

void Print(const Options& options, double spawn_rate, const Meter& meter) {
  const std::vector<Meter::Mark>& marks = meter.marks();
  const Meter::Mark& first = marks.front();
  const Meter::Mark& last = marks.back();
  const double trials = static_cast<double>(last.trials - first.trials);
  const double rate = trials / absl::ToDoubleSeconds(last.time - first.time);
  absl::PrintF("spawn rate, %d parallel         %8.0f processes/s\n", options.parallel, spawn_rate);
  absl::PrintF("experiment of %6d trials      %8.0f trials/s   %.0f%% of the spawn rate\n",
               last.trials, rate, 100 * rate / spawn_rate);
  absl::PrintF("controller CPU                %8.3f ms/trial\n",
               1e3 * (last.cpu - first.cpu) / trials);
  for (const Meter::Mark& mark : marks) {
    if (mark.trials < 10000) continue;
    absl::PrintF("resident memory               %8.1f MB at %d trials\n", mark.resident,
                 mark.trials);
    break;
  }
  absl::PrintF("resident memory               %8.1f MB at the end\n", last.resident);
  if (marks.size() < 5) return;
  const auto cost = [&](size_t from, size_t to) {
    return (marks[to].cpu - marks[from].cpu) /
           static_cast<double>(marks[to].trials - marks[from].trials);
  };
  const auto wall = [&](size_t from, size_t to) {
    return absl::ToDoubleSeconds(marks[to].time - marks[from].time) /
           static_cast<double>(marks[to].trials - marks[from].trials);
  };
  const size_t end = marks.size() - 1;
  const size_t width = std::min<size_t>(end - 1, 5);
  absl::PrintF("cost at the end / at 1,000    %8.2f CPU, %.2f wall\n",
               cost(end - width, end) / cost(0, 2), wall(end - width, end) / wall(0, 2));
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    const std::string value = argv[i + 1];
    bool good = true;
    if (flag == "--trials") {
      good = absl::SimpleAtoi(value, &options.trials);
    } else if (flag == "--parallel") {
      good = absl::SimpleAtoi(value, &options.parallel);
    } else if (flag == "--data") {
      options.data = value;
    } else {
      good = false;
    }
    if (good) continue;
    absl::FPrintF(stderr, "cannot read %s %s\n", flag, value);
    std::exit(2);
  }
  return options;
}

int Main(int argc, char** argv) {
  Options options = ParseOptions(argc, argv);
  const bool own_folder = options.data.empty();
  if (own_folder) {
    std::string pattern = "./throughput-XXXXXX";  // on the disk of the working folder, not on tmpfs
    if (mkdtemp(pattern.data()) == nullptr) return 1;
    options.data = std::filesystem::absolute(pattern);
  }
  const double spawn_before = SpawnRate(2000, options.parallel);
  Meter meter;
  const absl::Status status = RunExperiment(options, &meter);
  const double spawn_after = SpawnRate(2000, options.parallel);
  if (own_folder) std::filesystem::remove_all(options.data);
  if (!status.ok() || meter.marks().size() < 2 || meter.failed() > 0) {
    absl::FPrintF(stderr, "failed: %s (%d trials failed)\n", status.ToString(), meter.failed());
    return 1;
  }
  Print(options, (spawn_before + spawn_after) / 2, meter);
  return 0;
}

}  // namespace
}  // namespace qalam

int main(int argc, char** argv) { return qalam::Main(argc, argv); }
