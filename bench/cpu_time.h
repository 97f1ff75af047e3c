#ifndef QALAM_BENCH_CPU_TIME_H_
#define QALAM_BENCH_CPU_TIME_H_

#include <cstdint>

namespace qalam::bench {

// CPU seconds that the calling thread has used. Unlike the wall clock it does not count the time
// in which other programs had the processor.
double ThreadCpuSeconds();
// Seconds on a clock that only goes forward.
double WallSeconds();
// The resident memory of this process, in bytes; 0 where the system does not tell.
int64_t ResidentBytes();

}  // namespace qalam::bench

#endif  // QALAM_BENCH_CPU_TIME_H_
