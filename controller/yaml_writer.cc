// ToYaml of objects.h: block style, lists at the indentation of their key, as kubectl prints.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "controller/objects.h"

namespace qalam {
namespace {

// Words that some reader of YAML (1.1 or 1.2) takes for a boolean or null.
bool IsReservedWord(absl::string_view text) {
  static constexpr absl::string_view kWords[] = {"null", "true", "false", "yes", "no",
                                                 "on",   "off",  "y",     "n",   "~"};
  for (const absl::string_view word : kWords) {
    if (absl::EqualsIgnoreCase(text, word)) return true;
  }
  return false;
}

// True for what some reader may take for a number, a time or a sexagesimal: it starts like one.
bool MayBeNumber(absl::string_view text) {
  size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  if (i < text.size() && text[i] == '.') ++i;
  if (i >= text.size()) return false;
  if (absl::ascii_isdigit(text[i])) {
    // A digit alone does not make a number of "64d"; what could be one has only these characters.
    const bool hex = absl::StartsWithIgnoreCase(text.substr(i), "0x");
    const char* const digits = hex ? "0123456789abcdefABCDEFxX_+-" : "0123456789_.:+-eEoObTZ ";
    return text.find_first_not_of(digits) == absl::string_view::npos;
  }
  const absl::string_view rest = text.substr(i);
  return absl::EqualsIgnoreCase(rest, "inf") || absl::EqualsIgnoreCase(rest, "nan");
}

bool IsPrintable(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7F) return false;
    // NEL, LS, PS and the BOM are line ends or vanish for some readers.
    const absl::string_view next = text.substr(i, 3);
    if (absl::StartsWith(next, "\xC2\x85") || next == "\xE2\x80\xA8" || next == "\xE2\x80\xA9" ||
        next == "\xEF\xBB\xBF") {
      return false;
    }
  }
  return true;
}

bool IsPlainSafe(absl::string_view text) {
  if (text.empty() || IsReservedWord(text) || MayBeNumber(text)) return false;
  if (!IsPrintable(text) || absl::StrContains(text, "\n")) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (absl::StrContains("!&*|>@`\"'%#{}[],", text.substr(0, 1)) || text == "<<" || text == "=") {
    return false;
  }
  if (absl::StartsWith(text, "---") || absl::StartsWith(text, "...")) return false;
  const bool indicator = absl::StrContains("-?:", text.substr(0, 1));
  if (indicator && (text.size() == 1 || text[1] == ' ')) return false;
  return !absl::StrContains(text, ": ") && !absl::StrContains(text, " #");
}

// JSON's escapes are YAML's; what IsPrintable refuses beyond them is escaped too.
std::string DoubleQuoted(const std::string& text) {
  return absl::StrReplaceAll(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace),
                             {{"\x7F", "\\x7F"},
                              {"\xC2\x85", "\\u0085"},
                              {"\xE2\x80\xA8", "\\u2028"},
                              {"\xE2\x80\xA9", "\\u2029"},
                              {"\xEF\xBB\xBF", "\\uFEFF"}});
}

std::string SingleQuoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    result += c;
    if (c == '\'') result += c;
  }
  return result + "'";
}

std::string Scalar(const std::string& text) {
  if (IsPlainSafe(text)) return text;
  if (!IsPrintable(text) || absl::StrContains(text, "\n") || absl::StrContains(text, "'")) {
    return DoubleQuoted(text);
  }
  // As kubectl: double quotes unless the text is full of characters that they would escape.
  return absl::StrContains(text, "\"") || absl::StrContains(text, "\\") ? SingleQuoted(text)
                                                                        : DoubleQuoted(text);
}

// True for a text of several lines that a "|" block gives back exactly.
bool FitsBlock(const std::string& text) {
  if (!absl::StrContains(text, "\n") || !IsPrintable(text)) return false;
  const size_t first = text.find_first_not_of('\n');
  if (first == std::string::npos || text[0] == '\n' || text[0] == ' ') return false;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!line.empty() && line.find_first_not_of(' ') == absl::string_view::npos) return false;
  }
  return true;
}

class Writer {
 public:
  void Value(const Json& value, int indent) {
    if (value.is_object() && !value.empty()) {
      Map(value, indent);
    } else if (value.is_array() && !value.empty()) {
      List(value, indent);
    } else {
      Leaf(value, indent);
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  void Map(const Json& map, int indent) {
    bool first = true;
    for (const auto& [key, value] : map.items()) {
      if (!first) Indent(indent);
      first = false;
      // Readers look for the ":" of a key within 1024 characters.
      if (key.size() > 500 || absl::StrContains(key, "\n")) {
        absl::StrAppend(&text_, "? ", DoubleQuoted(key), "\n");
        Indent(indent);
        text_ += ":";
      } else {
        absl::StrAppend(&text_, Scalar(key), ":");
      }
      Below(value, indent);
    }
  }

  // What follows "key:".
  void Below(const Json& value, int indent) {
    if (value.is_object() && !value.empty()) {
      text_ += "\n";
      Indent(indent + 2);
      Map(value, indent + 2);
    } else if (value.is_array() && !value.empty()) {
      text_ += "\n";
      Indent(indent);
      List(value, indent);
    } else {
      text_ += " ";
      Leaf(value, indent + 2);
    }
  }

  void List(const Json& list, int indent) {
    bool first = true;
    for (const Json& item : list) {
      if (!first) Indent(indent);
      first = false;
      text_ += "- ";
      Value(item, indent + 2);
    }
  }

  // A value without children, to the end of its line; `indent` is that of the lines of a block.
  void Leaf(const Json& value, int indent) {
    if (value.is_string()) {
      String(value.get_ref<const std::string&>(), std::max(indent, 2));
    } else {
      absl::StrAppend(&text_, value.dump(), "\n");
    }
  }

  void String(const std::string& text, int indent) {
    if (!FitsBlock(text)) {
      absl::StrAppend(&text_, Scalar(text), "\n");
      return;
    }
    const bool ends = absl::EndsWith(text, "\n");
    text_ += !ends ? "|-\n" : absl::EndsWith(text, "\n\n") ? "|+\n" : "|\n";
    const absl::string_view body = absl::string_view(text).substr(0, text.size() - (ends ? 1 : 0));
    for (const absl::string_view line : absl::StrSplit(body, '\n')) {
      if (!line.empty()) Indent(indent);
      absl::StrAppend(&text_, line, "\n");
    }
  }

  void Indent(int indent) { text_.append(indent, ' '); }

  std::string text_;
};

}  // namespace

std::string ToYaml(const Json& value) {
  Writer writer;
  writer.Value(value, 0);
  return writer.Take();
}

}  // namespace qalam
