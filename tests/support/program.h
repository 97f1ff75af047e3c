#ifndef QALAM_TESTS_SUPPORT_PROGRAM_H_
#define QALAM_TESTS_SUPPORT_PROGRAM_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace qalam {

// A child process of a test: started, waited for or killed; killed at the latest when it goes out
// of scope. Its standard output and error go to files.
class Program {
 public:
  // argv[0] is a path. Output files are created or truncated.
  Program(const std::vector<std::string>& argv, const std::string& stdout_path,
          const std::string& stderr_path);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  // The exit code, or 128 + signal.
  int Wait();
  // True when it has ended within the given time; Wait() then returns at once.
  bool EndsWithin(double seconds);

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
  int code_ = -1;
};

// The whole content of a file; empty when there is none.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);
// Asks `holds` every few milliseconds until it does; false when `seconds` have passed.
bool WaitUntil(const std::function<bool()>& holds, double seconds);

}  // namespace qalam

#endif  // QALAM_TESTS_SUPPORT_PROGRAM_H_
