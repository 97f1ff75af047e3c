#include "cli/help.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/verb.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The words after `qalam VERB` of an example, up to where the shell would take over; empty for
// examples that do not begin with qalam.
std::vector<std::string> WordsOf(const std::string& command) {
  std::vector<std::string> words;
  for (const absl::string_view word : absl::StrSplit(command, ' ')) {
    if (word == "|" || word == ">" || absl::StartsWith(word, "<(")) break;
    if (absl::StartsWith(word, "$(")) return {"qalam", words[1], "NAME"};
    words.emplace_back(word);
  }
  return words;
}

TEST(HelpTest, ListsEveryVerbThatIsNotHidden) {
  const std::string help = ProgramHelp();
  for (const VerbSpec& verb : Verbs()) {
    SCOPED_TRACE(verb.name);
    const std::string line = absl::StrCat("\n  ", verb.name, " ");
    if (verb.hidden) {
      EXPECT_THAT(help, Not(HasSubstr(line)));
    } else {
      EXPECT_THAT(help, HasSubstr(line));
    }
  }
  for (const char* const code : {"0   ", "1   ", "2   ", "3   ", "4   "}) {
    EXPECT_THAT(help, HasSubstr(absl::StrCat("\n  ", code)));
  }
}

TEST(HelpTest, TellsEveryFlagOfAVerb) {
  for (const VerbSpec& verb : Verbs()) {
    const std::string help = VerbHelp(verb);
    EXPECT_THAT(help, HasSubstr(UsageLine(verb)));
    for (const FlagSpec& flag : AllFlags(verb)) {
      SCOPED_TRACE(absl::StrCat(verb.name, " --", flag.name));
      EXPECT_THAT(help, HasSubstr(absl::StrCat("--", flag.name)));
      EXPECT_THAT(flag.help, Not(IsEmpty()));
      for (const std::string& choice : flag.choices) EXPECT_THAT(help, HasSubstr(choice));
    }
  }
}

TEST(HelpTest, FitsTheWidthOfAPage) {
  std::vector<std::string> texts = {ProgramHelp()};
  for (const VerbSpec& verb : Verbs()) texts.push_back(VerbHelp(verb));
  for (const std::string& text : texts) {
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(line.size(), 100U) << line;
      EXPECT_FALSE(absl::EndsWith(line, " ")) << line;
    }
  }
}

TEST(VerbsTest, NoTwoFlagsOfAVerbShareAName) {
  for (const VerbSpec& verb : Verbs()) {
    std::set<std::string> names;
    std::set<char> letters;
    for (const FlagSpec& flag : AllFlags(verb)) {
      SCOPED_TRACE(absl::StrCat(verb.name, " --", flag.name));
      EXPECT_TRUE(names.insert(flag.name).second);
      EXPECT_TRUE(flag.short_name == 0 || letters.insert(flag.short_name).second);
    }
  }
}

TEST(VerbsTest, EveryExampleIsACommandThatTheParserAccepts) {
  for (const VerbSpec& verb : Verbs()) {
    EXPECT_THAT(verb.examples, Not(IsEmpty())) << verb.name;
    for (const Example& example : verb.examples) {
      SCOPED_TRACE(example.command);
      std::vector<std::string> words = WordsOf(example.command);
      if (words[0] != "qalam") continue;
      ASSERT_GE(words.size(), 2U);
      EXPECT_EQ(words[1], verb.name);
      words.erase(words.begin(), words.begin() + 2);
      ASSERT_OK_AND_ASSIGN(const ParsedFlags flags, ParseFlags(words, AllFlags(verb)));
      EXPECT_GE(static_cast<int>(flags.args().size()), verb.min_args);
    }
  }
}

TEST(VerbsTest, AreFoundByTheirExactName) {
  ASSERT_NE(FindVerb("run"), nullptr);
  EXPECT_EQ(FindVerb("run")->name, "run");
  EXPECT_EQ(FindVerb("ru"), nullptr);
  EXPECT_EQ(FindVerb(""), nullptr);
}

}  // namespace
}  // namespace qalam
