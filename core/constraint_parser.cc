// Recursive descent over one grammar for numbers, texts and conditions; what fits together is
// checked when operators are applied, so that errors can say what was found where.
//
//   either     := both { "or" both }
//   both       := negation { "and" negation }
//   negation   := "not" negation | comparison
//   comparison := sum { ("<" | "<=" | ">" | ">=" | "==" | "!=") sum }
//   sum        := product { ("+" | "-") product }
//   product    := factor { ("*" | "/") factor }
//   factor     := ("+" | "-") factor | number | text | name | "(" either ")"
#include "core/constraint_parser.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/constraint_lexer.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

using Node = ParameterConstraint::Node;
using Relation = ConstraintTest::Relation;
using Kind = ConstraintToken::Kind;

// A sum of parameters times numbers.
struct Linear {
  std::map<int, double> factors;
  double constant = 0;
  // Set while it is nothing but this parameter, which may then be compared with a text.
  std::optional<int> only;
};
struct Text {
  std::string text;
};
// A categorical parameter: good for nothing but a comparison with a text.
struct Choice {
  int parameter = 0;
};
using Meaning = std::variant<Linear, Text, Choice, Node>;

struct Value {
  Meaning meaning;
  size_t place = 0;
};

Relation Opposite(Relation relation) {
  return relation == Relation::kEqual ? Relation::kNotEqual : Relation::kEqual;
}

// Pushes a negation down to the tests.
void Negate(Node* node) {
  if (node->kind != Node::Kind::kTest) {
    node->kind = node->kind == Node::Kind::kAll ? Node::Kind::kAny : Node::Kind::kAll;
    for (Node& child : node->children) Negate(&child);
    return;
  }
  ConstraintTest& test = node->test;
  if (test.relation == Relation::kEqual || test.relation == Relation::kNotEqual) {
    test.relation = Opposite(test.relation);
    return;
  }
  // Not a < 0 is -a <= 0.
  test.relation = test.relation == Relation::kLess ? Relation::kLessEqual : Relation::kLess;
  test.constant = -test.constant;
  for (ConstraintTest::Term& term : test.terms) term.factor = -term.factor;
}

Node Join(Node::Kind kind, std::vector<Node> children) {
  if (children.size() == 1) return std::move(children.front());
  Node node{.kind = kind};
  node.children = std::move(children);
  return node;
}

class Parser {
 public:
  Parser(absl::string_view text, std::vector<ConstraintToken> tokens,
         absl::Span<const Parameter> parameters)
      : text_(text), tokens_(std::move(tokens)), parameters_(parameters) {}

  absl::StatusOr<Node> Parse() {
    QALAM_ASSIGN_OR_RETURN(Value value, Either());
    if (Peek().kind != Kind::kEnd) {
      return Error(Peek().place, absl::StrCat("found ", Describe(Peek()),
                                              " where an operator or the end was expected"));
    }
    return TakeCondition(std::move(value));
  }

 private:
  const ConstraintToken& Peek() const { return tokens_[next_]; }
  bool Accept(Kind kind, absl::string_view text) {
    if (Peek().kind != kind || Peek().text != text) return false;
    ++next_;
    return true;
  }
  absl::Status Error(size_t place, absl::string_view message) const {
    return ConstraintError(text_, place, message);
  }

  static std::string Describe(const ConstraintToken& token) {
    switch (token.kind) {
      case Kind::kEnd:
        return "the end";
      case Kind::kNumber:
        return absl::StrCat("the number ", FormatNumber(token.number));
      case Kind::kText:
        return absl::StrCat("the text '", token.text, "'");
      default:
        return absl::StrCat("\"", token.text, "\"");
    }
  }

  std::string Describe(const Value& value) const {
    if (const Text* text = std::get_if<Text>(&value.meaning)) {
      return absl::StrCat("the text '", text->text, "'");
    }
    if (const Choice* choice = std::get_if<Choice>(&value.meaning)) {
      return absl::StrCat("the categorical parameter \"", parameters_[choice->parameter].name,
                          "\"");
    }
    return std::holds_alternative<Linear>(value.meaning) ? "a number" : "a condition";
  }

  absl::StatusOr<Node> TakeCondition(Value value) const {
    if (Node* node = std::get_if<Node>(&value.meaning)) return std::move(*node);
    return Error(value.place, absl::StrCat("a comparison is needed here (such as a < b), not ",
                                           Describe(value)));
  }

  absl::StatusOr<Linear> TakeNumber(Value value) const {
    if (Linear* linear = std::get_if<Linear>(&value.meaning)) return std::move(*linear);
    return Error(value.place, absl::StrCat("a number is needed here, not ", Describe(value)));
  }

  // ---- Conditions.

  absl::StatusOr<Value> Either() {
    return Combine("or", Node::Kind::kAny, [this] { return Both(); });
  }
  absl::StatusOr<Value> Both() {
    return Combine("and", Node::Kind::kAll, [this] { return Negation(); });
  }

  template <typename Operand>
  absl::StatusOr<Value> Combine(absl::string_view word, Node::Kind kind, Operand operand) {
    QALAM_ASSIGN_OR_RETURN(Value first, operand());
    if (Peek().kind != Kind::kWord || Peek().text != word) return first;
    const size_t place = first.place;
    std::vector<Node> nodes;
    QALAM_ASSIGN_OR_RETURN(Node node, TakeCondition(std::move(first)));
    nodes.push_back(std::move(node));
    while (Accept(Kind::kWord, word)) {
      QALAM_ASSIGN_OR_RETURN(Value next, operand());
      QALAM_ASSIGN_OR_RETURN(Node next_node, TakeCondition(std::move(next)));
      nodes.push_back(std::move(next_node));
    }
    return Value{Join(kind, std::move(nodes)), place};
  }

  absl::StatusOr<Value> Negation() {
    const size_t place = Peek().place;
    if (!Accept(Kind::kWord, "not")) return Comparison();
    QALAM_RETURN_IF_ERROR(Deeper(place));
    QALAM_ASSIGN_OR_RETURN(Value value, Negation());
    --depth_;
    QALAM_ASSIGN_OR_RETURN(Node node, TakeCondition(std::move(value)));
    Negate(&node);
    return Value{std::move(node), place};
  }

  absl::StatusOr<Value> Comparison() {
    QALAM_ASSIGN_OR_RETURN(Value left, Sum());
    const size_t place = left.place;
    std::vector<Node> tests;
    while (Peek().kind == Kind::kSymbol && IsRelation(Peek().text)) {
      const ConstraintToken symbol = tokens_[next_++];
      QALAM_ASSIGN_OR_RETURN(Value right, Sum());
      QALAM_ASSIGN_OR_RETURN(Node test, Compare(left, symbol, right));
      tests.push_back(std::move(test));
      left = std::move(right);
    }
    if (tests.empty()) return left;
    return Value{Join(Node::Kind::kAll, std::move(tests)), place};
  }

  static bool IsRelation(absl::string_view symbol) {
    return symbol == "<" || symbol == "<=" || symbol == ">" || symbol == ">=" || symbol == "==" ||
           symbol == "!=";
  }

  absl::StatusOr<Node> Compare(const Value& left, const ConstraintToken& symbol,
                               const Value& right) const {
    const bool texts = std::holds_alternative<Text>(left.meaning) ||
                       std::holds_alternative<Text>(right.meaning) ||
                       std::holds_alternative<Choice>(left.meaning) ||
                       std::holds_alternative<Choice>(right.meaning);
    if (texts) return CompareTexts(left, symbol, right);
    const bool swapped = symbol.text == ">" || symbol.text == ">=";
    QALAM_ASSIGN_OR_RETURN(Linear difference, TakeNumber(swapped ? right : left));
    QALAM_ASSIGN_OR_RETURN(const Linear other, TakeNumber(swapped ? left : right));
    Add(other, -1, &difference);
    const Relation relation =
        symbol.text == "=="   ? Relation::kEqual
        : symbol.text == "!=" ? Relation::kNotEqual
                              : (symbol.text.size() == 1 ? Relation::kLess : Relation::kLessEqual);
    return MakeTest(difference, relation, symbol.place);
  }

  absl::StatusOr<Node> MakeTest(const Linear& sum, Relation relation, size_t place) const {
    Node node;
    node.test.relation = relation;
    node.test.constant = sum.constant;
    bool finite = std::isfinite(sum.constant);
    for (const auto& [i, factor] : sum.factors) {
      finite &= std::isfinite(factor);
      if (factor != 0) node.test.terms.push_back({i, factor, NumbersOf(parameters_[i])});
    }
    if (!finite) return Error(place, "the numbers of this comparison are too large");
    if (node.test.terms.empty()) {
      return Error(place, "this comparison does not depend on any parameter");
    }
    return node;
  }

  static std::vector<double> NumbersOf(const Parameter& parameter) {
    std::vector<double> numbers;
    if (parameter.type != ParameterType::kDiscrete) return numbers;
    for (size_t k = 0; k < parameter.list.size(); ++k) {
      numbers.push_back(parameter.NumberOf(static_cast<double>(k)));
    }
    return numbers;
  }

  // The parameter of `value` when texts are what it can be compared with.
  std::optional<int> ListParameter(const Value& value) const {
    if (const Choice* choice = std::get_if<Choice>(&value.meaning)) return choice->parameter;
    const Linear* linear = std::get_if<Linear>(&value.meaning);
    if (linear == nullptr || !linear->only.has_value()) return std::nullopt;
    if (parameters_[*linear->only].is_numeric()) return std::nullopt;
    return linear->only;
  }

  absl::StatusOr<Node> CompareTexts(const Value& left, const ConstraintToken& symbol,
                                    const Value& right) const {
    const bool text_first = std::holds_alternative<Text>(left.meaning);
    const Value& text_side = text_first ? left : right;
    const Value& other = text_first ? right : left;
    const Text* text = std::get_if<Text>(&text_side.meaning);
    if (text == nullptr) {
      return Error(text_side.place,
                   absl::StrCat("a categorical parameter can only be compared with a text in "
                                "quotes, not with ",
                                Describe(text_side)));
    }
    const std::optional<int> parameter = ListParameter(other);
    if (!parameter.has_value()) {
      return Error(text_side.place,
                   absl::StrCat("the text '", text->text,
                                "' can only be compared with a categorical or discrete parameter, "
                                "not with ",
                                Describe(other), "; write numbers without quotes"));
    }
    if (symbol.text != "==" && symbol.text != "!=") {
      return Error(symbol.place,
                   absl::StrCat("texts have no order; \"", symbol.text, "\" must be == or !="));
    }
    QALAM_ASSIGN_OR_RETURN(const double value, ListValue(*parameter, *text, text_side.place));
    Node node;
    node.test.terms.push_back({.parameter = *parameter});
    node.test.constant = -value;
    node.test.relation = symbol.text == "==" ? Relation::kEqual : Relation::kNotEqual;
    return node;
  }

  absl::StatusOr<double> ListValue(int parameter, const Text& text, size_t place) const {
    const absl::StatusOr<double> value = parameters_[parameter].ParseValue(text.text);
    if (value.ok()) return *value;
    const std::string guess = ClosestMatch(text.text, parameters_[parameter].list);
    return Error(
        place,
        absl::StrCat("'", text.text, "' is not a value of \"", parameters_[parameter].name, "\"",
                     guess.empty() ? "" : absl::StrCat("; did you mean '", guess, "'?")));
  }

  // ---- Numbers.

  static void Add(const Linear& addend, double times, Linear* sum) {
    for (const auto& [i, factor] : addend.factors) sum->factors[i] += times * factor;
    sum->constant += times * addend.constant;
    sum->only = std::nullopt;
  }

  absl::StatusOr<Value> Sum() {
    QALAM_ASSIGN_OR_RETURN(Value value, Product());
    while (true) {
      const bool minus = Peek().text == "-";
      if (Peek().kind != Kind::kSymbol || !(minus || Peek().text == "+")) return value;
      ++next_;
      const size_t place = value.place;
      QALAM_ASSIGN_OR_RETURN(Linear sum, TakeNumber(std::move(value)));
      QALAM_ASSIGN_OR_RETURN(Value right, Product());
      QALAM_ASSIGN_OR_RETURN(const Linear addend, TakeNumber(std::move(right)));
      Add(addend, minus ? -1 : 1, &sum);
      value = Value{std::move(sum), place};
    }
  }

  absl::StatusOr<Value> Product() {
    QALAM_ASSIGN_OR_RETURN(Value value, Factor());
    while (Peek().kind == Kind::kSymbol && (Peek().text == "*" || Peek().text == "/")) {
      const ConstraintToken symbol = tokens_[next_++];
      const size_t place = value.place;
      QALAM_ASSIGN_OR_RETURN(Linear left, TakeNumber(std::move(value)));
      QALAM_ASSIGN_OR_RETURN(Value right_value, Factor());
      QALAM_ASSIGN_OR_RETURN(Linear right, TakeNumber(std::move(right_value)));
      QALAM_ASSIGN_OR_RETURN(Linear product, Multiply(left, symbol, right));
      value = Value{std::move(product), place};
    }
    return value;
  }

  absl::StatusOr<Linear> Multiply(const Linear& left, const ConstraintToken& symbol,
                                  const Linear& right) const {
    Linear result;
    if (symbol.text == "/") {
      if (!right.factors.empty()) {
        return Error(symbol.place, "only division by a number is possible, not by a parameter");
      }
      if (right.constant == 0) return Error(symbol.place, "division by zero");
      Add(left, 1 / right.constant, &result);
      return result;
    }
    if (!left.factors.empty() && !right.factors.empty()) {
      return Error(symbol.place,
                   "only a parameter times a number is possible, not a parameter times another");
    }
    if (left.factors.empty()) {
      Add(right, left.constant, &result);
    } else {
      Add(left, right.constant, &result);
    }
    return result;
  }

  absl::StatusOr<Value> Factor() {
    const ConstraintToken token = tokens_[next_];
    if (token.kind == Kind::kEnd) return Error(token.place, "a value is missing at the end");
    ++next_;
    if (token.kind == Kind::kNumber) return Value{Linear{.constant = token.number}, token.place};
    if (token.kind == Kind::kText) return Value{Text{token.text}, token.place};
    if (token.kind == Kind::kName) return Name(token);
    if (token.text == "(") return Parenthesis(token);
    if (token.text == "-" || token.text == "+") return Signed(token);
    return Error(token.place, absl::StrCat("found \"", token.text, "\" where a value is needed"));
  }

  absl::StatusOr<Value> Parenthesis(const ConstraintToken& open) {
    QALAM_RETURN_IF_ERROR(Deeper(open.place));
    QALAM_ASSIGN_OR_RETURN(Value value, Either());
    --depth_;
    if (Accept(Kind::kSymbol, ")")) return value;
    return Error(Peek().place,
                 absl::StrCat("found ", Describe(Peek()), " where \")\" was expected"));
  }

  absl::StatusOr<Value> Signed(const ConstraintToken& sign) {
    QALAM_RETURN_IF_ERROR(Deeper(sign.place));
    QALAM_ASSIGN_OR_RETURN(Value value, Factor());
    --depth_;
    QALAM_ASSIGN_OR_RETURN(const Linear operand, TakeNumber(std::move(value)));
    Linear result;
    Add(operand, sign.text == "-" ? -1 : 1, &result);
    return Value{std::move(result), sign.place};
  }

  absl::StatusOr<Value> Name(const ConstraintToken& token) const {
    const absl::StatusOr<int> found = FindConstraintParameter(token.text, parameters_);
    if (!found.ok()) return Error(token.place, UnknownName(token, found.status()));
    if (parameters_[*found].type == ParameterType::kCategorical) {
      return Value{Choice{*found}, token.place};
    }
    Linear linear;
    linear.factors[*found] = 1;
    linear.only = *found;
    return Value{std::move(linear), token.place};
  }

  // A forgotten pair of quotes is the likeliest reason for a name that is none.
  std::string UnknownName(const ConstraintToken& token, const absl::Status& status) const {
    for (const Parameter& parameter : parameters_) {
      if (std::find(parameter.list.begin(), parameter.list.end(), token.text) !=
          parameter.list.end()) {
        return absl::StrCat("there is no parameter \"", token.text, "\"; to mean the value of \"",
                            parameter.name, "\" write it in quotes: '", token.text, "'");
      }
    }
    return std::string(status.message());
  }

  absl::Status Deeper(size_t place) {
    if (++depth_ <= ParameterConstraint::kMaxDepth) return absl::OkStatus();
    return Error(place,
                 absl::StrCat("nested deeper than ", ParameterConstraint::kMaxDepth, " levels"));
  }

  const absl::string_view text_;
  const std::vector<ConstraintToken> tokens_;
  const absl::Span<const Parameter> parameters_;
  size_t next_ = 0;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<int> FindConstraintParameter(absl::string_view name,
                                            absl::Span<const Parameter> parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].name == name) return static_cast<int>(i);
  }
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  const std::string guess = ClosestMatch(name, names);
  return absl::InvalidArgumentError(
      absl::StrCat("there is no parameter \"", name, "\"",
                   guess.empty() ? "" : absl::StrCat("; did you mean \"", guess, "\"?")));
}

absl::StatusOr<ParameterConstraint::Node> ParseConstraintText(
    absl::string_view text, absl::Span<const Parameter> parameters) {
  if (text.size() > ParameterConstraint::kMaxLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("the constraint is ", text.size(), " bytes long; at most ",
                     ParameterConstraint::kMaxLength, " are allowed"));
  }
  QALAM_ASSIGN_OR_RETURN(std::vector<ConstraintToken> tokens, CutConstraint(text));
  return Parser(text, std::move(tokens), parameters).Parse();
}

}  // namespace qalam
