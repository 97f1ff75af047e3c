#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/server/katib_controller.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Time, metric, value.
using Row = std::tuple<std::string, std::string, std::string>;

class DbManagerServiceTest : public testing::Test {
 protected:
  std::unique_ptr<katib::DBManager::Stub> stub() const {
    return katib::DBManager::NewStub(server_.channel());
  }

  grpc::Status Report(const std::string& trial, const std::vector<Row>& rows) {
    katib::ReportObservationLogRequest request;
    request.set_trial_name(trial);
    for (const auto& [time, metric, value] : rows) {
      katib::MetricLog* log = request.mutable_observation_log()->add_metric_logs();
      log->set_time_stamp(time);
      log->mutable_metric()->set_name(metric);
      log->mutable_metric()->set_value(value);
    }
    grpc::ClientContext context;
    katib::ReportObservationLogReply reply;
    return stub()->ReportObservationLog(&context, request, &reply);
  }

  std::vector<Row> Get(const std::string& trial, const std::string& metric = "",
                       const std::string& start = "", const std::string& end = "") {
    katib::GetObservationLogRequest request;
    request.set_trial_name(trial);
    request.set_metric_name(metric);
    request.set_start_time(start);
    request.set_end_time(end);
    grpc::ClientContext context;
    katib::GetObservationLogReply reply;
    const grpc::Status status = stub()->GetObservationLog(&context, request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<Row> rows;
    for (const katib::MetricLog& log : reply.observation_log().metric_logs()) {
      rows.emplace_back(log.time_stamp(), log.metric().name(), log.metric().value());
    }
    return rows;
  }

  LoopbackServer server_;
};

TEST_F(DbManagerServiceTest, WhatWasAcknowledgedIsThereAfterARestart) {
  ASSERT_TRUE(Report("a", {{"2026-01-02T15:04:05.123456789Z", "loss", "0.5"}}).ok());
  server_.Restart();
  EXPECT_THAT(Get("a"), ElementsAre(Row("2026-01-02T15:04:05.123456789Z", "loss", "0.5")));
}

TEST_F(DbManagerServiceTest, RowsComeInOrderOfTimeAndThenOfArrival) {
  ASSERT_TRUE(
      Report("a", {{"2026-01-02T00:00:02Z", "loss", "3"}, {"2026-01-02T00:00:01Z", "loss", "1"}})
          .ok());
  ASSERT_TRUE(Report("a", {{"2026-01-02T01:00:01+01:00", "loss", "2"}}).ok());
  EXPECT_THAT(Get("a"), ElementsAre(Row("2026-01-02T00:00:01Z", "loss", "1"),
                                    Row("2026-01-02T00:00:01Z", "loss", "2"),
                                    Row("2026-01-02T00:00:02Z", "loss", "3")));
}

TEST_F(DbManagerServiceTest, TheTimeThatStandsForNoneAndAnyTextAreKept) {
  const Row row("0001-01-01T00:00:00Z", "genotype", "Genotype(normal=[('a', 0)])");
  ASSERT_TRUE(Report("a", {row}).ok());
  EXPECT_THAT(Get("a"), ElementsAre(row));
}

TEST_F(DbManagerServiceTest, MetricAndInclusiveTimesSelect) {
  const std::vector<Row> rows = {{"2026-01-02T00:00:01Z", "loss", "1"},
                                 {"2026-01-02T00:00:02Z", "accuracy", "2"},
                                 {"2026-01-02T00:00:03Z", "loss", "3"},
                                 {"2026-01-02T00:00:04Z", "loss", "4"}};
  ASSERT_TRUE(Report("a", rows).ok());
  EXPECT_THAT(Get("a", "loss"), ElementsAre(rows[0], rows[2], rows[3]));
  EXPECT_THAT(Get("a", "", "2026-01-02T00:00:02Z", "2026-01-02T00:00:03Z"),
              ElementsAre(rows[1], rows[2]));
  EXPECT_THAT(Get("b"), IsEmpty());
}

TEST_F(DbManagerServiceTest, RowsWithoutATimeAreLeftOutAndNoRowsAreNoError) {
  EXPECT_TRUE(Report("a", {{"", "loss", "1"}}).ok());
  EXPECT_TRUE(Report("a", {}).ok());
  EXPECT_THAT(Get("a"), IsEmpty());
}

TEST_F(DbManagerServiceTest, DeletingTakesAllRowsOfOneTrial) {
  ASSERT_TRUE(Report("a", {{"2026-01-02T00:00:01Z", "loss", "1"}}).ok());
  ASSERT_TRUE(Report("b", {{"2026-01-02T00:00:01Z", "loss", "1"}}).ok());
  katib::DeleteObservationLogRequest request;
  request.set_trial_name("a");
  for (int i = 0; i < 2; ++i) {  // a second time is no error
    grpc::ClientContext context;
    katib::DeleteObservationLogReply reply;
    EXPECT_TRUE(stub()->DeleteObservationLog(&context, request, &reply).ok());
  }
  EXPECT_THAT(Get("a"), IsEmpty());
  EXPECT_THAT(Get("b"), testing::SizeIs(1));
}

TEST_F(DbManagerServiceTest, MistakesAreNamedAndNothingOfThemIsKept) {
  grpc::Status status =
      Report("a", {{"2026-01-02T00:00:01Z", "loss", "1"}, {"yesterday", "loss", "2"}});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              HasSubstr("observation_log.metric_logs[1].time_stamp is \"yesterday\""));
  EXPECT_THAT(Get("a"), IsEmpty());
  status = Report("", {});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("trial_name is empty"));
}

TEST_F(DbManagerServiceTest, AReportOfAHundredThousandPointsIsTaken) {
  std::vector<Row> rows(100'000, {"2026-01-02T00:00:01Z", "loss", "1"});
  ASSERT_TRUE(Report("a", rows).ok());
}

}  // namespace
}  // namespace qalam
