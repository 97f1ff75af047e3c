#include "controller/asked.h"

#include <gtest/gtest.h>

#include <variant>
#include <vector>

#include "controller/reconcile.h"

namespace qalam {
namespace {

int64_t AskedBack(const Change& change) { return std::get<TrialCreated>(change).asked_back; }

TEST(AskedTest, TrialInTheCommitOfWhatWasKnownSaysHowFarBackItWasAskedFor) {
  std::vector<Change> changes = {TrialChanged{}, EventAppended{}};
  const Asked asked(1, 40, changes.size());
  changes.emplace_back(TrialChanged{});  // came after the question
  const size_t first = changes.size();
  changes.emplace_back(TrialCreated{});
  changes.emplace_back(TrialCreated{});
  asked.Mark(changes, first);
  // Places of the changes: 41 and 42 were known, 43 was not; the trials are 44 and 45.
  EXPECT_EQ(AskedBack(changes[3]), 2);
  EXPECT_EQ(AskedBack(changes[4]), 3);
}

TEST(AskedTest, CommitTurnsThePlaceIntoASequenceNumber) {
  // Two changes of another experiment, three of this one of which two were known, one of a third.
  Asked asked(1, 40, 2);
  asked.OnCommitted(/*last_sequence=*/106, /*after_begin=*/4);
  EXPECT_EQ(asked.sequence(), 104);
  std::vector<Change> changes = {TrialCreated{}};
  asked.Mark(changes, 0);
  EXPECT_EQ(AskedBack(changes[0]), 0);
  asked.OnCommitted(200, 1);
  EXPECT_EQ(asked.sequence(), 104);
}

TEST(AskedTest, WithoutWaitingChangesTheSequenceSaysItAll) {
  Asked asked(3, 40, 0);
  std::vector<Change> changes = {TrialCreated{}};
  asked.Mark(changes, 0);
  asked.OnCommitted(90, 7);
  EXPECT_EQ(AskedBack(changes[0]), 0);
  EXPECT_EQ(asked.sequence(), 40);
  EXPECT_EQ(asked.ask_id(), 3);
}

TEST(AskedTest, TrialsGivenByTheUserWereNotAskedFor) {
  std::vector<Change> changes = {EventAppended{}};
  const Asked asked(1, 40, 1);
  TrialCreated given;
  given.trial.labels[kInitialTrialLabel] = "run";
  changes.emplace_back(given);
  asked.Mark(changes, 1);
  EXPECT_EQ(AskedBack(changes[1]), 0);
}

}  // namespace
}  // namespace qalam
