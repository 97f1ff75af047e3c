#ifndef QALAM_SUGGESTION_AUTO_MEMBER_CHOICE_H_
#define QALAM_SUGGESTION_AUTO_MEMBER_CHOICE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/history.h"

namespace qalam {

// The label in which `auto` notes which member proposed a trial.
inline constexpr char kAutoMemberLabel[] = "qalam.dev/auto-member";

// A member of the portfolio, and how much it is trusted before it has shown what it can.
struct AutoMember {
  std::string name;
  // Shares of the proposals of members that do equally well; of the early search, while a model of
  // all trials is affordable and best, and of the late one.
  double early_share = 0;
  double late_share = 0;
};

// The members for a space, the most trusted first; with several objectives, those of them that look
// for fronts. Shares sum to 1.
std::vector<AutoMember> AutoMembersFor(const SearchSpace& space, int objectives = 1);

// How well each member has done so far: the mean reward of its trials, newer ones counting more,
// drawn towards the mean of all. A trial's reward is 1 when it was better than all of smaller
// number, or entered their Pareto front, and otherwise falls from 1/2 to 0 with its rank among the
// trials shortly before it.
std::vector<double> AutoCredits(const History& history, const std::vector<AutoMember>& members);

// The probability with which each member is asked when `observed` results are known.
std::vector<double> AutoProbabilities(const std::vector<AutoMember>& members,
                                      const std::vector<double>& credits, int observed);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_AUTO_MEMBER_CHOICE_H_
