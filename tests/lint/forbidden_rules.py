"""The constructs that the project does not use, why, and where they are allowed all the same."""

import dataclasses
import re

# Folders of the program itself. The rules hold there, and in TESTS too unless they say otherwise.
PRODUCT = ("core/", "math/", "suggestion/", "bench/", "earlystop/", "nas/", "trials/", "storage/",
           "controller/", "server/", "cli/")
TESTS = ("tests/", "benchmarks/")


@dataclasses.dataclass(frozen=True)
class Rule:
    name: str
    pattern: str  # searched for in code without comments and literals
    reason: str
    bad: tuple  # lines that must be found, one finding each; the self-test plants them
    good: tuple = ()  # lines that look alike and must not be found
    where: tuple = PRODUCT + TESTS  # the rule holds below these
    home: tuple = ()  # and not below these: the places made for it
    in_comments: bool = False  # search the text as written

    def covers(self, path):
        return path.startswith(self.where) and not (self.home and path.startswith(self.home))

    def regex(self):
        return re.compile(self.pattern, re.MULTILINE)


RULES = (
    Rule("wall-clock",
         r"\babsl::Now\b|\bsystem_clock::now\b|\bgettimeofday\s*\(|CLOCK_REALTIME\b"
         r"|(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)",
         "time comes in as an argument or from a Clock (core/clock.h), so that tests choose it",
         bad=("auto t = absl::Now();", "long t = time(nullptr);", "auto t = ::time(0);",
              "auto t = std::chrono::system_clock::now();"),
         good=("absl::Time time(int x);", "record.time(0);", "auto t = steady_clock::now();",
               "// absl::Now() is not used", 'Log("absl::Now()");'),
         where=PRODUCT, home=("core/clock.cc",)),
    Rule("foreign-randomness",
         r"\brandom_device\b|\bmt19937(?:_64)?\b|\bdefault_random_engine\b|\bminstd_rand0?\b"
         r"|\branlux\w+\b|\bknuth_b\b|\bstd::\w+_distribution\b|\babsl::(?:Insecure)?BitGen\b"
         r"|#\s*include\s*<random>|#\s*include\s*[\"<]absl/random/"
         r"|(?<![\w.>:])(?:std::|::)?(?:(?:rand|random|[dlm]rand48|arc4random)\s*\(\s*\)"
         r"|(?:srand|srandom|rand_r|arc4random_\w+)\s*\()",
         "random numbers come from a RandomStream (core/random_stream.h): named, the same on every "
         "machine",
         bad=("std::random_device d;", "std::mt19937 g(1);",
              "std::normal_distribution<double> n;", "int r = rand();", "return ::random();",
              "srand(1);", "#include <random>", '#include "absl/random/random.h"',
              "absl::BitGen g;"),
         good=("Distribution distribution;", "stream.rand();", "int operand();",
               "RandomStream random(1, 2, \"x\");",
               "RandomStream stream(1, 2, \"x\");", '#include "suggestion/random.h"')),
    Rule("eigen-random",
         r"\bsetRandom\s*\(|::Random\s*\(",
         "Eigen draws from rand(); fill matrices from a RandomStream",
         bad=("m.setRandom();", "auto m = MatrixXd::Random(2, 2);"),
         good=("auto s = RandomStream(1, 2, \"x\");",)),
    Rule("std-string-view",
         r"\bstd::w?string_view\b|#\s*include\s*<string_view>",
         "absl::string_view is another type on Debian and absl's functions take only that one",
         bad=("void F(std::string_view s);", "#include <string_view>"),
         good=("void F(absl::string_view s);",), home=("core/",)),
    Rule("absl-mutex",
         r"\babsl::(?:Mutex|MutexLock|ReaderMutexLock|WriterMutexLock|CondVar|Notification"
         r"|BlockingCounter)\b|#\s*include\s*[\"<]absl/synchronization/",
         "the packaged absl gives false reports under ThreadSanitizer; use core/mutex.h",
         bad=("absl::Mutex m;", "absl::MutexLock lock(&m);",
              '#include "absl/synchronization/mutex.h"'),
         good=("Mutex m;", "MutexLock lock(&m);")),
    Rule("absl-vocabulary",
         r"\babsl::(?:optional|variant|any|nullopt|make_optional|holds_alternative)\b"
         r"|#\s*include\s*[\"<]absl/types/(?:optional|variant|any)\.h",
         "these are other types than std's on Debian; use std::optional, std::variant, std::any",
         bad=("absl::optional<int> x;", "absl::variant<int, char> x;",
              '#include "absl/types/optional.h"'),
         good=("std::optional<int> x;", "absl::Span<int> x;", "absl::any_invocable x;")),
    Rule("std-regex",
         r"\bstd::(?:basic_)?regex\b|\bstd::regex_\w+|#\s*include\s*<regex>",
         "std::regex backtracks without bound on hostile input; use RE2",
         bad=("std::regex r(\"a\");", "#include <regex>", "std::regex_match(a, b);"),
         good=("RE2 regex(\"a\");",)),
    Rule("shell-call",
         r"(?<![\w.>])(?:std::|::)?(?:system|popen)\s*\(",
         "a shell between us and a process means quoting bugs and lost exit codes; start processes "
         "through the supervisor",
         bad=("system(\"ls\");", "std::system(cmd);", "FILE* f = popen(cmd, \"r\");"),
         good=("operating_system(1);", "machine.system();")),
    Rule("process-call",
         r"(?<![\w.>:])(?:::)?(?:fork|vfork|clone|clone3|posix_spawnp?)\s*\(",
         "processes are started in one place, where signals, descriptors and groups are cared for",
         bad=("pid_t p = fork();", "pid_t p = ::vfork();", "posix_spawn(&p, a, b, c, d, e);"),
         good=("trial.fork();", "auto copy = stream.clone();", "int pitchfork(int x);"),
         where=PRODUCT, home=("trials/supervisor/",)),
    Rule("grpc",
         r"#\s*include\s*[\"<](?:grpc(?:pp)?/|google/protobuf/|proto/)",
         "RPC and its messages stay at the edge: only server/ speaks gRPC",
         bad=("#include <grpcpp/grpcpp.h>", "#include <grpc/grpc.h>",
              '#include "proto/katib/v1beta1/api.pb.h"'),
         where=PRODUCT, home=("server/",)),
    Rule("linear-algebra",
         r"#\s*include\s*[<\"](?:cblas|lapacke?|(?:unsupported/)?Eigen/)",
         "linear algebra is reached through math/linear_algebra.h",
         bad=("#include <cblas.h>", "#include <Eigen/Dense>", '#include "lapacke.h"',
              "#include <unsupported/Eigen/FFT>"),
         good=('#include "math/linear_algebra.h"',), home=("math/",)),
    Rule("yaml-cpp",
         r"#\s*include\s*[\"<]yaml-cpp/",
         "yaml-cpp throws and expands aliases without limit; only controller/spec/ reads YAML",
         bad=("#include <yaml-cpp/yaml.h>", '#include "yaml-cpp/yaml.h"'),
         where=PRODUCT, home=("controller/spec/",)),
    Rule("sqlite",
         r"#\s*include\s*[\"<]sqlite3\.h",
         "the store is reached through storage/store.h",
         bad=("#include <sqlite3.h>",),
         where=PRODUCT, home=("storage/",)),
    Rule("iostream",
         r"#\s*include\s*<iostream>",
         "std::cout and std::cerr are globals with constructors; libraries return text",
         bad=("#include <iostream>",), good=("#include <istream>",),
         where=PRODUCT),
    Rule("raw-new",
         r"(?:\A|[;{}])(?![^;{}]*(?:\bstatic\b|\bunique_ptr<|\bWrapUnique\())[^;{}]*?"
         r"\bnew\b\s+[A-Za-z_:][\w:<>, ]*\s*[({\[;]",
         "owners are values or unique_ptr: std::make_unique, or unique_ptr<T>(new T) where the "
         "constructor is private; only a function's static table may live for ever",
         bad=("auto* x = new Thing(1);", "Thing* x = new Thing;", "int* x = new int[3];"),
         good=("return absl::WrapUnique(new Thing(1));", "std::unique_ptr<Thing> t(new Thing(1));",
               "auto x = std::unique_ptr<Thing>(\n    new Thing(1));",
               "// a new Thing(1)", "int renew (int x);",
               "static const auto* const kTable = new std::vector<int>{"),
         where=PRODUCT),
    Rule("raw-delete",
         r"(?<!=)(?<!= )(?<!operator )\bdelete\b\s*(?:\[\s*\]\s*)?[\w:(*]",
         "owners are values or unique_ptr",
         bad=("delete x;", "delete[] x;", "delete (x);"),
         good=("Thing(const Thing&) = delete;", "Delete(x);", "delete_all(x);"),
         where=PRODUCT),
    Rule("throw",
         r"\bthrow\b(?!\s*\(\s*\))",
         "errors are absl::Status; exceptions of libraries are caught where the library is called",
         bad=("throw Oops();", "throw;"),
         good=("// may throw", "int overthrow = 1;"),
         where=PRODUCT),
    Rule("unfinished",
         r"\b(?:TODO|FIXME|XXX|HACK)\b",
         "finish it, or write in docs/ that it does not exist",
         bad=("// TODO: later", "/* FIXME */"),
         good=("// to do so", "int todo = 1;"),
         in_comments=True),
)


@dataclasses.dataclass(frozen=True)
class Allowance:
    """One file in which one rule does not hold. An allowance that is not needed is a finding."""

    rule: str
    path: str
    because: str


ALLOWANCES = (
    Allowance("absl-mutex", "cli/serve.cc",
              "turns off the search for deadlocks in the mutexes of gRPC, which is a setting of absl"),
    Allowance("process-call", "trials/runners/cleanup_command.cc",
              "removes the containers of a job whose supervisor, who would do it, was killed"),
    Allowance("process-call", "trials/runners/supervisor_host.cc",
              "starts the host of the supervisors, from which everything else is forked"),
    Allowance("wall-clock", "trials/supervisor/files.cc",
              "a supervisor is a process of its own and stamps each line as it comes"),
)
