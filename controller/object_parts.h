#ifndef QALAM_CONTROLLER_OBJECT_PARTS_H_
#define QALAM_CONTROLLER_OBJECT_PARTS_H_

#include <initializer_list>
#include <vector>

#include "core/json.h"
#include "storage/records.h"

namespace qalam {

// Pieces that the objects of experiments and trials share.

// status.conditions: type, status ("True" or "False"), reason, message and the two times.
Json ConditionsObject(const std::vector<ConditionRecord>& conditions);
// parameterAssignments: [{name, value}].
Json AssignmentsObject(const NamedValues& assignment);
// observation: {metrics: [{name, min, max, latest}]}, empty when there was none.
Json ObservationObject(const std::vector<MetricSummary>& metrics);
// The value at a path of keys; nullptr when there is none.
const Json* FindIn(const Json& object, std::initializer_list<const char*> keys);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_OBJECT_PARTS_H_
