// qalam bench serve: evaluates points for an optimiser in another program.
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/results.h"
#include "bench/runner.h"
#include "bench/session.h"
#include "cli/bench.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// The next line of standard input, without its end; nothing at the end of the input.
std::optional<std::string> ReadLine() {
  std::string line;
  int c = 0;
  while ((c = std::getchar()) != EOF && c != '\n') line.push_back(static_cast<char>(c));
  if (c == EOF && line.empty()) return std::nullopt;
  return line;
}

}  // namespace

absl::StatusOr<ExitCode> BenchServe(const Invocation& invocation) {
  const ParsedFlags& flags = invocation.flags;
  QALAM_ASSIGN_OR_RETURN(const auto problems, LoadChosenProblems(flags));
  if (problems.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("serve evaluates one problem, and --suite and --task choose ", problems.size(),
                     "; `qalam bench problems --suite NAME` lists tasks"));
  }
  const bench::Problem& problem = *problems.front();
  QALAM_ASSIGN_OR_RETURN(const int seed, IntFlag(flags, "seed", 0, 0));
  QALAM_ASSIGN_OR_RETURN(const int budget, IntFlag(flags, "budget", 1, 200));
  QALAM_ASSIGN_OR_RETURN(const int parallel, IntFlag(flags, "parallel", 1, 1));
  bench::EvaluationSession session(problem,
                                   {.algorithm = flags.ValueOr("algorithm", ""),
                                    .version = flags.ValueOr("algorithm-version", ""),
                                    .seed = static_cast<uint64_t>(seed),
                                    .mode = ModeFlag(flags),
                                    .parallel = parallel},
                                   bench::EffectiveBudget(problem, budget));
  const auto print = [&](const std::string& line) {
    invocation.out->Write(line + "\n");
    invocation.out->Flush();
  };
  print(session.Greeting());
  while (const std::optional<std::string> line = ReadLine()) {
    if (!line->empty()) print(session.Answer(*line));
  }
  // A run that was given up half-way is not kept: whoever resumes makes it again.
  if (const std::optional<std::string> out = flags.Value("out"); out && session.done()) {
    QALAM_RETURN_IF_ERROR(bench::AppendResults(*out, {session.Result()}));
  }
  return ExitCode::kSuccess;
}

}  // namespace qalam
