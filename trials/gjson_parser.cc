#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "trials/gjson.h"
#include "trials/gjson_syntax.h"

namespace qalam::gjson_internal {
namespace {

constexpr char kModifierNames[] =
    "@this, @valid, @ugly, @pretty, @reverse, @keys, @values, @flatten or @join";

// Where a path stands, and so what ends it besides the end of the text.
enum class Where {
  kTop,      // nothing
  kQuery,    // an operator or the closing bracket
  kSelector  // a comma or the closing bracket
};

class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::unique_ptr<Path>> ParseAll() {
    QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Path> path, ParsePath(Where::kTop, /*each=*/false));
    if (!AtEnd()) return Error(absl::StrCat("'", Quote(Peek()), "' is not expected here"));
    return path;
  }

 private:
  bool AtEnd() const { return position_ >= text_.size(); }
  char Peek(size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  bool Consume(char c) {
    if (AtEnd() || Peek() != c) return false;
    ++position_;
    return true;
  }
  void SkipBlanks() {
    while (!AtEnd() && absl::ascii_isspace(Peek())) ++position_;
  }
  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat("GJSON path, position ", position_ + 1, ": ", what));
  }

  // A character for a message.
  static std::string Quote(char c) {
    return absl::ascii_isprint(c) ? std::string(1, c) : absl::StrCat("\\x", absl::Hex(c & 0xFF));
  }

  bool AtOperator() const {
    const char c = Peek();
    if (c == '!') return Peek(1) == '=' || Peek(1) == '%';
    return c == '=' || c == '<' || c == '>' || c == '%';
  }
  // True where a path of this place ends, as seen between two of its characters.
  bool AtTerminator(Where where) const {
    if (AtEnd()) return true;
    const char c = Peek();
    switch (where) {
      case Where::kTop:
        return false;
      case Where::kQuery:
        return c == ')' || c == ']' || AtOperator();
      case Where::kSelector:
        return c == ',' || c == ']' || c == '}';
    }
    return false;
  }

  // A path up to its terminator; with `each`, up to a "|" too.
  absl::StatusOr<std::unique_ptr<Path>> ParsePath(Where where, bool each) {
    if (++depth_ > GjsonPath::kMaxDepth) {
      return Error(absl::StrCat("nested deeper than ", GjsonPath::kMaxDepth, " levels"));
    }
    auto path = std::make_unique<Path>();
    bool may_be_literal = !each;
    while (true) {
      QALAM_ASSIGN_OR_RETURN(Step step, ParseStep(where, may_be_literal));
      may_be_literal = false;
      const bool maps = step.kind == Step::Kind::kHash || step.kind == Step::Kind::kAll;
      if (maps && Consume('.')) {
        QALAM_ASSIGN_OR_RETURN(step.each, ParsePath(where, /*each=*/true));
      }
      path->steps.push_back(std::move(step));
      if (where == Where::kQuery) SkipBlanks();
      if (AtTerminator(where) || (each && Peek() == '|')) break;
      if (Consume('|')) {
        may_be_literal = true;
      } else if (!Consume('.')) {
        return Error(absl::StrCat("'.' or '|' is expected, not '", Quote(Peek()), "'"));
      }
    }
    --depth_;
    return path;
  }

  absl::StatusOr<Step> ParseStep(Where where, bool may_be_literal) {
    switch (Peek()) {
      case '@':
        return ParseModifier();
      case '[':
      case '{':
        return ParseSelectors();
      case '#':
        return ParseHash(where);
      case '!':
        if (may_be_literal) return ParseLiteral(where);
        break;
      default:
        break;
    }
    return ParseKey(where);
  }

  absl::StatusOr<Step> ParseKey(Where where) {
    Step step;
    std::string pattern;
    while (!AtTerminator(where) && Peek() != '.' && Peek() != '|') {
      char c = Peek();
      const bool escaped = c == '\\';
      if (escaped) {
        ++position_;
        if (AtEnd()) return Error("a character is expected after '\\'");
        c = Peek();
        pattern += '\\';
      }
      step.wildcard |= !escaped && (c == '*' || c == '?');
      pattern += c;
      step.key += c;
      ++position_;
    }
    if (where == Where::kQuery) absl::StripTrailingAsciiWhitespace(&step.key);
    if (where == Where::kQuery) absl::StripTrailingAsciiWhitespace(&pattern);
    if (step.key.empty()) {
      return Error("a key is expected; a path has no empty parts");
    }
    uint64_t index = 0;
    if (step.wildcard) {
      step.key = std::move(pattern);
    } else if (absl::ascii_isdigit(step.key[0]) && absl::SimpleAtoi(step.key, &index)) {
      step.index = index;
    }
    return step;
  }

  absl::StatusOr<Step> ParseHash(Where where) {
    ++position_;
    Step step;
    step.kind = Step::Kind::kHash;
    if (Peek() == '(' || Peek() == '[') return ParseQuery();
    if (where == Where::kQuery && absl::ascii_isspace(Peek())) return step;
    if (AtTerminator(where) || Peek() == '.' || Peek() == '|') return step;
    return Error("after '#' a query in brackets, '.', '|' or the end is expected");
  }

  absl::StatusOr<Step> ParseQuery() {
    const char close = Peek() == '(' ? ')' : ']';
    ++position_;
    SkipBlanks();
    auto query = std::make_unique<Query>();
    if (!AtOperator()) {
      QALAM_ASSIGN_OR_RETURN(query->path, ParsePath(Where::kQuery, /*each=*/false));
    }
    if (AtOperator()) {
      query->op = ParseOperator();
      QALAM_RETURN_IF_ERROR(ParseValue(close, query.get()));
    }
    if (!Consume(close)) return Error(absl::StrCat("'", std::string(1, close), "' is expected"));
    Step step;
    step.kind = Consume('#') ? Step::Kind::kAll : Step::Kind::kFirst;
    step.query = std::move(query);
    return step;
  }

  // Requires AtOperator().
  Operator ParseOperator() {
    const char first = Peek();
    ++position_;
    switch (first) {
      case '=':
        Consume('=');
        return Operator::kEqual;
      case '<':
        return Consume('=') ? Operator::kLessOrEqual : Operator::kLess;
      case '>':
        return Consume('=') ? Operator::kGreaterOrEqual : Operator::kGreater;
      case '%':
        return Operator::kLike;
      default:
        return Consume('%') ? Operator::kNotLike : (Consume('='), Operator::kNotEqual);
    }
  }

  absl::Status ParseValue(char close, Query* query) {
    SkipBlanks();
    if (Peek() == '"') {
      QALAM_ASSIGN_OR_RETURN(query->value, ParseQuoted());
      SkipBlanks();
      query->number = ParseNumber(query->value);
      return absl::OkStatus();
    }
    const absl::string_view raw = absl::StripTrailingAsciiWhitespace(RawText(close, ""));
    if (raw.empty()) return Error("a value is expected after the operator");
    query->value = std::string(raw);
    query->number = ParseNumber(raw);
    if (raw[0] != '~') return absl::OkStatus();
    return ParseLoosely(raw, query);
  }

  absl::Status ParseLoosely(absl::string_view raw, Query* query) const {
    if (raw == "~true") {
      query->loosely = Loosely::kTrue;
    } else if (raw == "~false") {
      query->loosely = Loosely::kFalse;
    } else if (raw == "~null") {
      query->loosely = Loosely::kNull;
    } else if (raw == "~*") {
      query->loosely = Loosely::kAny;
    } else {
      return Error(absl::StrCat("after '~' true, false, null or * is expected, not ", raw));
    }
    return absl::OkStatus();
  }

  // The text up to `close` or one of `others` outside quotes and inner brackets.
  absl::string_view RawText(char close, absl::string_view others) {
    const size_t begin = position_;
    int depth = 0;
    while (!AtEnd()) {
      const char c = Peek();
      const bool ends = c == close || others.find(c) != absl::string_view::npos;
      if (depth == 0 && ends) break;
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (c == '"') {
        SkipQuoted();
      } else {
        position_ += c == '\\' ? 2 : 1;
      }
    }
    if (position_ > text_.size()) position_ = text_.size();
    return text_.substr(begin, position_ - begin);
  }

  // Past the closing quote of the string that begins here, or to the end.
  void SkipQuoted() {
    ++position_;
    while (!AtEnd() && Peek() != '"') position_ += Peek() == '\\' ? 2 : 1;
    position_ = position_ < text_.size() ? position_ + 1 : text_.size();
  }

  absl::StatusOr<std::string> ParseQuoted() {
    const size_t begin = position_;
    SkipQuoted();
    const Json value = ParseJson(text_.substr(begin, position_ - begin));
    if (value.is_string()) return value.get<std::string>();
    position_ = begin;
    return Error("this is not a complete JSON string");
  }

  static Json ParseJson(absl::string_view text) {
    return Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  }

  absl::StatusOr<Step> ParseLiteral(Where where) {
    ++position_;
    absl::string_view raw;
    if (where == Where::kSelector) {
      raw = RawText(']', ",}|");
    } else {
      raw = RawText(where == Where::kQuery ? ')' : '|', where == Where::kQuery ? "=<>%]|" : "");
    }
    Step step;
    step.kind = Step::Kind::kLiteral;
    Json literal = ParseJson(raw);
    if (literal.is_discarded()) return Error("after '!' a JSON value is expected");
    step.literal = std::make_unique<const Json>(std::move(literal));
    return step;
  }

  absl::StatusOr<Step> ParseModifier() {
    const size_t begin = position_;
    ++position_;
    while (absl::ascii_isalpha(Peek())) ++position_;
    const absl::string_view name = text_.substr(begin + 1, position_ - begin - 1);
    Step step;
    step.kind = Step::Kind::kModifier;
    if (name == "this" || name == "valid" || name == "ugly" || name == "pretty") {
      step.modifier = Modifier::kIdentity;
    } else if (name == "reverse") {
      step.modifier = Modifier::kReverse;
    } else if (name == "keys") {
      step.modifier = Modifier::kKeys;
    } else if (name == "values") {
      step.modifier = Modifier::kValues;
    } else if (name == "flatten") {
      step.modifier = Modifier::kFlatten;
    } else if (name == "join") {
      step.modifier = Modifier::kJoin;
    } else {
      position_ = begin;
      return Error(absl::StrCat("'@", name, "' is not a modifier known here: ", kModifierNames,
                                " (a key that begins with '@' is written '\\@')"));
    }
    if (Consume(':')) QALAM_RETURN_IF_ERROR(ParseModifierArgument(&step));
    return step;
  }

  absl::Status ParseModifierArgument(Step* step) {
    if (Peek() != '{') return Error("a modifier's argument is a JSON object");
    const size_t begin = position_;
    ++position_;
    RawText('}', "");
    if (!Consume('}')) return Error("'}' is expected");
    const Json argument = ParseJson(text_.substr(begin, position_ - begin));
    if (!argument.is_object()) return Error("a modifier's argument is a JSON object");
    const auto deep = argument.find("deep");
    step->deep = deep != argument.end() && *deep == true;
    return absl::OkStatus();
  }

  absl::StatusOr<Step> ParseSelectors() {
    Step step;
    step.kind = Peek() == '[' ? Step::Kind::kArray : Step::Kind::kObject;
    const char close = Peek() == '[' ? ']' : '}';
    ++position_;
    SkipBlanks();
    if (Consume(close)) return step;
    while (true) {
      QALAM_ASSIGN_OR_RETURN(Selector selector, ParseSelector(step.kind));
      step.selectors.push_back(std::move(selector));
      if (Consume(close)) return step;
      if (!Consume(',')) {
        return Error(absl::StrCat("',' or '", std::string(1, close), "' is expected"));
      }
    }
  }

  absl::StatusOr<Selector> ParseSelector(Step::Kind kind) {
    Selector selector;
    SkipBlanks();
    bool named = false;
    if (kind == Step::Kind::kObject && Peek() == '"') {
      QALAM_ASSIGN_OR_RETURN(selector.name, ParseQuoted());
      SkipBlanks();
      if (!Consume(':')) return Error("':' is expected after a member's name");
      SkipBlanks();
      named = true;
    }
    QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Path> path, ParsePath(Where::kSelector, false));
    if (!named) {
      const Step& last = path->steps.back();
      selector.name = last.kind == Step::Kind::kKey && !last.wildcard ? last.key : "_";
    }
    selector.path = std::move(path);
    return selector;
  }

  const absl::string_view text_;
  size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Path>> ParsePath(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty()) return absl::InvalidArgumentError("GJSON path: it is empty");
  if (text.size() > GjsonPath::kMaxLength) {
    return absl::InvalidArgumentError(absl::StrCat("GJSON path: ", text.size(),
                                                   " bytes are too long; ", GjsonPath::kMaxLength,
                                                   " are allowed"));
  }
  return Parser(text).ParseAll();
}

}  // namespace qalam::gjson_internal
