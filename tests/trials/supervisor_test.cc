// The parts of the supervisor that need no process.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/trials/runner_test_support.h"
#include "trials/supervisor/captured_lines.h"
#include "trials/supervisor/channel.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/output.h"
#include "trials/supervisor/plan.h"
#include "trials/supervisor/proc.h"
#include "trials/supervisor/state_file.h"
#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WireTest, ReadsWhatWasWrittenAndNothingElse) {
  WireWriter out;
  out.Int(-5);
  out.Text(std::string("a\0b", 3));
  out.Texts({"", "x"});
  const std::string& bytes = out.bytes();
  WireReader in(bytes.data(), bytes.size());
  EXPECT_EQ(in.Int(), -5);
  EXPECT_EQ(in.Text(), std::string("a\0b", 3));
  EXPECT_THAT(in.Texts(), ElementsAre("", "x"));
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.Int(), 0);
  EXPECT_FALSE(in.ok());
}

TEST(WireTest, CutOrSenselessBytesAreNoticed) {
  Plan plan;
  plan.main.argv = {"sh", "-c", "true"};
  plan.capture_words = {"loss"};
  const std::string bytes = EncodePlan(plan);
  for (size_t size = 0; size < bytes.size(); ++size) {
    Plan read;
    EXPECT_FALSE(DecodePlan(bytes.substr(0, size), &read)) << size;
  }
  Plan read;
  EXPECT_TRUE(DecodePlan(bytes, &read));
  EXPECT_EQ(read.main.argv, plan.main.argv);
  const std::string negative(8, '\xff');
  WireReader in(negative.data(), negative.size());
  EXPECT_EQ(in.Text(), "");
  EXPECT_FALSE(in.ok());
}

TEST(StateFileTest, GoesFromFreshOverClaimedToEnded) {
  const TestFolder folder;
  EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kFresh);
  {
    const LockedState locked = LockFreshState(folder.path());
    ASSERT_TRUE(locked.file.valid());
    EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kStarting);
    EXPECT_EQ(WriteClaim(locked.file.get(),
                         {.pid = 7, .started = 8, .gpus = "1,2", .job = ClaimedJob(folder.path())}),
              0);
    const JobState state = ReadJobState(folder.path());
    EXPECT_EQ(state.phase, JobPhase::kRunning);
    EXPECT_EQ(state.claim.pid, 7);
    EXPECT_EQ(state.claim.gpus, "1,2");
    EXPECT_EQ(WriteEnd(locked.file.get(), {.end = JobEnd::kExitCode,
                                           .exit_code = 3,
                                           .message = "why",
                                           .succeeded_pods = 1,
                                           .failed_pods = 2}),
              0);
  }
  const JobState state = ReadJobState(folder.path());
  EXPECT_EQ(state.phase, JobPhase::kEnded);
  EXPECT_EQ(state.end.end, JobEnd::kExitCode);
  EXPECT_EQ(state.end.exit_code, 3);
  EXPECT_EQ(state.end.message, "why");
  EXPECT_EQ(state.end.failed_pods, 2);
}

TEST(StateFileTest, ClaimedJobCannotBeLockedAgainEvenWhenLost) {
  const TestFolder folder;
  {
    const LockedState first = LockFreshState(folder.path());
    const LockedState second = LockFreshState(folder.path());
    EXPECT_TRUE(first.file.valid());
    EXPECT_FALSE(second.file.valid());
    EXPECT_EQ(second.error, 0);
    EXPECT_EQ(WriteClaim(first.file.get(), {.pid = 7, .job = ClaimedJob(folder.path())}), 0);
  }
  EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kLost);
  EXPECT_FALSE(LockFreshState(folder.path()).file.valid());
}

TEST(StateFileTest, ClaimOfAnotherJobCountsAsNone) {
  const TestFolder folder;
  EXPECT_EQ(ClaimedJob("/a/job.1"), "job.1");
  EXPECT_EQ(ClaimedJob("/a/job.1//"), "job.1");
  EXPECT_EQ(ClaimedJob("job"), "job");
  {
    const LockedState before = LockFreshState(folder.path());
    EXPECT_EQ(WriteClaim(before.file.get(), {.pid = 7, .job = "before"}), 0);
    EXPECT_EQ(WriteEnd(before.file.get(), {.end = JobEnd::kSucceeded}), 0);
    EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kStarting);
  }
  EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kFresh);
  WriteText(StatePath(folder.path()), "its lines");
  const LockedState locked = LockFreshState(folder.path());
  ASSERT_TRUE(locked.file.valid());
  EXPECT_EQ(WriteClaim(locked.file.get(), {.pid = 8, .job = ClaimedJob(folder.path())}), 0);
  const JobState state = ReadJobState(folder.path());
  EXPECT_EQ(state.phase, JobPhase::kRunning);
  EXPECT_EQ(state.claim.pid, 8);
  EXPECT_EQ(ReadText(StatePath(folder.path())).size(), static_cast<size_t>(kStateHeaderBytes));
}

TEST(StateFileTest, LockThatWasGivenUpBeforeTheClaimLeavesTheJobFresh) {
  const TestFolder folder;
  { const LockedState locked = LockFreshState(folder.path()); }
  EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kFresh);
  EXPECT_TRUE(LockFreshState(folder.path()).file.valid());
}

TEST(StateFileTest, LockPassesToAForkedProcess) {
  const TestFolder folder;
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  LockedState locked = LockFreshState(folder.path());
  const pid_t child = fork();
  if (child == 0) {
    close(gate[1]);
    char byte;
    _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
  }
  close(gate[0]);
  locked.file.Reset();
  EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kStarting);
  close(gate[1]);
  siginfo_t info = {};
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);  // a zombie
  EXPECT_EQ(ReadJobState(folder.path()).phase, JobPhase::kFresh);
  waitpid(child, nullptr, 0);
}

TEST(StateFileTest, TornRecordsCountAsNone) {
  const TestFolder folder;
  {
    const LockedState locked = LockFreshState(folder.path());
    WriteClaim(locked.file.get(), {.pid = 7, .job = ClaimedJob(folder.path())});
    WriteEnd(locked.file.get(), {.end = JobEnd::kSucceeded, .message = "m"});
  }
  const std::string path = StatePath(folder.path());
  const std::string whole = ReadText(path);
  std::vector<JobPhase> phases;
  for (size_t size = whole.size(); size-- > 0;) {
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(size)), 0);
    const JobPhase phase = ReadJobState(folder.path()).phase;
    if (phases.empty() || phases.back() != phase) phases.push_back(phase);
  }
  // First its end is gone, then its claim too.
  EXPECT_THAT(phases, ElementsAre(JobPhase::kEnded, JobPhase::kLost, JobPhase::kFresh));
}

TEST(StateFileTest, LongMessageIsCutToItsPlace) {
  const TestFolder folder;
  {
    const LockedState locked = LockFreshState(folder.path());
    WriteClaim(locked.file.get(), {.pid = 7, .job = ClaimedJob(folder.path())});
    WriteText(StatePath(folder.path()), "lines follow the header");
    EXPECT_EQ(WriteEnd(locked.file.get(), {.message = std::string(100'000, 'm')}), 0);
  }
  EXPECT_EQ(ReadJobState(folder.path()).end.message, std::string(1500, 'm'));
  const std::string bytes = ReadText(StatePath(folder.path()));
  EXPECT_EQ(bytes.substr(kStateHeaderBytes), "lines follow the header");
}

TEST(CapturedFileTest, FramesAreReadAsTheyComeByteByByte) {
  std::string bytes;
  AppendFrame(1, "first", 5, &bytes);
  AppendFrame(2, "", 0, &bytes);
  AppendFrame(3, "third", 5, &bytes);
  std::vector<StampedLine> lines;
  size_t taken = 0;
  for (size_t size = 0; size <= bytes.size(); ++size) {
    taken += ParseFrames(bytes.data() + taken, size - taken, &lines);
  }
  EXPECT_EQ(taken, bytes.size());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[2].text, "third");
  EXPECT_EQ(lines[2].time, 3);
}

std::vector<std::string> Capture(const std::string& text, size_t chunk,
                                 const std::vector<std::string>& words) {
  const TestFolder folder;
  GrowingFile file(folder.File("captured"));
  LineCapture capture(&words, &file);
  for (size_t at = 0; at < text.size(); at += chunk) {
    const std::string part = text.substr(at, chunk);
    capture.Feed(part.data(), part.size());
  }
  capture.Finish();
  const std::string bytes = ReadText(folder.File("captured"));
  std::vector<StampedLine> lines;
  ParseFrames(bytes.data(), bytes.size(), &lines);
  std::vector<std::string> texts;
  for (const StampedLine& line : lines) texts.push_back(line.text);
  return texts;
}

TEST(LineCaptureTest, HowTheTextIsCutIntoPiecesDoesNotMatter) {
  const std::string text = "loss=1\n\nnoise\r\nacc=2\r\nloss=3 acc=4\n  loss=5";
  for (size_t chunk = 1; chunk <= text.size(); ++chunk) {
    SCOPED_TRACE(chunk);
    EXPECT_THAT(Capture(text, chunk, {"loss", "acc"}),
                ElementsAre("loss=1", "acc=2", "loss=3 acc=4", "  loss=5"));
    EXPECT_EQ(Capture(text, chunk, {}).size(), 5u);
  }
}

TEST(LineCaptureTest, LinesAreCutAt64KiB) {
  const std::string text = std::string((64 << 10) + 5, 'x') + "\n" + std::string(64 << 10, 'y');
  for (const size_t chunk : {size_t{1000}, size_t{1} << 20}) {
    const std::vector<std::string> lines = Capture(text, chunk, {});
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0], std::string(64 << 10, 'x'));
    EXPECT_EQ(lines[1], std::string(64 << 10, 'y'));
  }
}

TEST(OutputTailTest, QuotesTheLastLinesThatAreNotBlank) {
  OutputTail tail;
  EXPECT_EQ(tail.LastLines(3), "");
  const std::string text = "a\nb\n\nc  \r\n \nd\n";
  for (const char c : text) tail.Feed(&c, 1);
  EXPECT_EQ(tail.LastLines(3), "b | c | d");
  EXPECT_EQ(tail.LastLines(100), "a | b | c | d");
  const std::string much(100'000, 'z');
  tail.Feed(much.data(), much.size());
  EXPECT_LE(tail.LastLines(3).size(), 1000u);
}

TEST(JobLogTest, PrefixesEachLineOnce) {
  const TestFolder folder;
  JobLog log(folder.File("job"), 1 << 20);
  bool at_line_start = true;
  for (const std::string part : {"a", "b\nc", "\n", "\nd"}) {
    log.AppendPrefixed("side", part.data(), part.size(), &at_line_start);
  }
  EXPECT_EQ(ReadText(folder.File("job.log")), "[side] ab\n[side] c\n[side] \n[side] d");
}

TEST(JobLogTest, KeepsOneOldFile) {
  const TestFolder folder;
  JobLog log(folder.File("job"), 10);
  const std::vector<std::string> parts = {"111111", "222222", "333333", std::string(20, '4')};
  for (const std::string& part : parts) {
    log.Append(part.data(), part.size());
  }
  EXPECT_EQ(ReadText(folder.File("job.log")), std::string(20, '4'));
  EXPECT_EQ(ReadText(folder.File("job.log.1")), "333333");
}

TEST(GrowingFileTest, FolderThatWasTakenAwayDoesNotStallItsWriter) {
  const TestFolder folder;
  GrowingFile file(folder.File("no/such/folder/log"));
  file.Append("text", 4);
  EXPECT_FALSE(file.stalled());
}

TEST(FilesTest, MakeFoldersTellsWhatIsInTheWay) {
  const TestFolder folder;
  EXPECT_EQ(MakeFolders(folder.File("a/b/c")), 0);
  EXPECT_EQ(MakeFolders(folder.File("a/b/c")), 0);
  WriteText(folder.File("file"), "");
  EXPECT_EQ(MakeFolders(folder.File("file")), ENOTDIR);
  EXPECT_EQ(MakeFolders(folder.File("file/below")), ENOTDIR);
}

TEST(FilesTest, RemovingAFolderDoesNotFollowLinks) {
  const TestFolder folder;
  MakeFolders(folder.File("precious"));
  WriteText(folder.File("precious/data"), "x");
  MakeFolders(folder.File("job/deep"));
  ASSERT_EQ(symlink(folder.File("precious").c_str(), folder.File("job/deep/link").c_str()), 0);
  ASSERT_EQ(symlink(folder.File("precious").c_str(), folder.File("job/link").c_str()), 0);
  RemoveFolder(folder.File("job"));
  EXPECT_NE(access(folder.File("job").c_str(), F_OK), 0);
  EXPECT_EQ(ReadText(folder.File("precious/data")), "x");
}

TEST(ProcTest, FindsChildrenAndMarks) {
  const std::string mark = MarkOf("job", "/some/folder");
  EXPECT_NE(mark, MarkOf("job", "/other/folder"));
  EXPECT_THAT(ProcessesMarked(mark), IsEmpty());
  const pid_t child = fork();
  if (child == 0) {
    const std::string variable = mark;
    char* const argv[] = {const_cast<char*>("sleep"), const_cast<char*>("600"), nullptr};
    char* const envp[] = {const_cast<char*>(variable.c_str()), nullptr};
    execve("/bin/sleep", argv, envp);
    _exit(1);
  }
  EXPECT_TRUE(WaitUntil([&] { return !ProcessesMarked(mark).empty(); }));
  EXPECT_THAT(ProcessesMarked(mark), ElementsAre(child));
  EXPECT_THAT(ChildrenOf(getpid()), testing::Contains(child));
  EXPECT_EQ(CommandOf(child), "sleep");
  EXPECT_GT(PrivateMemoryOf(child), 0);
  EXPECT_EQ(KillMarked(mark), 1);
  siginfo_t info = {};
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_THAT(ProcessesMarked(mark), IsEmpty());  // a zombie runs no more
  waitpid(child, nullptr, 0);
}

TEST(ChannelTest, ReportsAndRequestsSurviveTheirEncoding) {
  const auto report =
      ParseReport(EncodeReport({.kind = Report::Kind::kTaken, .error = 12, .started = 99}));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->kind, Report::Kind::kTaken);
  EXPECT_EQ(report->error, 12);
  EXPECT_EQ(report->started, 99);
  EXPECT_FALSE(ParseReport("short").has_value());
  EXPECT_FALSE(ParseRequest({.bytes = "short"}).has_value());
}

TEST(ChannelTest, RequestsOfAnySizeArriveInOrderBeforeTheEnd) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd runner(ends[0]);
  const UniqueFd supervisor(ends[1]);
  const std::string big(5 << 20, 'p');
  EXPECT_EQ(SendRequest(runner.get(), {.directory = "/d", .plan = big}), 0);
  EXPECT_EQ(SendRequest(runner.get(), {.kind = Request::Kind::kCancel, .grace = 7}), 0);
  runner.Reset();
  Message message;
  ASSERT_EQ(ReceiveMessage(supervisor.get(), &message), Received::kMessage);
  auto request = ParseRequest(message);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->kind, Request::Kind::kStart);
  EXPECT_EQ(request->directory, "/d");
  EXPECT_TRUE(request->plan == big);
  ASSERT_EQ(ReceiveMessage(supervisor.get(), &message), Received::kMessage);
  EXPECT_FALSE(message.file.valid());
  request = ParseRequest(message);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->kind, Request::Kind::kCancel);
  EXPECT_EQ(request->grace, 7);
  EXPECT_EQ(ReceiveMessage(supervisor.get(), &message), Received::kClosed);
  EXPECT_EQ(SendRequest(supervisor.get(), {}), EPIPE);
}

}  // namespace
}  // namespace qalam::supervisor
