// The real program as a pod: it finds the API server and its service account where Kubernetes puts
// them.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"
#include "tests/server/fake_api_server.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;

TEST(ServeClusterTest, MarksTrialsOfTheClusterThatItRunsInAndKeepsNoData) {
  FakeApiServer cluster;
  cluster.AddTrial("net-1", {"Running"});
  TempDir dir;
  const std::string out = dir.path() + "/out";
  Program serve({"/usr/bin/env", "KUBERNETES_SERVICE_HOST=127.0.0.1",
                 absl::StrCat("KUBERNETES_SERVICE_PORT=", cluster.port()), QALAM_BINARY, "serve",
                 "--grpc-address=127.0.0.1:0", "--service=early-stopping",
                 absl::StrCat("--service-account=", cluster.account_dir()),
                 absl::StrCat("--data-dir=", dir.path(), "/data")},
                out, dir.path() + "/err");
  ASSERT_TRUE(WaitUntil([&] { return ReadFile(out).ends_with("\n"); }, 30));
  std::string address = ReadFile(out);
  address = address.substr(address.rfind(' ') + 1);
  address.pop_back();
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  katib::SetTrialStatusRequest request;
  request.set_trial_name("net-1");
  katib::SetTrialStatusReply reply;
  const grpc::Status status =
      katib::EarlyStopping::NewStub(channel)->SetTrialStatus(&context, request, &reply);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(cluster.Conditions("net-1").back(), "EarlyStopped");
  EXPECT_FALSE(std::filesystem::exists(dir.path() + "/data"));
}

}  // namespace
}  // namespace qalam
