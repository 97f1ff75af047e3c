#ifndef QALAM_SUGGESTION_FIDELITY_REPORT_RESOURCE_H_
#define QALAM_SUGGESTION_FIDELITY_REPORT_RESOURCE_H_

#include "suggestion/registry.h"

namespace qalam {

// Gives a multi-fidelity algorithm the setting resource_type. With "reports" the resource is no
// parameter, but how often a trial reports the objective: its label kReportsLabel says how often,
// and whoever runs it stops it then. Nothing else changes: the algorithm is asked in a space that
// has the number of reports as one more parameter, an int from 1 to the most (r_l or max_resource).
// A trial without the label is one that was trained in full.
void AllowReports(AlgorithmDescriptor* descriptor);

// Whether `settings` say that.
bool CountsReports(const Settings& settings);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_REPORT_RESOURCE_H_
