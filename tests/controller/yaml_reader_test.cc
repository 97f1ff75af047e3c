#include "controller/spec/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

YamlOrigin File() {
  YamlOrigin origin;
  origin.file = "f.yaml";
  return origin;
}

// The only document of a text, as JSON text; the problems when there are any.
std::string ReadAsJson(absl::string_view text) {
  std::vector<Diagnostic> problems;
  const std::vector<YamlPtr> documents = ReadYaml(text, File(), &problems);
  if (!problems.empty()) return FormatDiagnostics(problems);
  return documents.size() == 1 ? YamlToJson(*documents[0]).dump()
                               : absl::StrCat(documents.size(), " documents");
}

std::string Repeat(absl::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) absl::StrAppend(&result, text);
  return result;
}

TEST(YamlReader, KnowsWhereEachValueStands) {
  std::vector<Diagnostic> problems;
  const auto documents = ReadYaml("# note\na: 1\nb:\n  - x\n  - {c: 'y'}\n", File(), &problems);
  ASSERT_THAT(documents, SizeIs(1));
  const YamlNode& map = *documents[0];
  EXPECT_EQ(map.Find("a")->place, (Place{2, 4}));
  EXPECT_EQ(map.entries[1].key_place, (Place{3, 1}));
  const YamlNode& list = *map.Find("b");
  EXPECT_EQ(list.items[0]->place, (Place{4, 5}));
  EXPECT_EQ(list.items[1]->Find("c")->place, (Place{5, 9}));
  EXPECT_TRUE(list.items[1]->Find("c")->quoted);
  EXPECT_FALSE(list.items[0]->quoted);
}

TEST(YamlReader, CountsColumnsInCharactersNotBytes) {
  std::vector<Diagnostic> problems;
  const auto documents = ReadYaml("\xEF\xBB\xBF{\"\xC3\xA9\xC3\xA9\": x}", File(), &problems);
  ASSERT_THAT(documents, SizeIs(1));
  EXPECT_EQ(documents[0]->entries[0].value->place, (Place{1, 8}));
}

TEST(YamlReader, TypesPlainScalarsAndNoQuotedOnes) {
  EXPECT_EQ(ReadAsJson("[1, -2, 0x1F, 0o17, 0644, 0b11, 1.5, 1e3, +7, true, False, null, ~, ]"),
            "[1,-2,31,15,420,3,1.5,1000.0,7,true,false,null,null]");
  EXPECT_EQ(ReadAsJson("['1', \"true\", !!str 5, yes, 1.2.3, 1-2, .inf, -, e, 1e999, 0x, 5m]"),
            R"(["1","true","5","yes","1.2.3","1-2",".inf","-","e","1e999","0x","5m"])");
}

TEST(YamlReader, KeepsLargeIntegers) {
  EXPECT_EQ(ReadAsJson("[9223372036854775807, 18446744073709551615, -9223372036854775808]"),
            "[9223372036854775807,18446744073709551615,-9223372036854775808]");
  EXPECT_EQ(ReadAsJson("[18446744073709551616, -9223372036854775809]"),
            "[1.8446744073709552e+19,-9.223372036854776e+18]");
}

TEST(YamlReader, ReadsBlocks) {
  EXPECT_EQ(ReadAsJson("a: |\n  x\n   y\n\nb: >-\n  x\n  y\n"), R"({"a":"x\n y\n","b":"x y"})");
}

TEST(YamlReader, JsonIsYaml) {
  EXPECT_EQ(ReadAsJson(R"({"a": [1, "\u00e9\n", null], "b": {}})"),
            "{\"a\":[1,\"\xC3\xA9\\n\",null],\"b\":{}}");
  // What Python's json.dumps makes of an emoji, and a backslash before a "u".
  EXPECT_EQ(ReadAsJson(R"({"a": "\ud83d\ude00", "b": "\\ud83d\\ude00"})"),
            "{\"a\":\"\xF0\x9F\x98\x80\",\"b\":\"\\\\ud83d\\\\ude00\"}");
}

TEST(YamlReader, LeavesOutEmptyDocuments) {
  std::vector<Diagnostic> problems;
  EXPECT_THAT(ReadYaml("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n", File(), &problems),
              SizeIs(2));
  EXPECT_THAT(ReadYaml("", File(), &problems), IsEmpty());
  EXPECT_THAT(ReadYaml("# only a comment\n", File(), &problems), IsEmpty());
  EXPECT_THAT(problems, IsEmpty());
}

TEST(YamlReader, ResolvesAliasesAndMergeKeys) {
  EXPECT_EQ(ReadAsJson("a: &x {k: 1, l: 2}\nb: *x\nc: {<<: *x, l: 3}\n"),
            R"({"a":{"k":1,"l":2},"b":{"k":1,"l":2},"c":{"l":3,"k":1}})");
  EXPECT_EQ(ReadAsJson("- &a {k: 1}\n- &b {k: 2, m: 3}\n- {<<: [*a, *b]}\n"),
            R"([{"k":1},{"k":2,"m":3},{"k":1,"m":3}])");
  EXPECT_EQ(ReadAsJson("{\"<<\": 1}"), R"({"<<":1})");
  EXPECT_THAT(ReadAsJson("a: {<<: 3}"),
              HasSubstr("1:9: error: \"<<\" merges maps, but this is a text"));
}

TEST(YamlReader, RefusesARepeatedKeyAndNamesBothPlaces) {
  EXPECT_EQ(ReadAsJson("a: 1\nb: 2\n\"a\": 3\n"),
            "f.yaml:3:1: error: the key \"a\" is given twice; it is also at line 1, column 1\n");
}

TEST(YamlReader, RefusesKeysThatAreNoTexts) {
  EXPECT_THAT(ReadAsJson("? [a]\n: 1\n"),
              HasSubstr("1:3: error: a key must be a text, but this one is a list"));
  EXPECT_THAT(ReadAsJson("{~: 1}"), HasSubstr("a key must be a text"));
}

TEST(YamlReader, RefusesUnknownTags) {
  EXPECT_THAT(ReadAsJson("a: !!python/object:os.system x"), HasSubstr("1:4: error: the tag"));
  EXPECT_THAT(ReadAsJson("!custom [1]"),
              HasSubstr("the tag \"!custom\" is not supported on a list"));
  EXPECT_EQ(ReadAsJson("!!map {a: !!seq [!!int 1]}"), R"({"a":[1]})");
}

TEST(YamlReader, SaysWhatAPersonCanDoAboutASyntaxError) {
  EXPECT_EQ(ReadAsJson("a:\n\tb: 1\n"),
            "f.yaml:2:3: error: this line is indented with a tab; YAML allows only spaces\n");
  EXPECT_EQ(ReadAsJson("a: b: c\n"),
            "f.yaml:1:5: error: \":\" is not expected here: check the "
            "indentation, and quote a text that contains \": \"\n");
  EXPECT_THAT(ReadAsJson("a: [1, 2\nb: c\n"),
              StartsWith("f.yaml:2:2: error: expected \",\" or \"]\""));
  EXPECT_THAT(ReadAsJson("a: {b: 1\n"), HasSubstr("a \"{\" is not closed"));
  EXPECT_THAT(ReadAsJson("a: *b\n"), HasSubstr("1:4: error: this alias refers to an anchor"));
  EXPECT_THAT(ReadAsJson("a: 1\n b: 2\n"), HasSubstr("check the indentation"));
  EXPECT_THAT(ReadAsJson("x:\n  - a\n  b: c\n"), HasSubstr("does not continue the map above"));
}

TEST(YamlReader, RefusesWhatFollowsADocumentWithoutASeparator) {
  EXPECT_THAT(ReadAsJson("  a: 1\nb: 2\n"),
              HasSubstr("2:1: error: this does not belong to the document"));
  EXPECT_THAT(ReadAsJson("{a: 1} {b: 2}"), HasSubstr("1:8: error: this does not belong"));
  EXPECT_THAT(ReadAsJson(","), HasSubstr("this does not belong"));
  EXPECT_THAT(ReadAsJson("...\n,"), HasSubstr("this does not belong"));
  EXPECT_THAT(ReadAsJson("---\n,"), HasSubstr("this does not belong"));
}

TEST(YamlReader, RefusesTextsThatAreNotUtf8OrHoldControlCharacters) {
  EXPECT_THAT(ReadAsJson("a: b\nc: \xFF\n"),
              StartsWith("f.yaml:2:4: error: the byte 0xFF here is not UTF-8"));
  EXPECT_THAT(ReadAsJson(absl::string_view("a: b\0c", 6)),
              HasSubstr("1:5: error: the control character 0x00"));
  EXPECT_THAT(ReadAsJson("a: \x04"), HasSubstr("0x04"));
  EXPECT_THAT(ReadAsJson("a: \xED\xA0\x80"), HasSubstr("not UTF-8"));
  EXPECT_THAT(ReadAsJson("\xFF\xFE"
                         "a"),
              HasSubstr("UTF-16"));
  EXPECT_THAT(ReadAsJson("a: \"\\N\""), HasSubstr("not supported"));
}

TEST(YamlReader, RefusesCyclesAndAliasBombsQuickly) {
  EXPECT_THAT(ReadAsJson("&a [*a]"), HasSubstr("1:5: error: this alias refers to the very list"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [", Repeat(absl::StrCat("*a", i - 1, ", "), 10),
                    "]\n");
  }
  EXPECT_THAT(ReadAsJson(bomb), HasSubstr("holds more than 200000 values"));
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 150; ++i) absl::StrAppend(&tower, "a", i, ": &a", i, " [*a", i - 1, "]\n");
  EXPECT_THAT(ReadAsJson(tower), HasSubstr("nested deeper than 100 levels"));
}

TEST(YamlReader, AcceptsAHundredLevelsAndRefusesMore) {
  EXPECT_EQ(ReadAsJson(Repeat("[", 100) + Repeat("]", 100)), Repeat("[", 100) + Repeat("]", 100));
  EXPECT_THAT(ReadAsJson(Repeat("[", 101) + Repeat("]", 101)),
              HasSubstr("1:101: error: lists and maps are nested"));
}

TEST(YamlReader, RefusesMapsOfTooManyKeys) {
  std::string text;
  for (size_t i = 0; i <= kMaxYamlKeys; ++i) absl::StrAppend(&text, "k", i, ": 1\n");
  EXPECT_THAT(ReadAsJson(text),
              HasSubstr("f.yaml:5001:1: error: this map has more than 5000 keys"));
}

// Whatever the text, reading takes time in proportion to it.
TEST(YamlReader, TakesNoLongerForHostileTexts) {
  const char* const pieces[] = {
      "[",     "{",     "- ",  "? ",   ": ",      "[a: ", "{a: ",  "a: ",   "-\n",
      "- a\n", "[1, ",  ",",   "#c\n", "\n",      " ",    "!a ",   "&a ",   "*a ",
      "---\n", "...\n", "a\n", "a ",   "'",       "\"",   "|\n",   ">\n",   "%a b\n",
      "[],",   "{,",    "]",   "}",    "\"a\": ", "- - ", "? a\n", ": a\n", "!<a"};
  for (const char* piece : pieces) {
    for (const char* start : {"", "[", "{", "a: |\n", "\"", "- &a x\n"}) {
      SCOPED_TRACE(absl::StrCat("start '", start, "' piece '", piece, "'"));
      std::string text = start;
      text += Repeat(piece, 100'000 / static_cast<int>(strlen(piece)));
      std::vector<Diagnostic> problems;
      const auto begin = std::chrono::steady_clock::now();
      ReadYaml(text, File(), &problems);
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    }
  }
}

TEST(YamlReader, RefusesTextsOverFourMebibytes) {
  EXPECT_THAT(ReadAsJson(std::string((4 << 20) + 1, ' ')),
              "f.yaml: error: the text has 4194305 bytes; at most 4194304 are read\n");
}

TEST(YamlReader, PlacesInsideABlockScalarAreThoseOfTheFile) {
  const std::string text = "data:\n  job: |\n    a: 1\n    b: [\n  other: 'x: ['\n";
  std::vector<Diagnostic> problems;
  const auto documents = ReadYaml(text, File(), &problems);
  ASSERT_THAT(documents, SizeIs(1));
  const YamlNode& data = *documents[0]->Find("data");
  const YamlNode& job = *data.Find("job");
  ReadYaml(job.text, YamlOrigin::OfScalar("f.yaml", text, job), &problems);
  const YamlNode& other = *data.Find("other");
  ReadYaml(other.text, YamlOrigin::OfScalar("f.yaml", text, other), &problems);
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_EQ(problems[0].line, 5);
  EXPECT_EQ(problems[1].line, 5);
  EXPECT_EQ(problems[1].column, 10);
  problems.clear();
  const auto inner = ReadYaml("a: 1\nb: 2\n", YamlOrigin::OfScalar("f.yaml", text, job), &problems);
  EXPECT_EQ(inner[0]->Find("b")->place, (Place{4, 8}));
}

TEST(YamlNode, JsonSurvivesTheWayThroughATree) {
  const Json value =
      Json::parse(R"({"b": [1, 2.5, -3, 18446744073709551615], "a": "1", "c": null, "d": true})");
  EXPECT_EQ(YamlToJson(*YamlFromJson(value)).dump(), value.dump());
}

}  // namespace
}  // namespace qalam
