#include "cli/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// Two experiments and a trial in namespace default, one experiment in namespace team.
std::vector<std::string> Names(ArgKind kind, const std::string& ns, const std::string& data_root) {
  if (data_root == "/empty") return {};
  if (ns == "team")
    return kind == ArgKind::kExperiment ? std::vector<std::string>{"shared"}
                                        : std::vector<std::string>{};
  if (kind == ArgKind::kExperiment) return {"digits", "darts"};
  return {"digits-x7k2"};
}

std::vector<std::string> Words(const std::vector<std::string>& line) {
  return Complete(line, Names).words;
}

TEST(CompleteTest, OffersVerbsFirst) {
  EXPECT_THAT(Words({""}), AllOf(Contains("run"), Contains("get"), Contains("help"),
                                 Not(Contains("__complete"))));
  EXPECT_THAT(Words({"res"}), ElementsAre("resume"));
  EXPECT_THAT(Words({"help", "des"}), ElementsAre("describe"));
  EXPECT_THAT(Words({"zzz"}), IsEmpty());
  EXPECT_THAT(Complete({}, Names).words, IsEmpty());
}

TEST(CompleteTest, OffersFlagsOfTheVerbAndTheGlobalOnes) {
  EXPECT_THAT(Words({"get", "--"}),
              AllOf(Contains("--output"), Contains("--watch"), Contains("--data-dir"),
                    Not(Contains("--json")), Each(StartsWith("--"))));
  EXPECT_THAT(Words({"--d"}), ElementsAre("--data-dir"));
}

TEST(CompleteTest, OffersTheValuesOfAFlag) {
  EXPECT_THAT(Words({"get", "trials", "-o", ""}), ElementsAre("wide", "json", "yaml", "name"));
  EXPECT_THAT(Words({"get", "trials", "--output=j"}), ElementsAre("--output=json"));
  EXPECT_THAT(Words({"stop", "digits", "--wait="}), ElementsAre("--wait=true", "--wait=false"));
}

TEST(CompleteTest, OffersNamesOfTheNamespaceAndFolderThatWereGiven) {
  EXPECT_THAT(Words({"best", ""}), ElementsAre("digits", "darts"));
  EXPECT_THAT(Words({"logs", "d"}), ElementsAre("digits-x7k2"));
  EXPECT_THAT(Words({"get", "trials", "digits"}), ElementsAre("digits", "digits-x7k2"));
  EXPECT_THAT(Words({"-n", "team", "best", ""}), ElementsAre("shared"));
  EXPECT_THAT(Words({"best", "--namespace=team", ""}), ElementsAre("shared"));
  EXPECT_THAT(Words({"--data-dir", "/empty", "best", ""}), IsEmpty());
}

TEST(CompleteTest, OffersFilesWhereTheyBelong) {
  EXPECT_TRUE(Complete({"run", ""}, Names).files);
  EXPECT_TRUE(Complete({"run", "a.yaml", "b"}, Names).files);
  EXPECT_TRUE(Complete({"run", "-f", ""}, Names).files);
  EXPECT_TRUE(Complete({"--data-dir", ""}, Names).files);
  EXPECT_FALSE(Complete({"best", ""}, Names).files);
}

TEST(CompleteTest, OffersNothingAfterTheLastArgument) {
  EXPECT_THAT(Words({"best", "digits", ""}), IsEmpty());
  EXPECT_THAT(Words({"delete", ""}), ElementsAre("experiment"));
  EXPECT_THAT(Words({"delete", "experiment", "da"}), ElementsAre("darts"));
}

TEST(CompleteTest, AfterTwoDashesNothingIsAFlag) {
  EXPECT_THAT(Words({"best", "--", "--"}), IsEmpty());
  EXPECT_THAT(Words({"best", "--", "dig"}), ElementsAre("digits"));
}

TEST(CompletionScriptTest, BashAcceptsItsScript) {
  const TempDir dir;
  const std::string path = dir.path() + "/qalam.bash";
  WriteFile(path, CompletionScript("bash"));
  Program bash({"/bin/bash", "-n", path}, dir.path() + "/out", dir.path() + "/err");
  EXPECT_EQ(bash.Wait(), 0) << ReadFile(dir.path() + "/err");
}

}  // namespace
}  // namespace qalam
