#include "controller/spec/yaml_reader.h"

#include <exception>
#include <sstream>
#include <utility>

// yaml-cpp stays behind this file.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/text_check.h"
#include "controller/spec/yaml_builder.h"

namespace qalam {
namespace {

// What yaml-cpp says, and what a person can do about it.
struct Explanation {
  absl::string_view said;
  absl::string_view means;
};
constexpr Explanation kExplanations[] = {
    {"illegal map value",
     "\":\" is not expected here: check the indentation, and quote a text that contains \": \""},
    {"end of map not found",
     "this does not continue the map above: check the indentation of this line and those before "
     "it"},
    {"end of sequence not found",
     "this does not continue the list above: check the indentation, and that each item starts with "
     "\"- \""},
    {"end of map flow not found", "expected \",\" or \"}\": a \"{\" is not closed"},
    {"end of sequence flow not found", "expected \",\" or \"]\": a \"[\" is not closed"},
    {"illegal EOF in scalar", "the text ends inside quotes that are never closed"},
    {"illegal flow end", "this \"]\" or \"}\" closes nothing"},
    {"illegal block entry",
     "\"- \" is not expected here: a list starts on a line of its own, below its key"},
    {"illegal map key", "a key is not expected here: check the indentation"},
    {"the referenced anchor is not defined",
     "this alias refers to an anchor that is not defined above"},
    {"unknown token", "this character cannot start a value: put the text in quotes"},
    {"illegal document indicator in scalar", "\"---\" or \"...\" inside a text in quotes"},
};

std::string Explain(const YAML::Exception& error, absl::string_view line) {
  const absl::string_view indent = line.substr(0, line.find_first_not_of(" \t"));
  if (absl::StrContains(indent, "\t")) {
    return "this line is indented with a tab; YAML allows only spaces";
  }
  for (const Explanation& explanation : kExplanations) {
    if (error.msg == explanation.said) return std::string(explanation.means);
  }
  return error.msg;
}

// Hands yaml-cpp's events to the builder, with our places.
class EventAdapter final : public YAML::EventHandler {
 public:
  EventAdapter(const TextLines& lines, YamlBuilder* builder) : lines_(lines), builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp takes what follows a finished document on the same level ("a: 1" less indented, a
    // second "{}") for the next document, and stays forever at a stray ",".
    if (mark.pos <= last_start_ || (last_start_ >= 0 && !IsSeparator(mark))) {
      builder_->Fail(Locate(mark),
                     "this does not belong to the document above: check the indentation, or put "
                     "\"---\" between two documents");
    }
    last_start_ = mark.pos;
    builder_->StartDocument();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_->AddNull(Locate(mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_->AddAlias(Locate(mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    builder_->AddScalar(Locate(mark), anchor, tag, value, Byte(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    builder_->Start(YamlNode::Kind::kList, Locate(mark), anchor, tag, Byte(mark));
  }
  void OnSequenceEnd() override { builder_->End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    builder_->Start(YamlNode::Kind::kMap, Locate(mark), anchor, tag, Byte(mark));
  }
  void OnMapEnd() override { builder_->End(); }

 private:
  Place Locate(const YAML::Mark& mark) const { return lines_.At(mark.line, mark.column); }

  char Byte(const YAML::Mark& mark) const {
    const absl::string_view line = lines_.Line(mark.line);
    const size_t column = static_cast<size_t>(mark.column);
    return column < line.size() ? line[column] : '\0';
  }

  // True when the document that starts at `mark` is set off from the one before.
  bool IsSeparator(const YAML::Mark& mark) const {
    if (mark.column == 0 && absl::StartsWith(lines_.Line(mark.line), "---")) return true;
    for (int line = mark.line - 1; line >= 0; --line) {
      const absl::string_view text = lines_.Line(line);
      if (absl::StartsWith(text, "...")) return true;
      const absl::string_view content = absl::StripLeadingAsciiWhitespace(text);
      if (!content.empty() && content[0] != '#') return false;
    }
    return false;
  }

  const TextLines& lines_;
  YamlBuilder* builder_;
  int last_start_ = -1;
};

// Runs the parser over the text until its end or the first problem.
std::vector<YamlPtr> Parse(absl::string_view text, const TextLines& lines, YamlBuilder* builder) {
  std::vector<YamlPtr> documents;
  EventAdapter adapter(lines, builder);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!builder->problem() && parser.HandleNextDocument(adapter)) {
      YamlPtr document = builder->TakeDocument();
      if (document && document->kind != YamlNode::Kind::kNull) {
        documents.push_back(std::move(document));
      }
    }
  } catch (const YAML::Exception& error) {
    const bool placed = !error.mark.is_null();
    builder->Fail(placed ? lines.At(error.mark.line, error.mark.column) : Place(),
                  Explain(error, placed ? lines.Line(error.mark.line) : ""));
  } catch (const std::exception& error) {
    builder->Fail(Place(), absl::StrCat("the text cannot be read as YAML: ", error.what()));
  }
  return documents;
}

// JSON writes characters beyond U+FFFF as two \u escapes, which YAML does not know; the same
// character as one \U escape. Only for texts that are JSON: elsewhere they may mean themselves.
std::string JoinSurrogates(absl::string_view text) {
  const auto hex = [&](size_t at) -> int {
    int value = 0;
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
    for (size_t i = at + 2; i < at + 6; ++i) {
      if (!absl::ascii_isxdigit(text[i])) return -1;
      const char c = absl::ascii_tolower(text[i]);
      value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
  };
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const int high = text[i] == '\\' ? hex(i) : -1;
    const int low = high >= 0xD800 && high <= 0xDBFF ? hex(i + 6) : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) {
      const int code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
      absl::StrAppend(&result, "\\U", absl::Hex(code, absl::kZeroPad8));
      i += 12;
    } else {
      const size_t length = text[i] == '\\' ? 2 : 1;  // keeps "\\u" what it is
      absl::StrAppend(&result, text.substr(i, length));
      i += length;
    }
  }
  return result;
}

Place Shift(Place place, const YamlOrigin& origin) {
  if (origin.fixed.line != 0) return origin.fixed;
  if (place.line == 0) return place;
  return {place.line + origin.line_offset, place.column + origin.column_offset};
}

// The same tree with each place moved to where it is in the file.
YamlPtr Shifted(const YamlPtr& node, const YamlOrigin& origin) {
  auto moved = std::make_shared<YamlNode>(*node);
  moved->place = Shift(moved->place, origin);
  for (YamlPtr& item : moved->items) item = Shifted(item, origin);
  for (YamlNode::Entry& entry : moved->entries) {
    entry.key_place = Shift(entry.key_place, origin);
    entry.value = Shifted(entry.value, origin);
  }
  return moved;
}

}  // namespace

YamlOrigin YamlOrigin::OfScalar(const std::string& file, absl::string_view file_text,
                                const YamlNode& node) {
  YamlOrigin origin;
  origin.file = file;
  if (node.style != '|' || node.place.line == 0) {
    origin.fixed = node.place;
    return origin;
  }
  origin.line_offset = node.place.line;
  const TextLines lines(file_text);
  for (int line = node.place.line;; ++line) {
    const absl::string_view text = lines.Line(line);
    const size_t indent = text.find_first_not_of(' ');
    if (indent == absl::string_view::npos && !text.data()) break;
    if (indent != absl::string_view::npos) {
      origin.column_offset = static_cast<int>(indent);
      break;
    }
  }
  return origin;
}

std::vector<YamlPtr> ReadYaml(absl::string_view text, const YamlOrigin& origin,
                              std::vector<Diagnostic>* diagnostics) {
  const auto fail = [&](Place place, std::string message) {
    place = Shift(place, origin);
    diagnostics->push_back({Diagnostic::Severity::kError, origin.file, place.line, place.column, "",
                            std::move(message)});
    return std::vector<YamlPtr>();
  };
  if (text.size() > kMaxYamlBytes) {
    return fail(Place(), absl::StrCat("the text has ", text.size(), " bytes; at most ",
                                      kMaxYamlBytes, " are read"));
  }
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string joined;
  const absl::string_view start = absl::StripLeadingAsciiWhitespace(text);
  if ((absl::StartsWith(start, "{") || absl::StartsWith(start, "[")) &&
      absl::StrContains(text, "\\u")) {
    joined = JoinSurrogates(text);
    text = joined;
  }
  const TextLines lines(text);
  if (const std::optional<BadText> bad = FindBadText(text)) {
    return fail(lines.AtOffset(bad->offset), bad->message);
  }
  YamlBuilder builder;
  std::vector<YamlPtr> documents = Parse(text, lines, &builder);
  if (builder.problem()) return fail(builder.problem()->place, builder.problem()->message);
  if (origin.line_offset != 0 || origin.column_offset != 0 || origin.fixed.line != 0) {
    for (YamlPtr& document : documents) document = Shifted(document, origin);
  }
  return documents;
}

}  // namespace qalam
