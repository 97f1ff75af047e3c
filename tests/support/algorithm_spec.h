#ifndef QALAM_TESTS_SUPPORT_ALGORITHM_SPEC_H_
#define QALAM_TESTS_SUPPORT_ALGORITHM_SPEC_H_

#include "suggestion/registry.h"

namespace qalam {

// `spec` with what the algorithm needs beside it to be valid. Algorithms that give trials different
// amounts of a resource need one: the int parameter "epochs", 1 to 9, is added to the space unless
// it is there, and settings that name it.
SuggesterSpec CompleteSpec(const AlgorithmDescriptor& algorithm, SuggesterSpec spec);

}  // namespace qalam

#endif  // QALAM_TESTS_SUPPORT_ALGORITHM_SPEC_H_
