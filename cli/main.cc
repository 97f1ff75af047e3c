#include <unistd.h>

#include <string>
#include <vector>

#include "cli/dispatch.h"
#include "cli/output.h"
#include "core/clock.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  qalam::Output out(STDOUT_FILENO, qalam::Output::Buffering::kBlock);
  qalam::Output err(STDERR_FILENO, qalam::Output::Buffering::kNone);
  const qalam::SystemClock clock;
  return static_cast<int>(qalam::Dispatch(words, &out, &err, &clock));
}
