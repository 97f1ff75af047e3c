#include "trials/runners/supervisor_image.h"

#include <cstddef>

// The build passes the path of the program and rebuilds this file when the program changes.
asm(".section .rodata\n"
    ".balign 16\n"
    "qalam_supervisor_begin:\n"
    ".incbin \"" QALAM_SUPERVISOR_PROGRAM
    "\"\n"
    "qalam_supervisor_end:\n"
    ".previous\n");

extern "C" {
extern const char begin_of_program[] asm("qalam_supervisor_begin");
extern const char end_of_program[] asm("qalam_supervisor_end");
}

namespace qalam {

absl::string_view SupervisorImage() {
  return {begin_of_program, static_cast<size_t>(end_of_program - begin_of_program)};
}

}  // namespace qalam
