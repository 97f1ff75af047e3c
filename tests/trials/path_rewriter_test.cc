#include "trials/kinds/path_rewriter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace qalam {
namespace {

TEST(PathRewriterTest, ReplacesAMountPathWhereItStandsAsAPath) {
  const PathRewriter rewriter({{"/katib", "/run/t1"}}, "");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/katib", "/run/t1"},
      {"/katib/mnist.log", "/run/t1/mnist.log"},
      {"--log=/katib/mnist.log", "--log=/run/t1/mnist.log"},
      {"cd \"/katib\" && ls '/katib/a' >/katib/b", "cd \"/run/t1\" && ls '/run/t1/a' >/run/t1/b"},
      {"/usr/bin:/katib/bin", "/usr/bin:/run/t1/bin"},
      {"a,/katib,/katib", "a,/run/t1,/run/t1"},
      {"file:///katib/x", "file:///run/t1/x"},
      {"x=$(cat /katib/y)", "x=$(cat /run/t1/y)"},
      {"/katib\n/katib", "/run/t1\n/run/t1"},
  };
  for (const auto& [text, rewritten] : cases) EXPECT_EQ(rewriter.Rewrite(text), rewritten);
}

TEST(PathRewriterTest, LeavesWhatOnlyLooksLikeIt) {
  const PathRewriter rewriter({{"/katib", "/run/t1"}}, "");
  for (const char* text :
       {"/katib2", "/katib-x", "/katib.log", "/opt/katib", "./katib", "../katib/x", "~/katib",
        "${HOME}/katib", "$(pwd)/katib", "http://host/katib", "http://host:80/katib", "/katib*",
        "/katib$X", "/katib\\ x", "//katib", "katib", "é/katib", "/katibé"}) {
    EXPECT_EQ(rewriter.Rewrite(text), text);
  }
}

TEST(PathRewriterTest, TheLongestMountPathCountsAndNothingIsReplacedTwice) {
  const PathRewriter rewriter(
      {{"/data", "/tmp/a"}, {"/data/models", "/data/b"}, {"/tmp", "/data/c"}}, "");
  EXPECT_EQ(rewriter.Rewrite("/data/x /data/models/x /tmp/x /data/modelsx"),
            "/tmp/a/x /data/b/x /data/c/x /tmp/a/modelsx");
  EXPECT_EQ(rewriter.RewritePath("/data/models"), "/data/b");
  EXPECT_EQ(rewriter.RewritePath("/data/models/y"), "/data/b/y");
  EXPECT_EQ(rewriter.RewritePath("/database"), "/database");
}

TEST(PathRewriterTest, PathsOfAMappedImageAreReplacedWhereTheyExist) {
  std::string root = testing::TempDir() + "rewriterXXXXXX";
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  std::filesystem::create_directories(root + "/opt/mnist");
  std::ofstream(root + "/opt/mnist/main.py") << "print(1)";
  const PathRewriter rewriter({{"/opt/mnist/out", "/run/out"}}, root);
  EXPECT_EQ(rewriter.Rewrite("python3 /opt/mnist/main.py --x=/opt/mnist/out/y"),
            "python3 " + root + "/opt/mnist/main.py --x=/run/out/y");
  EXPECT_EQ(rewriter.Rewrite("/opt/other / 2 //x http://opt/mnist"),
            "/opt/other / 2 //x http://opt/mnist");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace qalam
