#include "cli/remote_control.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

// Drives default/digits and remembers what it is asked.
class RecordingEngine final : public Engine {
 public:
  JobEventSink* sink() override { return nullptr; }
  void UseRunner(std::unique_ptr<Runner>) override {}
  absl::Status Start(const ExperimentRecord&, const ExperimentSpec&) override {
    return absl::OkStatus();
  }
  absl::Status Stop(const std::string&, const std::string&, StopMode) override {
    return absl::OkStatus();
  }
  absl::Status Edit(const std::string& ns, const std::string& name, const Budget& budget) override {
    if (ns != "default" || name != "digits") return absl::NotFoundError("not driven");
    edited = budget;
    return absl::OkStatus();
  }
  absl::StatusOr<ExperimentView> View(const std::string& ns, const std::string& name) override {
    if (ns != "default" || name != "digits") return absl::NotFoundError("not driven");
    ExperimentView view;
    view.record.max_trial_count = 10;
    view.record.parallel_trial_count = 2;
    view.record.max_failed_trial_count = 5;
    return view;
  }
  void WaitUntilIdle() override {}

  std::optional<Budget> edited;
};

class RemoteControlTest : public testing::Test {
 protected:
  absl::Status Handle(const std::string& request, const std::string& name = "digits") {
    return HandleRequest(
        engine_, "default", name,
        [&](StopMode mode) {
          stopped_ = mode;
          return absl::OkStatus();
        },
        Json::parse(request));
  }
  RecordingEngine engine_;
  std::optional<StopMode> stopped_;
};

TEST_F(RemoteControlTest, StopsInTheModeThatIsAskedFor) {
  ASSERT_OK(Handle(StopRequest(StopMode::kGraceful).dump()));
  EXPECT_EQ(stopped_, StopMode::kGraceful);
  ASSERT_OK(Handle(StopRequest(StopMode::kNow).dump()));
  EXPECT_EQ(stopped_, StopMode::kNow);
}

TEST_F(RemoteControlTest, APingSaysWhetherTheExperimentIsDriven) {
  EXPECT_OK(Handle(R"({"command":"ping"})"));
  EXPECT_THAT(Handle(R"({"command":"ping"})", "finished"),
              StatusIs(absl::StatusCode::kNotFound, testing::_));
}

TEST_F(RemoteControlTest, AnEditLeavesTheLimitsThatItDoesNotName) {
  ASSERT_OK(Handle(R"({"command":"edit","maxTrialCount":20,"maxFailedTrialCount":null})"));
  EXPECT_EQ(engine_.edited, (Budget{20, 2, std::nullopt}));
  ASSERT_OK(Handle(EditRequest({std::nullopt, 7, 3}).dump()));
  EXPECT_EQ(engine_.edited, (Budget{std::nullopt, 7, 3}));
}

TEST_F(RemoteControlTest, RefusesWhatItDoesNotUnderstand) {
  const auto refuses = [&](const std::string& request, const std::string& message) {
    EXPECT_THAT(Handle(request), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << request;
  };
  refuses("[]", "JSON object");
  refuses("{}", "command");
  refuses(R"({"command":"explode"})", "\"explode\"");
  refuses(R"({"command":7})", "command");
  refuses(R"({"command":"stop","mode":"softly"})", "\"softly\"");
  refuses(R"({"command":"edit","maxTrialCount":"many"})", "maxTrialCount");
  refuses(R"({"command":"edit","maxTrialCount":1.5})", "maxTrialCount");
  refuses(R"({"command":"edit","parallelTrialCount":null})", "parallelTrialCount");
  EXPECT_FALSE(stopped_.has_value());
  EXPECT_FALSE(engine_.edited.has_value());
}

}  // namespace
}  // namespace qalam
