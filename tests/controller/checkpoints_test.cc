#include "controller/checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/trial_labels.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CheckpointsTest : public testing::Test {
 protected:
  std::string Folder() const { return dir_.path() + "/checkpoints"; }
  void MakeFolder(const std::string& name) const {
    std::filesystem::create_directories(Folder() + "/" + name);
    std::ofstream(Folder() + "/" + name + "/model") << "weights";
  }
  // What is left when everything that was to be removed is.
  std::set<std::string> Left(std::optional<Checkpoints>& checkpoints) const {
    checkpoints.reset();
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  static StoredTrial Trial(int64_t number, TrialCondition condition,
                           std::optional<int64_t> parent = std::nullopt) {
    StoredTrial trial;
    trial.number = number;
    trial.name = absl::StrCat("t", number);
    trial.condition = condition;
    if (parent.has_value()) trial.labels[kResumeFromLabel] = absl::StrCat(*parent);
    return trial;
  }
  static bool Nobody(int64_t) { return false; }

  TempDir dir_;
};

TEST_F(CheckpointsTest, WhatTheAlgorithmHasGivenUpIsRemovedAndNothingElse) {
  for (const char* name : {"t0", "t1", "t2"}) MakeFolder(name);
  std::optional<Checkpoints> checkpoints(std::in_place, Folder(), true);
  for (const int64_t number : {0, 1, 2}) {
    checkpoints->Add(Trial(number, TrialCondition::kCreated));
    checkpoints->End(number);
  }
  EXPECT_THAT(checkpoints->InDoubt(), ElementsAre(0, 1, 2));
  checkpoints->Abandon({0, 1});
  checkpoints->Sweep([](int64_t number) { return number == 1; });
  EXPECT_THAT(checkpoints->InDoubt(), ElementsAre(2));
  EXPECT_THAT(Left(checkpoints), ElementsAre("t1", "t2"));
}

TEST_F(CheckpointsTest, AParentStaysUntilItsChildrenHaveEnded) {
  MakeFolder("t0");
  std::optional<Checkpoints> checkpoints(std::in_place, Folder(), true);
  checkpoints->Add(Trial(0, TrialCondition::kSucceeded));
  checkpoints->Add(Trial(1, TrialCondition::kRunning, 0));
  checkpoints->FinishLoading();
  checkpoints->Abandon({0});
  checkpoints->Sweep(Nobody);
  EXPECT_TRUE(std::filesystem::exists(Folder() + "/t0"));
  checkpoints->End(1);
  checkpoints->Sweep(Nobody);
  EXPECT_THAT(Left(checkpoints), IsEmpty());
}

TEST_F(CheckpointsTest, WhatACrashLeftBehindIsRemovedAtTheNextStart) {
  for (const char* name : {"t0", "t1", ".new.t1", ".new.t0", "t9"}) MakeFolder(name);
  std::optional<Checkpoints> checkpoints(std::in_place, Folder(), true);
  checkpoints->Add(Trial(0, TrialCondition::kSucceeded));
  checkpoints->Add(Trial(1, TrialCondition::kRunning));
  checkpoints->FinishLoading();
  // A copy that is being made for a trial that runs is its supervisor's.
  EXPECT_THAT(Left(checkpoints), ElementsAre(".new.t1", "t0", "t1"));
}

TEST_F(CheckpointsTest, WhereAllIsKeptNothingIsRemoved) {
  for (const char* name : {"t0", "t9"}) MakeFolder(name);
  std::optional<Checkpoints> checkpoints(std::in_place, Folder(), false);
  checkpoints->Add(Trial(0, TrialCondition::kSucceeded));
  checkpoints->FinishLoading();
  EXPECT_THAT(checkpoints->InDoubt(), IsEmpty());
  checkpoints->AbandonAll();
  checkpoints->Sweep(Nobody);
  EXPECT_THAT(Left(checkpoints), ElementsAre("t0", "t9"));
}

TEST_F(CheckpointsTest, ABestTrialThatIsBeatenGoesWhenItIs) {
  MakeFolder("t0");
  std::optional<Checkpoints> checkpoints(std::in_place, Folder(), true);
  checkpoints->Add(Trial(0, TrialCondition::kSucceeded));
  checkpoints->Add(Trial(1, TrialCondition::kRunning));
  checkpoints->AbandonAll();
  int64_t best = 0;
  const auto wanted = [&best](int64_t number) { return number == best; };
  checkpoints->Sweep(wanted);
  EXPECT_TRUE(std::filesystem::exists(Folder() + "/t0"));
  checkpoints->End(1);
  best = 1;
  checkpoints->Sweep(wanted);
  EXPECT_THAT(Left(checkpoints), IsEmpty());
}

}  // namespace
}  // namespace qalam
