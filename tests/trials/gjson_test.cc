#include "trials/gjson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using ::testing::HasSubstr;

// What `path` finds in `document`, as text; "nothing" when it finds nothing, else the parse error.
std::string Find(const std::string& document, const std::string& path) {
  const absl::StatusOr<GjsonPath> compiled = GjsonPath::Parse(path);
  if (!compiled.ok()) return std::string(compiled.status().message());
  const std::optional<Json> found = compiled->Evaluate(Json::parse(document));
  return found.has_value() ? found->dump() : "nothing";
}

struct Case {
  std::string document;
  std::string path;
  std::string found;
};

void ExpectFound(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(Find(c.document, c.path), c.found) << c.path << " in " << c.document;
  }
}

constexpr char kList[] = R"({"a":[{"b":1},{"b":2},{"c":3}]})";
constexpr char kNested[] = R"({"a":[{"b":[1,2]},{"b":[3]}]})";

TEST(GjsonTest, FindsKatibsConditionOfACompleteJob) {
  const std::string path = R"(status.conditions.#(type=="Complete")#|#(status=="True")#)";
  ExpectFound({
      {R"({"status":{"conditions":[{"type":"Suspended","status":"False"},)"
       R"({"type":"Complete","status":"True","reason":"r"}]}})",
       path, R"([{"type":"Complete","status":"True","reason":"r"}])"},
      {R"({"status":{"conditions":[{"type":"Complete","status":"False"}]}})", path, "[]"},
      {R"({"status":{"conditions":[{"type":"Failed","status":"True"}]}})", path, "[]"},
      {R"({"status":{}})", path, "nothing"},
  });
}

TEST(GjsonTest, FindsKatibsConditionOnACount) {
  const std::string path = "status.[@this].#(succeeded==1)";
  ExpectFound({{R"({"status":{"succeeded":1}})", path, R"({"succeeded":1})"},
               {R"({"status":{"succeeded":2}})", path, "nothing"},
               {R"({"status":{}})", path, "nothing"},
               {R"({})", path, "nothing"}});
}

TEST(GjsonTest, FollowsKeysAndIndices) {
  ExpectFound({{kList, "a.1", R"({"b":2})"},
               {kList, "a.01.b", "2"},
               {kList, "a.7", "nothing"},
               {kList, "a.b", "nothing"},
               {kList, "a.-1", "nothing"},
               {R"({"a":{"0":"z"}})", "a.0", R"("z")"},
               {R"({"a.b":{"c":1}})", "a\\.b.c", "1"},
               {R"({"@b":2})", "\\@b", "2"},
               {R"({"a":5})", "a.b", "nothing"},
               {R"([{"b":1},{"b":2}])", "1.b", "2"},
               {R"({"a":"x"})", "  a\n", R"("x")"}});
}

TEST(GjsonTest, MatchesKeysByWildcards) {
  ExpectFound({{R"({"a":{"b":1,"bc":2}})", "a.b*", "1"},
               {R"({"a":{"b":1,"bc":2}})", "a.?c", "2"},
               {R"({"a*b":3,"axb":4})", "a\\*b", "3"},
               {R"({"axb":4,"a*b":3})", "a*b", "4"},
               {R"({"é":1})", "?", "1"},
               {R"({"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1})", "*a*a*a*a*a*a*b", "nothing"},
               {R"({"a":["x"]})", "a.*", "nothing"}});
}

TEST(GjsonTest, CountsOrMapsWithHash) {
  ExpectFound({{kList, "a.#", "3"},
               {kList, "a|#", "3"},
               {kList, "a.#.b", "[1,2]"},
               {kList, "a.#.x", "[]"},
               {kNested, "a.#.b.#", "[2,1]"},
               {kNested, "a.#.b.0", "[1,3]"},
               {R"({"a":{"#":7}})", "a.#", "7"},
               {R"({"a":"text"})", "a.#", "nothing"},
               {R"([1,2])", "#", "2"}});
}

TEST(GjsonTest, PipeAppliesToTheWholeWhereDotAppliesToEach) {
  ExpectFound({{kList, "a.#.b|0", "1"},
               {kNested, "a.#.b|1", "[3]"},
               {kNested, "a.#.b|@flatten", "[1,2,3]"},
               {kNested, "a.#.b.@reverse", "[[2,1],[3]]"},
               {kList, "a.#(b>=1)#.b|1", "2"},
               {kList, "a.#(b>=1)#|1.b", "2"},
               {kList, "a.#(b>=1)#.0", "[]"},
               {kList, "a.#(b>=1)#.#", "[]"},
               {kList, "a.#(b>=1)#|#", "2"},
               {kList, "a.#(b>=9)#|0", "nothing"}});
}

TEST(GjsonTest, QueriesFindTheFirstOrAllMatches) {
  ExpectFound({{kList, "a.#(b==2)", R"({"b":2})"},
               {kList, "a.#(b=2).b", "2"},
               {kList, "a.#[b==2].b", "2"},
               {kList, "a.#(c)", R"({"c":3})"},
               {kList, "a.#(b>=9)", "nothing"},
               {kList, "a.#(b>=9)#", "[]"},
               {kList, R"(a.#(b="1"))", R"({"b":1})"},
               {R"({"a":[1,5,"x"]})", "a.#(>2)", "5"},
               {R"({"a":[1,5,"x"]})", R"(a.#(!="x")#)", "[1,5]"},
               {R"({"a":[{"b c":1}]})", "a.#( b c == 1 )", R"({"b c":1})"},
               {R"({"a":[{"b":"x)y"}]})", R"(a.#(b=="x)y"))", R"({"b":"x)y"})"},
               {R"({"a":[{"b":"x\"y"}]})", R"(a.#(b=="x\"y"))", R"({"b":"x\"y"})"},
               {R"({"a":[{"b":"q"}]})", "a.#(b == q)", R"({"b":"q"})"},
               {R"({"a":"text"})", "a.#(b==1)", "nothing"}});
}

TEST(GjsonTest, QueriesNest) {
  ExpectFound({{R"({"a":[{"n":["fb"],"k":1},{"n":["x"],"k":2}]})", R"(a.#(n.#(=="fb"))#.k)", "[1]"},
               {R"({"a":[{"n":[{"t":"fb"}],"k":1},{"n":[{"t":"x"}],"k":2}]})",
                R"(a.#(n.#(t=="x")).k)", "2"}});
}

TEST(GjsonTest, OperatorsCompareByTheTypeThatIsFound) {
  ExpectFound({{R"([{"b":1.5},{"b":1}])", "#(b<1.2)", R"({"b":1})"},
               {R"([{"b":"m"},{"b":"z"}])", R"(#(b>"p"))", R"({"b":"z"})"},
               {R"([1,2,3])", "#(<=2)#", "[1,2]"},
               {R"(["abc","xbc"])", R"(#(%"a*"))", R"("abc")"},
               {R"(["abc","xbc"])", R"(#(!%"a*"))", R"("xbc")"},
               {R"([true,false])", "#(==true)#", "[true]"},
               {R"([true,false])", "#(>false)#", "[true]"},
               {R"([true,false])", "#(<true)#", "[false]"},
               {R"([{"b":null}])", "#(b==null)#", "[]"},
               {R"([{"b":{"c":1}}])", R"(#(b=={"c":1})#)", "[]"},
               // A text that is no number is neither equal to 0 nor ordered with numbers.
               {R"([0,1])", R"(#(=="x")#)", "[]"},
               {R"([0,1])", R"(#(>"a")#)", "[]"}});
}

TEST(GjsonTest, TildeComparesLoosely) {
  const std::string values = R"([0,"","0","false","true",1,"T",null])";
  ExpectFound({{values, "#(==~true)#", R"(["true",1,"T"])"},
               {values, "#(!=~true)#", R"([0,"","0","false",null])"},
               {R"([{"c":1},{"d":2}])", "#(c==~null)#", R"([{"d":2}])"},
               {R"([{"c":1},{"d":2}])", "#(c==~*)#", R"([{"c":1}])"},
               {R"([{"c":1},{"d":2}])", "#(c!=~*)#", R"([{"d":2}])"}});
}

TEST(GjsonTest, ModifiersTransform) {
  const std::string deep = R"({"a":[1,[2,[3]]]})";
  ExpectFound({{deep, "@this", deep},
               {deep, "a|@flatten", "[1,2,[3]]"},
               {deep, R"(a|@flatten:{"deep":true})", "[1,2,3]"},
               {deep, "a.@reverse.0", "[2,[3]]"},
               {R"({"a":1,"b":2})", "@reverse", R"({"b":2,"a":1})"},
               {R"({"a":1,"b":2})", "@keys", R"(["a","b"])"},
               {R"({"a":1,"b":[2]})", "@values", "[1,[2]]"},
               {R"([{"x":1},{"x":3,"y":2}])", "@join", R"({"x":3,"y":2})"}});
}

TEST(GjsonTest, SelectorsBuildValuesOfWhatExists) {
  const std::string document = R"({"a":{"b":1}})";
  ExpectFound({{document, "a.[b,b]", "[1,1]"},
               {document, R"({"x":a.b,a})", R"({"x":1,"a":{"b":1}})"},
               {document, R"({a.b,"y":!true})", R"({"b":1,"y":true})"},
               {document, R"([!1,!"x",missing])", R"([1,"x"])"},
               {document, R"(!"hello")", R"("hello")"},
               {R"([{"b":1},{"b":2}])", "#.{b}", R"([{"b":1},{"b":2}])"},
               {R"([{"b":1}])", R"({"z":0.b}.z)", "1"}});
}

TEST(GjsonTest, ErrorsTellThePositionAndWhatIsExpected) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty"},
      {"a..b", "position 3: a key is expected"},
      {".a", "position 1: a key is expected"},
      {"a|", "position 3: a key is expected"},
      {"a.#(b==1", "position 9: ')' is expected"},
      {"a.#(b==)", "position 8: a value is expected"},
      {R"(a.#(b=="x))", "position 8: this is not a complete JSON string"},
      {"a.#(b==~maybe)", "after '~' true, false, null or * is expected"},
      {"a.#x", "position 4: after '#'"},
      {"a.#()", "position 5: a key is expected"},
      {"[a", "position 3: ',' or ']' is expected"},
      {R"({"a"b})", "':' is expected"},
      {"@nosuch", "'@nosuch' is not a modifier known here"},
      {"@flatten:deep", "argument is a JSON object"},
      {"a\\", "after '\\'"},
      {"!tru", "a JSON value is expected"},
  };
  for (const auto& [path, message] : cases) {
    EXPECT_THAT(GjsonPath::Parse(path),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << path;
  }
}

TEST(GjsonTest, RefusesPathsThatAreTooLongOrTooDeep) {
  EXPECT_THAT(GjsonPath::Parse(std::string(GjsonPath::kMaxLength + 1, 'a')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too long")));
  EXPECT_OK(GjsonPath::Parse(std::string(GjsonPath::kMaxLength, 'a')));
  std::string deep;
  for (int i = 0; i < GjsonPath::kMaxDepth + 1; ++i) deep += "#.";
  EXPECT_THAT(GjsonPath::Parse(deep + "a"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested deeper than 32")));
}

TEST(GjsonTest, GivesUpOnResultsThatGrowWithoutBound) {
  const std::string doubling = absl::StrJoin(std::vector<std::string>(60, "[@this,@this]"), "|");
  EXPECT_EQ(Find("[1,2,3]", doubling), "nothing");
  EXPECT_EQ(Find("[1]", "[@this,@this]|[@this,@this]|#"), "2");
}

TEST(GjsonTest, CopiesShareOneCompiledPath) {
  ASSERT_OK_AND_ASSIGN(GjsonPath path, GjsonPath::Parse("a.b"));
  const GjsonPath copy = path;
  EXPECT_EQ(copy.Evaluate(Json::parse(R"({"a":{"b":1}})")), Json(1));
  EXPECT_EQ(path.Evaluate(Json::parse(R"({"a":{"b":2}})")), Json(2));
}

}  // namespace
}  // namespace qalam
