#ifndef QALAM_CORE_STATUS_MACROS_H_
#define QALAM_CORE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr`, an absl::Status, is not OK.
#define QALAM_RETURN_IF_ERROR(expr)                \
  do {                                             \
    absl::Status qalam_status_ = (expr);           \
    if (!qalam_status_.ok()) return qalam_status_; \
  } while (false)

#define QALAM_CONCAT_INNER_(a, b) a##b
#define QALAM_CONCAT_(a, b) QALAM_CONCAT_INNER_(a, b)

// Evaluates `rexpr`, an absl::StatusOr, and binds its value to `lhs`; returns its status on error.
#define QALAM_ASSIGN_OR_RETURN(lhs, rexpr) \
  QALAM_ASSIGN_OR_RETURN_IMPL_(QALAM_CONCAT_(qalam_statusor_, __LINE__), lhs, rexpr)

// A name and a declaration cannot be put in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define QALAM_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, rexpr) \
  auto statusor = (rexpr);                                 \
  if (!statusor.ok()) return statusor.status();            \
  lhs = std::move(statusor).value()
// NOLINTEND(bugprone-macro-parentheses)

#endif  // QALAM_CORE_STATUS_MACROS_H_
