#ifndef QALAM_SUGGESTION_ONE_BY_ONE_H_
#define QALAM_SUGGESTION_ONE_BY_ONE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "suggestion/finite_space.h"
#include "suggestion/registry.h"
#include "suggestion/start_points.h"
#include "suggestion/suggester.h"
#include "suggestion/unseen_points.h"

namespace qalam {

// A suggester that answers a request for several as so many requests for one, those before being
// pending. So what it proposes does not depend on how requests are cut into batches. Start points
// (see start_points.h) come before what the algorithm proposes. A proposal that violates a
// constraint of the space, is not canonical, or was seen already while unseen points are left, is
// repaired (see feasible.h); seen ones stand where the policy for duplicates says so.
class OneByOneSuggester : public Suggester {
 public:
  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) final;

 protected:
  explicit OneByOneSuggester(const SuggesterSpec& spec);

  // What one proposal may look at.
  struct Request {
    const History& history;
    // Proposed in this request already; to be treated as pending trials after those of the history.
    absl::Span<const Assignment> batch;
    // The number that the trial will have; names its random streams.
    int64_t number;
    // What has been seen, `batch` included.
    const UnseenPoints& unseen;

    // True for what may be proposed: points that satisfy every constraint and are `unseen`.
    // (When unseen.AnyLeft() is false, seen ones may be.)
    bool Allowed(const Assignment& assignment) const {
      return history.space().Satisfies(assignment) && unseen.IsUnseen(assignment);
    }
  };

  // Called once a Suggest, before the first Propose: brings caches up to date.
  virtual void Update(const History& history) = 0;
  // The next proposal. Nothing when the space is exhausted or it must wait for active trials.
  virtual std::optional<Suggestion> Propose(const Request& request) = 0;

  const SearchSpace& space() const { return *space_; }

 private:
  void Repair(const Request& request, Suggestion* suggestion) const;

  std::shared_ptr<const SearchSpace> space_;
  uint64_t seed_;  // names the random choices of repairs
  DuplicatePolicy duplicates_;
  std::optional<FiniteSpace> finite_;
  StartPoints start_points_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_ONE_BY_ONE_H_
