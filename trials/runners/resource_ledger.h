#ifndef QALAM_TRIALS_RUNNERS_RESOURCE_LEDGER_H_
#define QALAM_TRIALS_RUNNERS_RESOURCE_LEDGER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "trials/job.h"

namespace qalam {

// What a machine has to hand out.
struct MachineResources {
  double cpus = 0;
  int64_t memory_bytes = 0;
  std::vector<std::string> gpus;  // ids
};

// What a job takes while it runs. 0: nothing stated, nothing taken.
struct ResourceRequest {
  double cpus = 0;
  int64_t memory_bytes = 0;
  int gpus = 0;
};

// What all pods of `job` that run at the same time take together.
ResourceRequest RequestOf(const Job& job);

// Who may run. Requests wait in the order in which they came: a big one that has to wait makes
// those behind it wait too, so nobody waits for ever.
class ResourceLedger {
 public:
  explicit ResourceLedger(MachineResources machine);

  // InvalidArgument, naming the resource, what is wanted and what there is, when `request` could
  // not be granted even if nobody else took anything.
  absl::Status CheckFits(const ResourceRequest& request) const;

  // `id` waits for `request`, which fits.
  void Enqueue(int64_t id, const ResourceRequest& request);
  // `id` runs already, with these GPUs: it takes what it asked for even if that is more than is
  // free.
  void Adopt(int64_t id, const ResourceRequest& request, const std::vector<std::string>& gpus);
  // `id` waits no longer, or gives back what it took. Nothing for an id that is not known.
  void Release(int64_t id);

  struct Grant {
    int64_t id = 0;
    std::vector<std::string> gpus;
  };
  // The requests at the head of the queue that can be granted now; they are taken.
  std::vector<Grant> TakeGrants();

 private:
  struct Waiting {
    int64_t id = 0;
    ResourceRequest request;
  };
  struct Taken {
    ResourceRequest request;
    std::vector<std::string> gpus;
  };

  bool Fits(const ResourceRequest& request) const;
  std::vector<std::string> TakeGpus(int count);

  const MachineResources machine_;
  double free_cpus_;
  int64_t free_memory_;
  std::vector<std::string> free_gpus_;  // in the machine's order
  std::deque<Waiting> waiting_;
  std::map<int64_t, Taken> taken_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_RUNNERS_RESOURCE_LEDGER_H_
