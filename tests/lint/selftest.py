#!/usr/bin/python3
"""Plants violations in a made-up checkout and expects each check to find them, and nothing else."""

import pathlib
import tempfile
import unittest

import check_docs
import check_forbidden
import check_headers
import check_layers
import check_own_names
import check_scripts
import forbidden_rules
import lint_source
from forbidden_rules import Allowance, Rule


class PlantedCase(unittest.TestCase):
    """A folder to plant files in."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def messages(self, findings):
        return "\n".join(str(finding) for finding in findings)


class SourceTest(unittest.TestCase):
    def test_comments_and_literals_are_blanked_and_lines_kept(self):
        text = 'a(); // rand()\n/* b\nc */ d("rand()");\nchar q = \'"\'; e();\n'
        code = lint_source.code_only(text)
        self.assertEqual(code.count("\n"), text.count("\n"))
        for gone in ("rand", "b\n"):
            self.assertNotIn(gone, code)
        for kept in ("a();", "d(", "e();"):
            self.assertIn(kept, code)

    def test_digit_separators_do_not_open_a_literal(self):
        self.assertIn("rand()", lint_source.code_only("int x = 1'000; y = rand(); int z = 1'0;"))

    def test_raw_strings_end_at_their_own_mark(self):
        code = lint_source.code_only('auto s = R"x(a )" rand() )x"; auto t = rand();')
        self.assertEqual(code.count("rand"), 1)

    def test_a_comment_mark_in_a_string_is_no_comment(self):
        self.assertIn("rand()", lint_source.code_only('F("http://x"); rand();'))

    def test_names_of_includes_are_kept(self):
        self.assertIn('"core/a.h"', lint_source.code_only('#include "core/a.h"  // why'))


class LayersTest(PlantedCase):
    def setUp(self):
        super().setUp()
        for room in check_layers.ROOMS:
            self.plant(f"{room}/{room}.h", "")

    def test_the_table_is_closed_and_has_no_circles(self):
        for room, used in check_layers.ROOMS.items():
            for other in used:
                self.assertLessEqual(set(check_layers.ROOMS[other]), set(used), f"{room}: {other}")
        self.assertEqual(check_layers.find_circle(check_layers.ROOMS), [])

    def test_every_pair_of_rooms_is_judged_by_the_table(self):
        for room, used in check_layers.ROOMS.items():
            for other in check_layers.ROOMS:
                with self.subTest(room=room, other=other):
                    self.plant(f"{room}/a.cc", f'#include "{other}/{other}.h"\n')
                    allowed = other == room or other in used
                    self.assertEqual(check_layers.check(self.root) == [], allowed)
                    (self.root / room / "a.cc").unlink()

    def test_trials_and_storage_know_neither_algorithms_nor_each_other(self):
        for room, other in (("trials", "suggestion"), ("storage", "suggestion"),
                            ("trials", "storage"), ("storage", "trials"), ("suggestion", "trials")):
            self.assertNotIn(other, check_layers.ROOMS[room])

    def test_a_violation_names_file_line_and_include(self):
        self.plant("core/a.cc", '\n#include "cli/cli.h"\n')
        findings = check_layers.check(self.root)
        self.assertEqual([(f.path, f.line) for f in findings], [("core/a.cc", 2)])
        self.assertIn("cli/cli.h", findings[0].message)

    def test_strange_includes_are_found(self):
        for include, word in (("a.h", "neither a room"), ("core/none.h", "no such file"),
                              ("core/core.cc", "only headers"), ("tests/x.h", "never uses tests"),
                              ("attic/a.h", "neither a room")):
            with self.subTest(include=include):
                self.plant("cli/a.cc", f'#include "{include}"\n')
                self.assertIn(word, self.messages(check_layers.check(self.root)))

    def test_comments_and_libraries_are_left_alone(self):
        self.plant("core/a.cc", '// #include "cli/cli.h"\n#include "absl/strings/str_cat.h"\n')
        self.assertEqual(check_layers.check(self.root), [])

    def test_a_header_that_cmake_makes_is_known_by_its_source(self):
        self.plant("cli/version.h.in", "")
        self.plant("cli/a.cc", '#include "cli/version.h"\n')
        self.assertEqual(check_layers.check(self.root), [])

    def test_a_circle_of_headers_is_found(self):
        self.plant("core/a.h", '#include "core/b.h"\n')
        self.plant("core/b.h", '#include "core/a.h"\n')
        self.assertIn("core/a.h -> core/b.h -> core/a.h",
                      self.messages(check_layers.check(self.root)))

    def test_a_forbidden_link_is_found(self):
        self.plant("storage/CMakeLists.txt", "qalam_room(storage\n  PUBLIC qalam_trials)\n")
        findings = check_layers.check(self.root)
        self.assertEqual([(f.path, f.line) for f in findings], [("storage/CMakeLists.txt", 2)])


class ForbiddenTest(PlantedCase):
    def home_free_path(self, rule):
        """A file in which the rule holds."""
        return next(f"{folder}a.cc" for folder in reversed(rule.where)
                    if rule.covers(f"{folder}a.cc"))

    def found(self, allowances=(), rules=forbidden_rules.RULES):
        return check_forbidden.check(self.root, rules, allowances)

    def test_every_rule_finds_each_of_its_bad_lines(self):
        for rule in forbidden_rules.RULES:
            self.assertTrue(rule.bad, rule.name)
            for line in rule.bad:
                with self.subTest(rule=rule.name, line=line):
                    path = self.home_free_path(rule)
                    self.plant(path, f"\n{line}\n")
                    hits = [f for f in self.found() if f.rule == rule.name]
                    self.assertEqual([(f.path, f.line) for f in hits], [(path, 2)])
                    self.assertIn(rule.reason, hits[0].message)
                    (self.root / path).unlink()

    def test_no_rule_finds_its_good_lines(self):
        for rule in forbidden_rules.RULES:
            for line in rule.good:
                with self.subTest(rule=rule.name, line=line):
                    path = self.home_free_path(rule)
                    self.plant(path, f"{line}\n")
                    self.assertEqual([f for f in self.found() if f.rule == rule.name], [])

    def test_a_rule_does_not_hold_in_its_home(self):
        for rule in forbidden_rules.RULES:
            for home in rule.home:
                with self.subTest(rule=rule.name, home=home):
                    path = home if home.endswith(".cc") else f"{home}a.cc"
                    self.plant(path, rule.bad[0] + "\n")
                    self.assertEqual([f for f in self.found() if f.rule == rule.name], [])

    def test_names_are_unique_and_reasons_are_sentences(self):
        names = [rule.name for rule in forbidden_rules.RULES]
        self.assertEqual(len(names), len(set(names)))
        for rule in forbidden_rules.RULES:
            self.assertGreater(len(rule.reason.split()), 4, rule.name)

    def test_an_allowance_covers_one_rule_in_one_file(self):
        rule = Rule("no-x", r"\bx\b", "x is not for us at all", bad=("x",))
        because = "the library that we call here demands an x"
        self.plant("core/a.cc", "x\n")
        self.plant("core/b.cc", "x\n")
        findings = self.found((Allowance("no-x", "core/a.cc", because),), (rule,))
        self.assertEqual([f.path for f in findings], ["core/b.cc"])

    def test_allowances_that_are_unused_unknown_or_unexplained_are_found(self):
        rule = Rule("no-x", r"\bx\b", "x is not for us at all", bad=("x",))
        self.plant("core/a.cc", "y\n")
        for allowance, word in ((Allowance("no-x", "core/a.cc", "a reason of five whole words"),
                                 "not needed"),
                                (Allowance("no-z", "core/a.cc", "a reason of five whole words"),
                                 "no rule"),
                                (Allowance("no-x", "core/a.cc", "legacy"), "sentence")):
            with self.subTest(word=word):
                self.assertIn(word, self.messages(self.found((allowance,), (rule,))))


class UnorderedIterationTest(PlantedCase):
    def lines(self, text, header=""):
        self.plant("core/a.cc", text)
        self.plant("core/a.h", header)
        return [f.line for f in check_forbidden.check(self.root, (), ()) if f.path == "core/a.cc"]

    def test_range_loops_and_begin_are_found(self):
        declaration = "absl::flat_hash_map<std::string, std::vector<int>> counts;\n"
        self.assertEqual(self.lines(declaration + "for (const auto& [k, v] : counts) {}\n"), [2])
        self.assertEqual(self.lines(declaration + "auto it = counts.begin();\n"), [2])
        self.assertEqual(self.lines("std::unordered_set<int> s;\nfor (int x : s) {}\n"), [2])

    def test_members_declared_in_the_header_are_found(self):
        header = "class A {\n  absl::flat_hash_set<int> seen_ ABSL_GUARDED_BY(m_);\n};\n"
        self.assertEqual(self.lines("void A::F() {\n  for (int x : seen_) {}\n}\n", header), [2])
        self.assertEqual(self.lines("void G(A* a) { for (int x : a->seen_) {} }\n", header), [1])

    def test_look_ups_and_ordered_containers_are_left_alone(self):
        text = ("absl::flat_hash_map<int, int> index;\nstd::map<int, int> sorted;\n"
                "int x = index.find(1)->second;\nbool y = index.find(1) != index.end();\n"
                "for (const auto& [k, v] : sorted) {}\nfor (int i : Keys(index)) {}\n")
        self.assertEqual(self.lines(text), [])


class HeadersTest(PlantedCase):
    GOOD = ("#ifndef QALAM_CORE_A_B_H_\n#define QALAM_CORE_A_B_H_\n\n"
            "// What it is.\nclass A {\n};\n\n#endif  // QALAM_CORE_A_B_H_\n")

    def found(self, text, path="core/a_b.h"):
        self.plant(path, text)
        return [f.rule for f in check_headers.check(self.root)]

    def test_a_good_header_passes(self):
        self.assertEqual(self.found(self.GOOD), [])

    def test_guards_follow_the_path(self):
        self.assertEqual(self.found(self.GOOD.replace("CORE_A_B", "A_B")), ["header-guard"])
        self.assertEqual(self.found(self.GOOD.replace("#endif  // QALAM_CORE_A_B_H_", "#endif")),
                         ["header-guard"])
        self.assertEqual(self.found("#pragma once\n// x\n"), ["header-guard"])
        self.assertEqual(self.found(""), ["header-guard"])

    def test_a_class_without_comment_is_found_unless_only_declared(self):
        self.assertEqual(self.found(self.GOOD.replace("// What it is.\n", "")), ["header-comment"])
        self.assertEqual(self.found(self.GOOD.replace("// What", "class B;\n// What")), [])

    def test_a_header_of_some_length_without_any_comment_is_found(self):
        body = "".join(f"int F{i}();\n" for i in range(20))
        text = self.GOOD.replace("// What it is.\nclass A {\n};\n", body)
        self.assertEqual(self.found(text), ["header-comment"])


class ScriptsTest(PlantedCase):
    GOOD = "#!/usr/bin/env bash\n# Does it.\nset -euo pipefail\necho it\n"

    def found(self, text, mode=0o755):
        self.plant("scripts/a.sh", text, mode)
        return [f.rule for f in check_scripts.check(self.root)]

    def test_a_good_script_passes(self):
        self.assertEqual(self.found(self.GOOD), [])

    def test_faults_are_found(self):
        self.assertEqual(self.found(self.GOOD + "if true; then\n"), ["shell-syntax"])
        self.assertEqual(self.found(self.GOOD.replace("set -euo", "set -eu")), ["shell-options"])
        self.assertEqual(self.found(self.GOOD.replace("#!/usr/bin/env bash", "#!/bin/sh")),
                         ["shell-start"])

    def test_a_script_that_cannot_be_started_is_found(self):
        self.assertEqual(self.found(self.GOOD, mode=0o644), ["shell-start"])

    def test_sourced_files_must_not_set_options(self):
        self.assertEqual(self.found("# Source this file: . a.sh\nexport A=1\n", mode=0o644), [])
        self.assertEqual(self.found("# Source this file: . a.sh\nset -euo pipefail\n", mode=0o644),
                         ["shell-options"])


class DocsTest(PlantedCase):
    README = "| `qalam run FILE` | runs |\n\n| 0 | good |\n\n`random` and `Job`\n"

    def setUp(self):
        super().setUp()
        self.plant("cli/verbs.inc", "// QALAM_VERB(X)\nQALAM_VERB(Run)\nQALAM_VERB(Complete)\n")
        self.plant("cli/complete.cc", "spec.hidden = true;\n")
        self.plant("cli/exit_code.h", "enum class ExitCode {\n  kSuccess = 0,\n};\n")
        self.plant("suggestion/random.cc", 'd.name = "random";\nd.source = "x";\n')
        self.plant("trials/kinds/job.cc", '.kind = "Job",\n')
        self.plant("README.md", self.README)

    def found(self):
        return [f.rule for f in check_docs.check(self.root)]

    def test_a_good_readme_passes(self):
        self.assertEqual(self.found(), [])

    def test_verbs_for_people_must_be_in_the_table(self):
        self.plant("cli/verbs.inc", "QALAM_VERB(Run)\nQALAM_VERB(Stop)\n")
        self.assertIn("'qalam stop'", self.messages(check_docs.check(self.root)))

    def test_calls_of_verbs_that_do_not_exist_are_found(self):
        self.plant("docs/a.md", "First:\n\n    qalam fly now\n\nor `qalam flee`.\nqalam run x\n")
        findings = check_docs.check(self.root)
        self.assertEqual([(f.path, f.line) for f in findings], [("docs/a.md", 3), ("docs/a.md", 5)])

    def test_what_the_sources_define_must_be_mentioned(self):
        self.plant("suggestion/tpe.cc", 'd.name = "tpe";\nd.source = "x";\n')
        self.plant("trials/kinds/pytorch.cc", '.kind = "PyTorchJob",\n')
        self.plant("cli/exit_code.h", "  kSuccess = 0,\n  kFailed = 1,\n")
        text = self.messages(check_docs.check(self.root))
        for name in ("'tpe'", "'PyTorchJob'", "exit code 1"):
            self.assertIn(name, text)

    def test_algorithms_must_be_in_katibs_configuration(self):
        self.plant("docs/katib-drop-in.md", "    - {algorithmName: random2, image: x}\n")
        self.assertIn("'random'", self.messages(check_docs.check(self.root)))

    def test_dead_links_are_found_and_others_left_alone(self):
        self.plant("docs/a.md", "[a](../README.md#x) [b](https://x.y/z) [c](#here)\n\n[d](b.md)\n")
        findings = check_docs.check(self.root)
        self.assertEqual([(f.rule, f.line) for f in findings], [("docs-link", 3)])

    def test_examples_have_a_readme_and_a_name_of_their_own(self):
        self.plant("examples/a/e.yaml", "metadata:\n  name: one\n")
        self.assertEqual(self.found(), ["docs-example"])
        self.plant("examples/a/README.md", "An example.\n")
        self.assertEqual(self.found(), [])
        self.plant("examples/a/f.yaml", "metadata:\n  name: one\n")
        self.assertEqual(self.found(), ["docs-example"])


class OwnNamesTest(PlantedCase):
    """Sources of a room, some of which keep things of one name to themselves."""

    def plant_own(self, path, definitions, namespace="qalam"):
        self.plant(path, f"namespace {namespace} {{\nnamespace {{\n\n{definitions}\n\n"
                   f"}}  // namespace\n}}  // namespace {namespace}\n")

    def found(self):
        return [(f.path, f.line) for f in check_own_names.check(self.root)]

    def test_a_constant_a_type_or_a_function_twice_is_found(self):
        for definition in ("constexpr int kMost = 3;", "struct Part {\n  int x;\n};",
                           "int Twice(int x) {\n  return 2 * x;\n}"):
            self.plant_own("core/a.cc", definition)
            self.plant_own("core/b.cc", definition)
            self.assertEqual(self.found(), [("core/b.cc", 4)], definition)

    def test_other_rooms_namespaces_and_parameters_are_no_clash(self):
        self.plant_own("core/a.cc", "int Twice(int x) {\n  return 2 * x;\n}")
        self.plant_own("math/b.cc", "int Twice(int x) {\n  return 2 * x;\n}")
        self.plant_own("core/c.cc", "int Twice(int x) {\n  return 2 * x;\n}", "qalam::gp")
        self.plant_own("core/d.cc", "int Twice(double x) {\n  return 2;\n}")
        self.plant("core/e.cc", "namespace qalam {\nint Twice(int x) { return x; }\n}\n")
        self.assertEqual(self.found(), [])


if __name__ == "__main__":
    unittest.main()
