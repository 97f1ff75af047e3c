#ifndef QALAM_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define QALAM_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/status_macros.h"

namespace qalam {

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

MATCHER(IsOk, "is OK") {
  const absl::Status& status = GetStatus(arg);
  if (!status.ok()) *result_listener << status.ToString();
  return status.ok();
}

// Matches a status of the given code whose message matches.
MATCHER_P2(StatusIs, code, message_matcher,
           "has the code and message " + testing::DescribeMatcher<std::string>(message_matcher)) {
  const absl::Status& status = GetStatus(arg);
  *result_listener << status.ToString();
  return status.code() == code &&
         testing::ExplainMatchResult(testing::Matcher<std::string>(message_matcher),
                                     std::string(status.message()), result_listener);
}

}  // namespace qalam

#define EXPECT_OK(expr) EXPECT_THAT((expr), ::qalam::IsOk())
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::qalam::IsOk())
#define ASSERT_OK_AND_ASSIGN(lhs, rexpr) \
  QALAM_ASSERT_OK_AND_ASSIGN_IMPL_(QALAM_CONCAT_(qalam_test_, __LINE__), lhs, rexpr)
#define QALAM_ASSERT_OK_AND_ASSIGN_IMPL_(statusor, lhs, rexpr) \
  auto statusor = (rexpr);                                     \
  ASSERT_THAT(statusor, ::qalam::IsOk());                      \
  lhs = std::move(statusor).value()

#endif  // QALAM_TESTS_SUPPORT_STATUS_MATCHERS_H_
