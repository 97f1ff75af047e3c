#ifndef QALAM_TESTS_SUPPORT_ALGORITHM_SPEC_H_
#define QALAM_TESTS_SUPPORT_ALGORITHM_SPEC_H_

#include <string>

#include "suggestion/registry.h"

namespace qalam {

// Whether the algorithm has a setting of this name. One without random_state has no random choices.
bool HasSetting(const AlgorithmDescriptor& algorithm, const std::string& name);

// `spec` with what the algorithm needs beside it to be valid. Algorithms that give trials different
// amounts of a resource need one: the int parameter "epochs", 1 to 9, is added to the space unless
// it is there, and settings that name it. Those that follow steps get four points of the space, so
// often that there is no end to them.
SuggesterSpec CompleteSpec(const AlgorithmDescriptor& algorithm, SuggesterSpec spec);

}  // namespace qalam

#endif  // QALAM_TESTS_SUPPORT_ALGORITHM_SPEC_H_
