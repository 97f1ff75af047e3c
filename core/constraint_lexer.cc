#include "core/constraint_lexer.h"

#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

using Kind = ConstraintToken::Kind;

bool IsNameStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsNamePart(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; }

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  absl::StatusOr<ConstraintToken> Next() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
    const size_t start = at_;
    if (at_ == text_.size()) return ConstraintToken{.place = start};
    const char c = text_[at_];
    if (c == '\'' || c == '"' || c == '`') return Quoted(c);
    if (absl::ascii_isdigit(c) || c == '.') return Number();
    if (IsNameStart(c)) return Name();
    for (const char* symbol : {"<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")"}) {
      if (!absl::StartsWith(text_.substr(at_), symbol)) continue;
      at_ += absl::string_view(symbol).size();
      return ConstraintToken{.kind = Kind::kSymbol, .text = symbol, .place = start};
    }
    if (c == '=') return Error(start, "\"=\" is no comparison; write ==");
    if (c == '&') return Error(start, "write \"and\" instead of \"&\"");
    if (c == '|') return Error(start, "write \"or\" instead of \"|\"");
    if (c == '!') return Error(start, "write \"not\" instead of \"!\"");
    return Error(start,
                 "this character has no meaning here; names with other characters than letters, "
                 "digits, '_' and '.' are written in `backquotes`");
  }

 private:
  absl::Status Error(size_t place, absl::string_view message) const {
    return ConstraintError(text_, place, message);
  }

  absl::StatusOr<ConstraintToken> Quoted(char quote) {
    const size_t start = at_;
    const size_t end = text_.find(quote, start + 1);
    if (end == absl::string_view::npos) {
      return Error(start, absl::StrCat("the quote ", std::string(1, quote), " is not closed"));
    }
    at_ = end + 1;
    return ConstraintToken{.kind = quote == '`' ? Kind::kName : Kind::kText,
                           .text = std::string(text_.substr(start + 1, end - start - 1)),
                           .place = start};
  }

  absl::StatusOr<ConstraintToken> Number() {
    const size_t start = at_;
    while (at_ < text_.size() && (IsNamePart(text_[at_]) || IsExponentSign())) ++at_;
    const absl::string_view digits = text_.substr(start, at_ - start);
    const std::optional<double> number = ParseNumber(digits);
    if (!number.has_value() || !std::isfinite(*number)) {
      return Error(start, absl::StrCat("\"", digits, "\" is not a finite number"));
    }
    return ConstraintToken{.kind = Kind::kNumber, .number = *number, .place = start};
  }

  bool IsExponentSign() const {
    return (text_[at_] == '+' || text_[at_] == '-') && absl::ascii_tolower(text_[at_ - 1]) == 'e';
  }

  ConstraintToken Name() {
    const size_t start = at_;
    while (at_ < text_.size() && IsNamePart(text_[at_])) ++at_;
    std::string name(text_.substr(start, at_ - start));
    const bool is_word = name == "and" || name == "or" || name == "not";
    return {.kind = is_word ? Kind::kWord : Kind::kName, .text = std::move(name), .place = start};
  }

  const absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<ConstraintToken>> CutConstraint(absl::string_view text) {
  Lexer lexer(text);
  std::vector<ConstraintToken> tokens;
  do {
    QALAM_ASSIGN_OR_RETURN(ConstraintToken token, lexer.Next());
    tokens.push_back(std::move(token));
  } while (tokens.back().kind != Kind::kEnd);
  return tokens;
}

absl::Status ConstraintError(absl::string_view text, size_t place, absl::string_view message) {
  int character = 1;
  for (const char c : text.substr(0, place)) {
    character += (static_cast<unsigned char>(c) & 0xc0) == 0x80 ? 0 : 1;  // UTF-8 continuation
  }
  return absl::InvalidArgumentError(absl::StrCat("at character ", character, ": ", message));
}

}  // namespace qalam
