// qalam serve, as a process.
#include <gmock/gmock.h>

#include <csignal>
#include <string>

#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ServeTest : public QalamTest {};

TEST_F(ServeTest, SaysWhereItListensAndEndsOnSigterm) {
  const std::unique_ptr<Program> server = Start({"serve", "--grpc-address=127.0.0.1:0"}, "serve");
  ASSERT_TRUE(WaitUntil([&] { return ReadFile(Path("serve.out")).ends_with("\n"); }, 20));
  EXPECT_THAT(ReadFile(Path("serve.out")), StartsWith("serving gRPC on 127.0.0.1:"));
  server->Signal(SIGTERM);
  EXPECT_EQ(server->Wait(), 0) << ReadFile(Path("serve.err"));
}

TEST_F(ServeTest, DoesNotListenBeyondThisMachineUnlessToldTo) {
  const Finished refused = Qalam({"serve", "--grpc-address=0.0.0.0:0"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--insecure-listen"));
  const std::unique_ptr<Program> server =
      Start({"serve", "--grpc-address=0.0.0.0:0", "--insecure-listen"}, "serve");
  ASSERT_TRUE(WaitUntil([&] { return ReadFile(Path("serve.out")).ends_with("\n"); }, 20));
  server->Signal(SIGINT);
  EXPECT_EQ(server->Wait(), 0);
}

TEST_F(ServeTest, FlagsThatDoNotFitTogetherAreRefused) {
  EXPECT_THAT(Qalam({"serve", "--tls-cert=tests/server/tls/server.pem"}).err,
              HasSubstr("--tls-cert and --tls-key go together"));
  EXPECT_THAT(Qalam({"serve", "--tls-client-ca=tests/server/tls/ca.pem"}).err,
              HasSubstr("--tls-client-ca needs --tls-cert and --tls-key"));
  EXPECT_THAT(Qalam({"serve", "--tls-cert=no.pem", "--tls-key=no.key"}).err,
              HasSubstr("cannot read a PEM file from no.pem"));
  EXPECT_THAT(Qalam({"serve", "--max-message-mib=4096"}).err, HasSubstr("at most 2047"));
}

}  // namespace
}  // namespace qalam
