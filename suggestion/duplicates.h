#ifndef QALAM_SUGGESTION_DUPLICATES_H_
#define QALAM_SUGGESTION_DUPLICATES_H_

namespace qalam {

// What becomes of a proposal for a point that an earlier trial has (spec.duplicates).
enum class DuplicatePolicy {
  // It is moved to an unseen point while there is one.
  kAvoid,
  // Where a trial with that point has succeeded it stands, and the new trial is given the result of
  // that one without being run. Points without a result (yet) are avoided. A search ends when
  // nothing unseen is left.
  kReuse,
  // It stands and is run again, as objectives with noise may want.
  kReplicate,
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_DUPLICATES_H_
