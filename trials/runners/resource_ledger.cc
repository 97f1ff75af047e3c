#include "trials/runners/resource_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

// Requests such as 0.1 are not exact in binary: ten of them fit one CPU.
constexpr double kCpuTolerance = 1e-6;

absl::Status TooMuch(const std::string& resource, const std::string& wanted,
                     const std::string& available) {
  return absl::InvalidArgumentError(absl::StrCat("the job asks for ", wanted, " of ", resource,
                                                 " (its pods that run at the same "
                                                 "time together), but this machine has ",
                                                 available,
                                                 " to hand out: lower "
                                                 "resources.requests, or run where there is more"));
}

std::string Mebibytes(int64_t bytes) { return absl::StrCat(bytes >> 20, " MiB"); }

}  // namespace

ResourceRequest RequestOf(const Job& job) {
  const int pods = std::max(1, std::min(job.parallelism, job.completions));
  const Resources& one = job.pod.resources;
  return {
      .cpus = one.cpus * pods, .memory_bytes = one.memory_bytes * pods, .gpus = one.gpus * pods};
}

ResourceLedger::ResourceLedger(MachineResources machine)
    : machine_(std::move(machine)),
      free_cpus_(machine_.cpus),
      free_memory_(machine_.memory_bytes),
      free_gpus_(machine_.gpus) {}

absl::Status ResourceLedger::CheckFits(const ResourceRequest& request) const {
  if (request.cpus > machine_.cpus + kCpuTolerance) {
    return TooMuch("cpu", absl::StrCat(request.cpus), absl::StrCat(machine_.cpus));
  }
  if (request.memory_bytes > machine_.memory_bytes) {
    return TooMuch("memory", Mebibytes(request.memory_bytes), Mebibytes(machine_.memory_bytes));
  }
  if (request.gpus > static_cast<int>(machine_.gpus.size())) {
    return TooMuch("gpu", absl::StrCat(request.gpus), absl::StrCat(machine_.gpus.size()));
  }
  return absl::OkStatus();
}

void ResourceLedger::Enqueue(int64_t id, const ResourceRequest& request) {
  waiting_.push_back({id, request});
}

void ResourceLedger::Adopt(int64_t id, const ResourceRequest& request,
                           const std::vector<std::string>& gpus) {
  Release(id);
  free_cpus_ -= request.cpus;
  free_memory_ -= request.memory_bytes;
  for (const std::string& gpu : gpus) std::erase(free_gpus_, gpu);
  taken_[id] = {request, gpus};
}

void ResourceLedger::Release(int64_t id) {
  std::erase_if(waiting_, [id](const Waiting& waiting) { return waiting.id == id; });
  const auto found = taken_.find(id);
  if (found == taken_.end()) return;
  const Taken taken = std::move(found->second);
  taken_.erase(found);
  free_cpus_ += taken.request.cpus;
  free_memory_ += taken.request.memory_bytes;
  free_gpus_.clear();
  for (const std::string& gpu : machine_.gpus) {
    const bool used = std::any_of(taken_.begin(), taken_.end(), [&gpu](const auto& entry) {
      return std::find(entry.second.gpus.begin(), entry.second.gpus.end(), gpu) !=
             entry.second.gpus.end();
    });
    if (!used) free_gpus_.push_back(gpu);
  }
}

std::vector<ResourceLedger::Grant> ResourceLedger::TakeGrants() {
  std::vector<Grant> grants;
  while (!waiting_.empty() && Fits(waiting_.front().request)) {
    const Waiting next = waiting_.front();
    waiting_.pop_front();
    free_cpus_ -= next.request.cpus;
    free_memory_ -= next.request.memory_bytes;
    const std::vector<std::string> gpus = TakeGpus(next.request.gpus);
    taken_[next.id] = {next.request, gpus};
    grants.push_back({next.id, gpus});
  }
  return grants;
}

bool ResourceLedger::Fits(const ResourceRequest& request) const {
  // Who asks for nothing of a resource does not wait for it, even if adopted jobs took too much.
  return (request.cpus <= 0 || request.cpus <= free_cpus_ + kCpuTolerance) &&
         (request.memory_bytes <= 0 || request.memory_bytes <= free_memory_) &&
         request.gpus <= static_cast<int>(free_gpus_.size());
}

std::vector<std::string> ResourceLedger::TakeGpus(int count) {
  const auto end = free_gpus_.begin() + std::max(0, count);
  std::vector<std::string> gpus(free_gpus_.begin(), end);
  free_gpus_.erase(free_gpus_.begin(), end);
  return gpus;
}

}  // namespace qalam
