#ifndef QALAM_TESTS_SUPPORT_TEST_SPACES_H_
#define QALAM_TESTS_SUPPORT_TEST_SPACES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/history.h"
#include "core/search_space.h"

namespace qalam {

// Builders for tests, in the order name, range, step.
Parameter DoubleParameter(std::string name, double min, double max,
                          Distribution distribution = Distribution::kUniform);
Parameter SteppedParameter(std::string name, double min, double max, double step);
Parameter IntParameter(std::string name, double min, double max,
                       Distribution distribution = Distribution::kUniform);
Parameter ListParameter(std::string name, ParameterType type, std::vector<std::string> list);
std::shared_ptr<const SearchSpace> MakeSpace(std::vector<Parameter> parameters,
                                             const std::vector<std::string>& constraints = {});
// The parameter with a condition: its parent has one of `values`, or lies in the range.
Parameter When(Parameter parameter, std::string parent, std::vector<std::string> values);
Parameter WhenWithin(Parameter parameter, std::string parent, double min, double max);
// The parameter with a default.
Parameter WithDefault(Parameter parameter, double value);

// The search spaces that every algorithm must cope with, by name.
std::vector<std::string> TestSpaceNames();
std::shared_ptr<const SearchSpace> TestSpace(const std::string& name);

// `name` with all but letters and digits replaced by _, as GoogleTest wants names of tests.
std::string TestNameOf(std::string name);

// A trial that has been created and not finished.
TrialRecord PendingTrial(int64_t number, Assignment assignment);

}  // namespace qalam

#endif  // QALAM_TESTS_SUPPORT_TEST_SPACES_H_
