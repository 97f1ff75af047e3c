#include "trials/supervisor/plan.h"

#include <utility>

#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

void WriteProcess(const ProcessPlan& process, WireWriter* out) {
  out->Text(process.name);
  out->Texts(process.argv);
  out->Texts(process.env);
  out->Text(process.working_dir);
  out->Texts(process.cleanup);
  out->Text(process.unique_name);
}

ProcessPlan ReadProcess(WireReader* in) {
  ProcessPlan process;
  process.name = in->Text();
  process.argv = in->Texts();
  process.env = in->Texts();
  process.working_dir = in->Text();
  process.cleanup = in->Texts();
  process.unique_name = in->Text();
  return process;
}

void WriteProcesses(const std::vector<ProcessPlan>& processes, WireWriter* out) {
  out->Int(static_cast<int64_t>(processes.size()));
  for (const ProcessPlan& process : processes) WriteProcess(process, out);
}

std::vector<ProcessPlan> ReadProcesses(WireReader* in) {
  std::vector<ProcessPlan> processes;
  const int64_t count = in->Int();
  for (int64_t i = 0; in->ok() && i < count; ++i) processes.push_back(ReadProcess(in));
  return processes;
}

}  // namespace

std::vector<std::string> WordsForPod(const std::vector<std::string>& argv,
                                     const std::string& unique_name, int64_t pod) {
  std::vector<std::string> words = argv;
  for (std::string& word : words) {
    if (!unique_name.empty() && word == unique_name) word += "-" + std::to_string(pod);
  }
  return words;
}

std::string EncodePlan(const Plan& plan) {
  WireWriter out;
  out.Text(plan.directory);
  out.Text(plan.mark);
  out.Text(plan.gpus);
  WriteProcesses(plan.init, &out);
  WriteProcess(plan.main, &out);
  WriteProcesses(plan.sidecars, &out);
  for (const int64_t number : {plan.completions, plan.parallelism, plan.backoff_limit,
                               plan.deadline, plan.grace, plan.log_limit, plan.capture_source}) {
    out.Int(number);
  }
  out.Int(plan.indexed ? 1 : 0);
  out.Text(plan.capture_path);
  out.Texts(plan.capture_words);
  out.Texts(plan.folders);
  out.Int(static_cast<int64_t>(plan.files.size()));
  for (const auto& [path, content] : plan.files) {
    out.Text(path);
    out.Text(content);
  }
  out.Text(plan.checkpoint);
  out.Text(plan.checkpoint_from);
  out.Int(plan.checkpoint_kept ? 1 : 0);
  out.Int(plan.memory_limit);
  out.Text(plan.memory_cgroup);
  return out.bytes();
}

bool DecodePlan(const std::string& bytes, Plan* plan) {
  WireReader in(bytes.data(), bytes.size());
  plan->directory = in.Text();
  plan->mark = in.Text();
  plan->gpus = in.Text();
  plan->init = ReadProcesses(&in);
  plan->main = ReadProcess(&in);
  plan->sidecars = ReadProcesses(&in);
  for (int64_t* number : {&plan->completions, &plan->parallelism, &plan->backoff_limit,
                          &plan->deadline, &plan->grace, &plan->log_limit, &plan->capture_source}) {
    *number = in.Int();
  }
  plan->indexed = in.Int() != 0;
  plan->capture_path = in.Text();
  plan->capture_words = in.Texts();
  plan->folders = in.Texts();
  const int64_t files = in.Int();
  for (int64_t i = 0; in.ok() && i < files; ++i) {
    std::string path = in.Text();
    plan->files.emplace_back(std::move(path), in.Text());
  }
  plan->checkpoint = in.Text();
  plan->checkpoint_from = in.Text();
  plan->checkpoint_kept = in.Int() != 0;
  plan->memory_limit = in.Int();
  plan->memory_cgroup = in.Text();
  return in.ok();
}

}  // namespace qalam::supervisor
