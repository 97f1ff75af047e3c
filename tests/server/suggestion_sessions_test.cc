// Sessions without a network: what they propose, what they remember.
#include "server/suggestion_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/parameter.h"
#include "server/trial_codes.h"
#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

// A time that stands still.
class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000); }
};

SearchSpec SearchFor(const std::string& algorithm) {
  SearchSpec search;
  search.name = "sample";
  search.space = MakeSpace({DoubleParameter("x", 0, 1), IntParameter("k", 1, 64),
                            ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"})});
  search.objective.metrics = {{.name = "loss"}};
  search.algorithm.name = algorithm;
  const absl::StatusOr<const AlgorithmDescriptor*> known = FindAlgorithm(algorithm);
  if (known.ok() && (*known)->capabilities.multi_fidelity) {
    search.algorithm.settings = {{"resource_name", "k"}};
    if (algorithm == "hyperband") search.algorithm.settings.insert({"r_l", "64"});
  }
  if (algorithm == "schedule") {
    search.algorithm.settings = {{"steps", R"({"x": 0.5, "k": 3, "c": "a"}
                     {"x": 0.25, "k": 9, "c": "b"}
                     {"x": 0.5, "k": 9, "c": "b"})"}};
  }
  search.seed = 7;
  return search;
}

double LossOf(const SearchSpace& space, const Assignment& assignment) {
  std::vector<double> unit(static_cast<size_t>(space.size()));
  space.ToUnit(assignment, absl::MakeSpan(unit));
  double loss = 0;
  for (const double u : unit) loss += (u - 0.3) * (u - 0.3);
  return loss;
}

// A client that sends each trial as "name;condition;objective;x;k;c".
class Client {
 public:
  explicit Client(std::string algorithm, std::string experiment = "sample")
      : algorithm_(std::move(algorithm)), experiment_(std::move(experiment)) {}

  absl::StatusOr<SuggestionAnswer> Ask(SuggestionSessions* sessions, int64_t wanted) {
    SuggestionQuery query;
    query.experiment = experiment_;
    query.fingerprint = algorithm_;
    query.search = [this]() -> absl::StatusOr<SearchSpec> {
      SearchSpec search = SearchFor(algorithm_);
      search.name = experiment_;
      return search;
    };
    query.carried = carried_;
    const std::vector<absl::string_view> trials(trials_.begin(), trials_.end());
    query.trials = trials;
    query.decode = [this](absl::string_view bytes) { return Decode(bytes); };
    query.wanted = wanted;
    query.suggested = static_cast<int64_t>(trials_.size());
    absl::StatusOr<SuggestionAnswer> answer = sessions->Suggest(query);
    if (answer.ok()) carried_.insert(answer->carried.begin(), answer->carried.end());
    return answer;
  }

  void Add(const SuggestionAnswer::Trial& trial) {
    values_.push_back(trial.values);
    trials_.push_back(Text(trial.name, trial.values, ""));
  }
  // Sets the result of the i-th trial.
  void Finish(size_t i, double loss) {
    const std::vector<std::string> fields = absl::StrSplit(trials_[i], ';');
    trials_[i] = Text(fields[0], values_[i], FormatNumber(loss));
  }

  const std::vector<NamedValues>& values() const { return values_; }
  int decoded() const { return decoded_; }

 private:
  static std::string Text(const std::string& name, const NamedValues& values,
                          const std::string& loss) {
    std::string text = absl::StrCat(name, ";", loss);
    for (const auto& value : values) absl::StrAppend(&text, ";", value.second);
    return text;
  }

  absl::StatusOr<ReportedTrial> Decode(absl::string_view bytes) {
    ++decoded_;
    const std::vector<std::string> fields = absl::StrSplit(bytes, ';');
    ReportedTrial trial{.name = fields[0]};
    trial.objective = ParseNumber(fields[1]);
    if (trial.objective.has_value()) trial.condition = TrialCondition::kSucceeded;
    trial.values = {{"x", fields[2]}, {"k", fields[3]}, {"c", fields[4]}};
    return trial;
  }

  const std::string algorithm_;
  const std::string experiment_;
  std::vector<std::string> trials_;
  std::vector<NamedValues> values_;
  Settings carried_;
  int decoded_ = 0;
};

class SuggestionSessionsTest : public testing::Test {
 protected:
  FixedClock clock_;
};

// Three trials at a time; of these the second ends before the next is asked for.
std::vector<NamedValues> ProposalsOfSessions(const std::string& algorithm, int count, bool forget) {
  const FixedClock clock;
  SuggestionSessions sessions(&clock, {});
  Client client(algorithm);
  const SearchSpec search = SearchFor(algorithm);
  std::vector<size_t> active;
  while (static_cast<int>(client.values().size()) < count) {
    SuggestionSessions fresh(&clock, {});
    const auto answer =
        client.Ask(forget ? &fresh : &sessions, 3 - static_cast<int64_t>(active.size()));
    EXPECT_OK(answer);
    if (!answer.ok()) break;
    for (const SuggestionAnswer::Trial& trial : answer->trials) {
      active.push_back(client.values().size());
      client.Add(trial);
    }
    const Assignment assignment = search.space->Parse(client.values()[active[1]]).value();
    client.Finish(active[1], LossOf(*search.space, assignment));
    active.erase(active.begin() + 1);
  }
  return client.values();
}

// The same, asked of the algorithm itself.
std::vector<NamedValues> ProposalsOfAlgorithm(const std::string& algorithm, int count) {
  const SearchSpec search = SearchFor(algorithm);
  History history(search.space, search.objective);
  SuggesterSpec made_for = search.made_for();
  made_for.never_waits = true;
  const auto suggester = CreateSuggester(algorithm, made_for).value();
  std::vector<TrialRecord> active;
  std::vector<NamedValues> values;
  while (static_cast<int>(values.size()) < count) {
    const std::vector<Suggestion> suggestions =
        suggester->Suggest(history, 3 - static_cast<int>(active.size())).value();
    for (const Suggestion& suggestion : suggestions) {
      active.push_back({.number = history.next_number(),
                        .assignment = suggestion.assignment,
                        .labels = suggestion.labels});
      history.Put(active.back());
      values.push_back(search.space->Format(suggestion.assignment));
    }
    active[1].condition = TrialCondition::kSucceeded;
    active[1].objective = LossOf(*search.space, active[1].assignment);
    history.Put(active[1]);
    active.erase(active.begin() + 1);
  }
  return values;
}

class SessionAlgorithmTest : public testing::TestWithParam<std::string> {};

// The labels that algorithms write on their trials have come back, and every trial has its number.
TEST_P(SessionAlgorithmTest, ProposesWhatTheAlgorithmProposesThoughEverythingIsForgotten) {
  const std::vector<NamedValues> expected = ProposalsOfAlgorithm(GetParam(), 60);
  EXPECT_EQ(ProposalsOfSessions(GetParam(), 60, /*forget=*/false), expected);
  EXPECT_EQ(ProposalsOfSessions(GetParam(), 60, /*forget=*/true), expected);
}

std::vector<std::string> AlgorithmsForAnySpace() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    if (algorithm.capabilities.continuous) names.push_back(algorithm.name);
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(Algorithms, SessionAlgorithmTest,
                         testing::ValuesIn(AlgorithmsForAnySpace()),
                         [](const auto& info) { return TestNameOf(info.param); });

TEST_F(SuggestionSessionsTest, OnlyNewAndChangedTrialsAreDecoded) {
  SuggestionSessions sessions(&clock_, {});
  Client client("random");
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK_AND_ASSIGN(const SuggestionAnswer answer, client.Ask(&sessions, 1));
    client.Add(answer.trials[0]);
    if (i > 0) client.Finish(static_cast<size_t>(i) - 1, 1);
  }
  EXPECT_EQ(client.decoded(), 9 + 8) << "nine trials when they were new, eight when they ended";
}

TEST_F(SuggestionSessionsTest, ForgetsTheExperimentsThatWereAskedForLongestAgo) {
  SuggestionSessions sessions(&clock_, {.experiments = 3});
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back("random", absl::StrCat("experiment-", i));
    ASSERT_OK_AND_ASSIGN(const SuggestionAnswer answer, clients.back().Ask(&sessions, 1));
    clients.back().Add(answer.trials[0]);
    ASSERT_OK(clients.back().Ask(&sessions, 1));
  }
  EXPECT_EQ(sessions.size(), 3U);
  for (Client& client : clients) ASSERT_OK(client.Ask(&sessions, 1));
  EXPECT_EQ(clients[0].decoded(), 2) << "forgotten, so that its trial was decoded again";
}

TEST_F(SuggestionSessionsTest, ForgetsExperimentsWhenTheyHaveTooManyTrialsTogether) {
  SuggestionSessions sessions(&clock_, {.experiments = 100, .trials = 10});
  for (int i = 0; i < 5; ++i) {
    Client client("random", absl::StrCat("experiment-", i));
    ASSERT_OK_AND_ASSIGN(const SuggestionAnswer answer, client.Ask(&sessions, 4));
    for (const SuggestionAnswer::Trial& trial : answer.trials) client.Add(trial);
    ASSERT_OK(client.Ask(&sessions, 1));
  }
  EXPECT_EQ(sessions.size(), 2U) << "of four trials each";
}

TEST_F(SuggestionSessionsTest, AMistakeIsToldEachTimeAndNotRemembered) {
  SuggestionSessions sessions(&clock_, {});
  for (int i = 0; i < 2; ++i) {
    Client client("gird");
    EXPECT_THAT(client.Ask(&sessions, 1), StatusIs(absl::StatusCode::kInvalidArgument,
                                                   testing::HasSubstr("unknown algorithm name")));
  }
  EXPECT_EQ(sessions.size(), 0U);
}

}  // namespace
}  // namespace qalam
