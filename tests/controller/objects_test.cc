#include "controller/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "controller/spec/yaml_reader.h"
#include "core/random_stream.h"
#include "tests/controller/spec_support.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json ReadBack(const std::string& yaml) {
  std::vector<Diagnostic> problems;
  const auto documents = ReadYaml(yaml, YamlOrigin(), &problems);
  if (documents.size() == 1 && problems.empty()) return YamlToJson(*documents[0]);
  return absl::StrCat("not readable:\n", FormatDiagnostics(problems), yaml);
}

TEST(ToYaml, LooksLikeKubectl) {
  const Json value = Json::parse(
      R"({"a": {"b": [1, {"c": "x", "d": [[2], []]}], "e": {}}, "f": null, "t": "l1\n  l2\n", "u": "l1\nl2"})");
  EXPECT_EQ(ToYaml(value),
            "a:\n  b:\n  - 1\n  - c: x\n    d:\n    - - 2\n    - []\n  e: {}\nf: null\n"
            "t: |\n  l1\n    l2\nu: |-\n  l1\n  l2\n");
}

TEST(ToYaml, QuotesStringsThatWouldBeReadAsSomethingElse) {
  for (const char* text :
       {"1",  "0x1F", "1e3",        "-.5",   ".inf", "true", "Yes",   "off", "null", "~",
        "",   " a",   "a ",         "a: b",  "a #b", "- a",  "-",     "[a",  "{a",   "*a",
        "&a", "!a",   "%a",         "@a",    "`a",   "'a",   "\"a",   "|",   ">",    "? a",
        "a:", "---",  "2026-11-23", "10:30", "<<",   "0644", "1_000", "y",   "=",    "#"}) {
    SCOPED_TRACE(text);
    const std::string yaml = ToYaml(Json(text));
    EXPECT_TRUE(yaml[0] == '"' || yaml[0] == '\'') << yaml;
    EXPECT_EQ(ReadBack(yaml), Json(text));
  }
  for (const char* text : {"abc", "a-b", "a:b", "-a", "64d", "http://x/y?z=1",
                           "--lr=${trialParameters.x}", "1Gi", "v1.2"}) {
    EXPECT_EQ(ToYaml(Json(text)), absl::StrCat(text, "\n"));
  }
}

TEST(ToYaml, AwkwardTextsSurvive) {
  for (const char* text : {"\n",
                           "\n\n",
                           "a\n",
                           "a\n\n",
                           "\na",
                           " a\nb",
                           "a\n b\n",
                           "a\n \nb",
                           "a\tb",
                           "\ta\nb",
                           "a\r\nb",
                           "a\x01",
                           "\x7F",
                           "\xC2\x85",
                           "\xE2\x80\xA8",
                           "\xEF\xBB\xBF"
                           "a",
                           "\xF0\x9F\x98\x80",
                           "a\n#b\n",
                           "a \nb",
                           "it's",
                           "say \"x\"",
                           "back\\slash",
                           "a\n---\nb",
                           "a\n...\n",
                           "x\n\n\n"}) {
    SCOPED_TRACE(Json(text).dump());
    EXPECT_EQ(ReadBack(ToYaml(Json(text))), Json(text));
    const Json nested = {{"k", {{{"deep", text}, {"after", 1}}}}, {text, "key"}};
    EXPECT_EQ(ReadBack(ToYaml(nested)), nested);
  }
}

// Any JSON value of up to `depth` levels.
Json AnyValue(RandomStream& random, int depth) {
  static const char kLetters[] = "ab:#-\n \"'\\{}[]&*!|>%@`,?~0123.\xC3\xA9\t";
  const auto text = [&] {
    std::string result;
    for (uint64_t left = random.Below(8); left > 0; --left) {
      const char c = kLetters[random.Below(sizeof(kLetters) - 1)];
      result += static_cast<unsigned char>(c) >= 0x80 ? std::string("\xC3\xA9") : std::string(1, c);
    }
    return result;
  };
  switch (random.Below(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random.Below(2) == 0;
    case 2:
      return static_cast<int64_t>(random.Bits());
    case 3:
      return random.Normal() * 1e10;
    case 4:
    case 5:
      return text();
    case 6: {
      Json list = Json::array();
      for (uint64_t left = random.Below(4); left > 0; --left)
        list.push_back(AnyValue(random, depth - 1));
      return list;
    }
    default: {
      Json map = Json::object();
      for (uint64_t left = random.Below(4); left > 0; --left)
        map[text()] = AnyValue(random, depth - 1);
      return map;
    }
  }
}

TEST(ToYaml, IsReadBackAsTheSameValue) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed, 0, "yaml");
    const Json value = Json::object({{"root", AnyValue(random, 4)}});
    EXPECT_EQ(ReadBack(ToYaml(value)), value) << ToYaml(value);
  }
}

TEST(FormatTime, IsRfc3339InUtc) {
  EXPECT_EQ(qalam::FormatTime(absl::FromUnixMillis(1795428000999)), "2026-11-23T10:00:00Z");
}

absl::Time At(int seconds) { return absl::FromUnixSeconds(1795428000 + seconds); }

ExperimentRecord Record() {
  LoadResult loaded = Load(kExperiment);
  ExperimentRecord record;
  record.ns = "default";
  record.name = "tuning";
  record.uid = "uid-1";
  record.created = At(0);
  record.manifest = loaded.experiments.at(0).manifest->dump();
  record.companions = "[]";
  record.max_trial_count = 20;
  record.parallel_trial_count = 4;
  record.condition = "Running";
  record.conditions = {
      {"Created", true, "ExperimentCreated", "Experiment is created", At(0), At(0)},
      {"Running", true, "ExperimentRunning", "Experiment is running", At(7), At(5)}};
  record.started = At(1);
  return record;
}

StoredTrial Trial(int64_t number, TrialCondition condition) {
  StoredTrial trial;
  trial.number = number;
  trial.name = absl::StrCat("tuning-", number);
  trial.uid = absl::StrCat("trial-", number);
  trial.assignment = {{"lr", "0.05"}};
  trial.condition = condition;
  trial.created = At(2);
  return trial;
}

class ObjectsTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/qalam-objects-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    ASSERT_OK_AND_ASSIGN(store_, OpenSqliteStore(folder_ + "/qalam.db"));
    ASSERT_OK_AND_ASSIGN(record_, store_->CreateExperiment(Record()));
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void AddTrial(StoredTrial trial) {
    const std::vector<Change> changes = {TrialCreated{record_.id, std::move(trial)}};
    ASSERT_OK(store_->Commit(changes));
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  ExperimentRecord record_;
};

TEST_F(ObjectsTest, AnExperimentWithoutTrialsHasAnEmptyOptimum) {
  ASSERT_OK_AND_ASSIGN(const Json object, ExperimentObject(*store_, record_));
  EXPECT_EQ(object["apiVersion"], "kubeflow.org/v1beta1");
  EXPECT_EQ(object["kind"], "Experiment");
  EXPECT_EQ(object["metadata"]["uid"], "uid-1");
  EXPECT_EQ(object["metadata"]["creationTimestamp"], "2026-11-23T10:00:00Z");
  EXPECT_EQ(object["status"]["currentOptimalTrial"].dump(), R"({"observation":{}})");
  EXPECT_EQ(object["status"]["lastReconcileTime"], "2026-11-23T10:00:07Z");
  EXPECT_FALSE(object["status"].contains("trials"));
  EXPECT_FALSE(object["status"].contains("completionTime"));
}

TEST_F(ObjectsTest, TheSpecShowsTheLimitsThatHoldNow) {
  ASSERT_OK_AND_ASSIGN(const Json object, ExperimentObject(*store_, record_));
  EXPECT_EQ(object["spec"]["maxTrialCount"], 20);
  EXPECT_EQ(object["spec"]["parallelTrialCount"], 4);
  record_.max_trial_count.reset();
  ASSERT_OK_AND_ASSIGN(const Json unlimited, ExperimentObject(*store_, record_));
  EXPECT_FALSE(unlimited["spec"].contains("maxTrialCount"));
}

TEST_F(ObjectsTest, TheStatusCountsAndListsTrialsUnderKatibsNames) {
  const TrialCondition conditions[] = {
      TrialCondition::kCreated,      TrialCondition::kRunning,  TrialCondition::kSucceeded,
      TrialCondition::kKilled,       TrialCondition::kFailed,   TrialCondition::kMetricsUnavailable,
      TrialCondition::kEarlyStopped, TrialCondition::kSucceeded};
  int64_t number = 0;
  for (const TrialCondition condition : conditions) {
    StoredTrial trial = Trial(number++, condition);
    if (condition == TrialCondition::kSucceeded) {
      trial.objective = 0.5 - 0.1 * static_cast<double>(number);
      trial.observation = {{"loss", "0.1", "0.9", "0.2"}};
    }
    AddTrial(trial);
  }
  ASSERT_OK_AND_ASSIGN(const Json object, ExperimentObject(*store_, record_));
  const Json& status = object["status"];
  EXPECT_EQ(status["pendingTrialList"].dump(), R"(["tuning-0"])");
  EXPECT_EQ(status["runningTrialList"].dump(), R"(["tuning-1"])");
  EXPECT_EQ(status["succeededTrialList"].dump(), R"(["tuning-2","tuning-7"])");
  EXPECT_EQ(status["killedTrialList"].dump(), R"(["tuning-3"])");
  EXPECT_EQ(status["failedTrialList"].dump(), R"(["tuning-4"])");
  EXPECT_EQ(status["metricsUnavailableTrialList"].dump(), R"(["tuning-5"])");
  EXPECT_EQ(status["earlyStoppedTrialList"].dump(), R"(["tuning-6"])");
  EXPECT_EQ(status["trials"], 8);
  EXPECT_EQ(status["trialsSucceeded"], 2);
  for (const char* name : {"trialsFailed", "trialsKilled", "trialsPending", "trialsRunning",
                           "trialsEarlyStopped", "trialMetricsUnavailable"}) {
    EXPECT_EQ(status[name], 1) << name;
  }
  EXPECT_EQ(
      status["currentOptimalTrial"].dump(),
      R"({"bestTrialName":"tuning-7","parameterAssignments":[{"name":"lr","value":"0.05"}],)"
      R"("observation":{"metrics":[{"name":"loss","min":"0.1","max":"0.9","latest":"0.2"}]}})");
  EXPECT_EQ(
      status["conditions"][1].dump(),
      R"({"type":"Running","status":"True","reason":"ExperimentRunning","message":"Experiment is running",)"
      R"("lastUpdateTime":"2026-11-23T10:00:07Z","lastTransitionTime":"2026-11-23T10:00:05Z"})");
}

TEST_F(ObjectsTest, TheFrontIsInTheStatusWithSeveralObjectives) {
  Json manifest = Json::parse(record_.manifest);
  const auto entry = [](const char* name, const char* type) {
    return Json{{"objectiveMetricName", name}, {"type", type}};
  };
  manifest["spec"]["objectives"] = {entry("speed", "maximize"), entry("loss", "minimize")};
  manifest["spec"]["objective"]["metricStrategies"] = {{{"name", "loss"}, {"value", "min"}},
                                                       {{"name", "speed"}, {"value", "latest"}}};
  record_.manifest = manifest.dump();
  for (int64_t number = 0; number < 3; ++number) {
    StoredTrial trial = Trial(number, TrialCondition::kSucceeded);
    trial.objective = static_cast<double>(number);
    trial.observation = {{"loss", absl::StrCat(number), "9", "9"}, {"speed", "1", "3", "2"}};
    trial.on_front = number > 0;
    AddTrial(trial);
  }
  ASSERT_OK_AND_ASSIGN(const Json object, ExperimentObject(*store_, record_));
  const Json& status = object["status"];
  EXPECT_EQ(status["currentOptimalTrial"]["bestTrialName"], "tuning-1")
      << "of those on the front the best by the first objective";
  ASSERT_EQ(status["paretoFront"].size(), 2);
  EXPECT_EQ(status["paretoFront"][0].dump(),
            R"({"trialName":"tuning-1","objectives":[{"name":"loss","value":"1"},)"
            R"({"name":"speed","value":"2"}],)"
            R"("parameterAssignments":[{"name":"lr","value":"0.05"}],"observation":{"metrics":[)"
            R"({"name":"loss","min":"1","max":"9","latest":"9"},)"
            R"({"name":"speed","min":"1","max":"3","latest":"2"}]}})");
  EXPECT_EQ(object["spec"]["objectives"].size(), 2);
}

TEST_F(ObjectsTest, ADamagedManifestIsAnError) {
  record_.manifest = "{";
  EXPECT_THAT(ExperimentObject(*store_, record_),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("default/tuning")));
}

TEST(TrialObject, ShowsTheJobAsTheTrialRunsIt) {
  const ExperimentRecord record = Record();
  StoredTrial trial = Trial(3, TrialCondition::kSucceeded);
  trial.labels = {{"rung", "1"}};
  trial.started = At(3);
  trial.completed = At(9);
  trial.conditions = {{"Succeeded", true, "TrialSucceeded", "Trial has succeeded", At(9), At(9)}};
  trial.observation = {{"loss", "", "", "Genotype(x)"}};
  const Json object = TrialObject(record, Json::parse(record.manifest), trial);
  EXPECT_EQ(object["kind"], "Trial");
  EXPECT_EQ(object["metadata"]["labels"].dump(),
            R"({"katib.kubeflow.org/experiment":"tuning","rung":"1"})");
  EXPECT_EQ(object["metadata"]["ownerReferences"][0]["name"], "tuning");
  const Json& spec = object["spec"];
  EXPECT_EQ(spec["parameterAssignments"].dump(), R"([{"name":"lr","value":"0.05"}])");
  EXPECT_EQ(spec["runSpec"]["metadata"]["name"], "tuning-3");
  EXPECT_EQ(spec["runSpec"]["spec"]["template"]["spec"]["containers"][0]["command"][2],
            "echo loss=0.05");
  EXPECT_EQ(spec["objective"]["objectiveMetricName"], "loss");
  EXPECT_EQ(spec["metricsCollector"]["collector"]["kind"], "StdOut");
  EXPECT_EQ(spec["primaryContainerName"], "main");
  EXPECT_THAT(spec["successCondition"].get<std::string>(), HasSubstr("Complete"));
  EXPECT_THAT(spec["failureCondition"].get<std::string>(), HasSubstr("Failed"));
  const Json& status = object["status"];
  EXPECT_EQ(status["startTime"], "2026-11-23T10:00:03Z");
  EXPECT_EQ(status["completionTime"], "2026-11-23T10:00:09Z");
  EXPECT_EQ(status["observation"]["metrics"][0].dump(),
            R"j({"name":"loss","min":"unavailable","max":"unavailable","latest":"Genotype(x)"})j");
}

TEST(TrialObject, RendersATemplateFromAConfigMap) {
  ExperimentRecord record = Record();
  Json manifest = Json::parse(record.manifest);
  Json& trial_template = manifest["spec"]["trialTemplate"];
  const std::string text = ToYaml(trial_template["trialSpec"]);
  trial_template.erase("trialSpec");
  trial_template["configMap"] = {
      {"configMapName", "m"}, {"configMapNamespace", "default"}, {"templatePath", "t"}};
  record.companions = Json::array({{{"kind", "ConfigMap"},
                                    {"metadata", {{"name", "m"}, {"namespace", "default"}}},
                                    {"data", {{"t", text}}}}})
                          .dump();
  const StoredTrial trial = Trial(0, TrialCondition::kRunning);
  EXPECT_EQ(TrialObject(record, manifest, trial)["spec"]["runSpec"]["metadata"]["name"],
            "tuning-0");
  record.companions = "[]";
  EXPECT_FALSE(TrialObject(record, manifest, trial)["spec"].contains("runSpec"));
}

}  // namespace
}  // namespace qalam
