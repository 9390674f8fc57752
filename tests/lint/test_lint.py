"""Plants each violation in a small clean tree, one at a time: scripts/lint must name file, line and rule, and nothing
else. Usage: test_lint.py [unittest arguments]; LINT_CC names the compiler (cc)."""
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
LINT = os.path.join(ROOT, "scripts", "lint")
CC = os.environ.get("LINT_CC", "cc")

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from peerless_lint import main, tables  # noqa: E402
from peerless_lint.tree import Source, cmake_calls  # noqa: E402

GUARDED = "#ifndef {0}\n#define {0}\n{1}\n#endif\n"

# Clean, and full of what must not be taken for a violation.
CLEAN = {
    "include/peerless/status.h": GUARDED.format(
        "PEERLESS_STATUS_H",
        "#include <stddef.h>\n\n"
        "#define PL_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))\n"
        "typedef int pl_status;\n",
    ),
    "include/peerless/stats.h": GUARDED.format(
        "PEERLESS_STATS_H", "#include <peerless/status.h>\n\npl_status pl_stats_mean(const double *x, size_t n);\n"
    ),
    "src/core/base/CMakeLists.txt": "pl_folder(base SOURCES alloc.c error.c num.c LIBS m)\n",
    "src/core/base/alloc.h": GUARDED.format(
        "PL_ALLOC_H", "#include <stddef.h>\n\nvoid *pl__malloc(size_t size_bytes);\nvoid pl__free(void *p);\n"
    ),
    "src/core/base/alloc.c": """\
#include "alloc.h"

#include <stdlib.h>

void *pl__malloc(size_t size_bytes)
{
    return malloc(size_bytes);
}

void pl__free(void *p)
{
    free(p);
}
""",
    "src/core/base/error.c": """\
#include <peerless/status.h>
#include <signal.h>
#include <stdio.h>

pl_status pl__broken(void);
pl_status pl__broken(void)
{
    const char *volatile text = "invariant broken\\n";
    (void)fputs(text, stderr);
    return raise(SIGABRT);
}
""",
    "src/core/base/num.c": """\
#include <stdlib.h>

double pl__num(const char *text);
double pl__num(const char *text)
{
    return strtod(text, NULL);
}
""",
    "src/core/stats/CMakeLists.txt": """\
# pl_folder(stats USES rank) in a comment says nothing.
pl_folder(stats
  SOURCES mean.c
  USES base
  LIBS m)
""",
    "src/core/stats/mean.c": """\
#include "alloc.h"

#include <math.h>
#include <peerless/stats.h>

/* A comment may say malloc(1), strcpy(a, b), printf("%f") and #include "transport.h"; so may // exit(1). */
static const char words[] = "call strcpy(a, b), then exit(1) /* not a comment */ 100%% free // nor this";

typedef struct ops {
    void (*free)(void *p);
    int (*system)(int exit, int abort);
} ops;

pl_status pl_stats_mean(const double *x, size_t n)
{
    const ops use = {.free = pl__free};
    double sum = fabs(n > 0 ? x[0] : 0.0);
    size_t free = n;

    free = free + sizeof(words); // malloc(free)
    use.free(NULL);
    (&use)->free(NULL);
    return sum > 1.0 && free > 1 && words[0] == '"' ? 1 : 0;
}
""",
    "src/core/signal/CMakeLists.txt": "pl_folder(signal SOURCES table.c USES base)\n",
    "src/core/signal/table.h": GUARDED.format("PL_TABLE_H", "int pl__table_secret(void);\nint pl_table_rows(void);\n"),
    "src/core/signal/table.c": """\
#include "table.h"

int pl__table_secret(void)
{
    return 1;
}

int pl_table_rows(void)
{
    return 2;
}
""",
    "src/core/rank/CMakeLists.txt": "pl_folder(rank SOURCES vote.c USES base stats)\n",
    "src/core/rank/vote.c": """\
int pl_table_rows(void);
int pl_rank_vote(void);
int pl_rank_vote(void)
{
    return pl_table_rows();
}
""",
    "src/edge/http/CMakeLists.txt": "pl_folder(http SOURCES transport.c USES base)\n",
    "src/edge/http/transport.h": GUARDED.format("PL_TRANSPORT_H", "int pl__transport(void);\n"),
    "src/edge/http/transport.c": """\
#include "transport.h"

#include <curl/curl.h>
#include <peerless/status.h>

int pl__transport(void)
{
    return CURLE_OK;
}
""",
    "src/app/cli/CMakeLists.txt": """\
pl_folder(cli SOURCES cmd_run.c USES base http)
add_executable(peerless main.c)
target_compile_options(peerless PRIVATE "SHELL:-iquote ${CMAKE_CURRENT_SOURCE_DIR}")
""",
    "src/app/cli/cmd_run.c": """\
#include "transport.h"
#include <stdio.h>

int pl__cmd_run(void);
int pl__cmd_run(void)
{
    return printf("%d\\n", pl__transport());
}
""",
    "src/app/cli/main.c": "int main(void)\n{\n    return 0;\n}\n",
    "tests/core/stats/test_mean.c": """\
#include "mean_data.h"
#include <stdio.h>
#include <stdlib.h>

static int mean_once(void *user, void *err)
{
    (void)err;
    return pl_stats_mean(user, 1);
}

int main(void)
{
    char *text = malloc(mean_data);
    pl__kit_fault_loop("mean", mean_once, NULL);
    (void)printf("%f\\n", strtod("1", NULL));
    free(text);
    return 0;
}
""",
    "tests/core/stats/mean_data.h": "#define mean_data 3\n",
    "tests/header/bad/not_alone.h": '#include "../no/such.h"\nsize_t   x;\n',
    "docs/notes.md": "Plain words. See [the first part](#1-first).\n",
    "scripts/run": "#!/bin/sh\nmktemp XXXXXX\n",
}

MEAN, TRANSPORT, CLI, TEST = (
    "src/core/stats/mean.c",
    "src/edge/http/transport.c",
    "src/app/cli/cmd_run.c",
    "tests/core/stats/test_mean.c",
)
ERROR, STATS_H, STATS_CMAKE = "src/core/base/error.c", "include/peerless/stats.h", "src/core/stats/CMakeLists.txt"


def long_function(n_lines):
    return "int pl__long(void);\nint pl__long(void)\n{\n" + "    ;\n" * (n_lines - 4) + "    return 0;\n}\n"


def branchy_function(complexity):
    ifs = "".join(f"    if (x == {i})\n        y++;\n" for i in range(complexity - 1))
    return f"int pl__branchy(int x);\nint pl__branchy(int x)\n{{\n    int y = 0;\n{ifs}    return y;\n}}\n"


# ---- how a violation gets into the tree: each gives (path, new content) and the line to be named ----


def append(path, text):
    """Adds text at the end; the finding stands on the line that has the mark @, which is taken out."""
    return path, CLEAN[path] + text.replace("@", ""), CLEAN[path].count("\n") + 1 + text[: text.index("@")].count("\n")


def swap(path, old, new):
    """Puts new in the place of old; the finding stands where the mark @ in new is."""
    content = CLEAN[path]
    assert content.count(old) == 1, (path, old)
    at = content.index(old)
    line = content.count("\n", 0, at) + 1 + new[: new.index("@")].count("\n")
    return path, content.replace(old, new.replace("@", "")), line


def create(path, text):
    return path, text.replace("@", ""), text[: text.index("@")].count("\n") + 1


def call(path, expression):
    """A function with the expression, in the house format."""
    name = "pl__planted"
    return append(path, f"\nint {name}(void);\nint {name}(void)\n{{\n    return @{expression} != 0;\n}}\n")


def include(path, what):
    first = next(line for line in CLEAN[path].splitlines() if line.startswith("#include"))
    # The new line goes behind the first include, set off by blank lines so that the order of includes stays right.
    return swap(path, first + "\n", f"{first}\n\n@#include {what}\n\n")


PLANTED = {
    "format": (append(MEAN, "\nint  @pl__x;\n"), "format"),
    "format in tests": (append(TEST, "\nint  @pl__x;\n"), "format"),
    # banned functions
    "strcpy": (call(MEAN, "strcpy(a, b)"), "banned"),
    "sprintf, spaced out": (append(MEAN, "\n#define PLANTED(x) @sprintf \\\n    (x)\n"), "banned"),
    "strcpy in a test": (call(TEST, "strcpy(a, b)"), "banned"),
    "sscanf by its address": (append(MEAN, "\nint (*pl__planted)() = @sscanf;\n"), "banned"),
    "exit": (call(TRANSPORT, "exit(1)"), "banned"),
    "abort": (call(MEAN, "abort()"), "banned"),
    "system": (call(CLI, "system(0)"), "banned"),
    "strerror": (call(CLI, "strerror(1)"), "banned"),
    "raise elsewhere": (call(MEAN, "raise(1)"), "banned"),
    "after an opening quote in a comment": (append(MEAN, "\n/* don't */ int pl__x = @atoi(0);\n"), "banned"),
    "after a quote character": (append(MEAN, "\nint pl__x = '\"' + @atoi(0);\n"), "banned"),
    "malloc": (call(TRANSPORT, "malloc(1)"), "memory"),
    "free": (call(MEAN, "free(p)"), "memory"),
    "free as an argument": (call(MEAN, "give(1, free)"), "memory"),
    "strdup": (call(CLI, "strdup(p)"), "memory"),
    "printf": (call(TRANSPORT, 'printf("x")'), "output"),
    "fputs elsewhere": (call(MEAN, "fputs(p, f)"), "output"),
    "stderr": (call(MEAN, "use(stderr)"), "output"),
    "perror": (call(TRANSPORT, "perror(0)"), "output"),
    "strtod": (call(TRANSPORT, "strtod(p, 0)"), "float-text"),
    "atof": (call(CLI, "atof(p)"), "float-text"),
    "%f": (call(MEAN, 'pl__say("%f")'), "float-text"),
    "%-8.*lg": (call(MEAN, 'pl__say("%d%% %-8.*lg")'), "float-text"),
    # layers: the table
    "lower floor uses higher": (swap(STATS_CMAKE, "USES base", "USES base\n  @http"), "uses"),
    "sibling": (swap(STATS_CMAKE, "USES base", "USES base\n  @rank"), "uses"),
    "unknown use": (swap(STATS_CMAKE, "USES base", "@USES base nowhere"), "uses"),
    "edge uses app": (swap("src/edge/http/CMakeLists.txt", "USES base", "@USES base cli"), "uses"),
    "include path by hand": (append(STATS_CMAKE, "@target_compile_options(pl_stats PRIVATE -I../http)\n"), "uses"),
    "include_directories": (append(STATS_CMAKE, "@target_include_directories(pl_stats PRIVATE x)\n"), "uses"),
    "unlisted file": (create("src/core/stats/lost.c", "@int pl__lost;\n"), "unlisted"),
    "outside of folders": (create("src/core/lost.c", "@int pl__lost;\n"), "folder"),
    "folder without target": (swap("src/core/rank/CMakeLists.txt", "pl_folder(rank", "@pl_folder(ranks"), "folder"),
    # layers: includes
    "..": (include(MEAN, '"../../edge/http/transport.h"'), "include-parent"),
    ".. in <>": (include(MEAN, "<peerless/../x.h>"), "include-parent"),
    ".. in a test": (include(TEST, '"../mean_data.h"'), "include-parent"),
    "folder in front": (include(MEAN, '"base/num.h"'), "include-folder"),
    "header of a folder not used": (include(MEAN, '"transport.h"'), "include-uses"),
    "header of nobody": (include(MEAN, '"nowhere.h"'), "include-uses"),
    "spaced include": (swap(MEAN, '"alloc.h"\n', '"alloc.h"\n\n@#  include "transport.h"\n'), "include-uses"),
    "computed include": (include(MEAN, "HEADER"), "include-form"),
    "source file": (include(TEST, '"mean.c"'), "include-source"),
    "own header in <>": (include(MEAN, "<alloc.h>"), "system-header"),
    "curl outside http": (include(CLI, "<curl/curl.h>"), "system-header"),
    "a socket in core": (include(MEAN, "<sys/socket.h>"), "system-header"),
    "jansson in edge": (include(TRANSPORT, "<jansson.h>"), "system-header"),
    # layers: public headers
    "unknown public header": (create("include/peerless/more.h", "@" + GUARDED.format("MORE_H", "")), "public-header"),
    "missing public header": (include(MEAN, "<peerless/nowhere.h>"), "public-header"),
    "private in public": (include(STATS_H, '"alloc.h"'), "public-header"),
    "hosted in public": (include(STATS_H, "<stdio.h>"), "public-header"),
    # allocations
    "never refused memory": (
        append(STATS_H, "pl_status @pl_stats_lonely(void);\n"), "fault-loop"),
    # names, sizes, words
    "basename": (create("src/core/stats/table.h", "@" + GUARDED.format("PL_TABLE_H", "")), "basename"),
    "function too long": (append(MEAN, "\n" + long_function(101).replace(";\nint", ";\n@int", 1)), "function-size"),
    "function too complex": (append(MEAN, "\n" + branchy_function(21).replace(";\nint", ";\n@int", 1)), "complexity"),
    "file too long": (append(ERROR, "/* x */\n" * (1000 - CLEAN[ERROR].count("\n")) + "@/* x */\n"), "file-size"),
    "unfinished": (append(MEAN, "/* @TODO */\n"), "word"),
    "unfinished in a script": (append("scripts/run", "# @FIXME\n"), "word"),
    "path of a machine": (append("docs/notes.md", "See @/work/main/README.\n"), "word"),
    "build path of a machine": (append("docs/notes.md", "See\n@/tmp/b-someone.\n"), "word"),
    "outside of the project": (append("docs/notes.md", "See @../shared/design.\n"), "word"),
    "who wrote it": (append("docs/notes.md", "Done in @this session.\n"), "word"),
    "issue number": (append(MEAN, "/* @Because of #12. */\n"), "word"),
}

ALLOWED = {
    "function at the length limit": append(MEAN, "@\n" + long_function(100)),
    "function at the complexity limit": append(MEAN, "@\n" + branchy_function(20)),
    "conversion that is text": append(MEAN, '\nconst char *pl__text = @"100%%f %%%%g";\n'),
    "continued comment": append(MEAN, "\n// goes on \\\n   strcpy(a, b)@\n"),
}


class LintCase(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="lint-")
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in CLEAN.items():
            self.write(path, text)
        shutil.copy(os.path.join(ROOT, ".clang-format"), self.root)
        shutil.copy(os.path.join(ROOT, ".clang-tidy"), self.root)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    @contextlib.contextmanager
    def planted(self, path, text):
        self.write(path, text)
        try:
            yield
        finally:
            if path in CLEAN:
                self.write(path, CLEAN[path])
            else:
                os.remove(os.path.join(self.root, path))

    def lint(self, *options):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main.main(["--root", self.root, *options])
        return code, out.getvalue().splitlines(), err.getvalue()

    def assert_clean(self, result):
        self.assertEqual((0, []), result[:2], result[2])

    def assert_found(self, result, *places):
        """Exactly one finding at each (path, line, rule)."""
        code, lines, err = result
        self.assertEqual(1, code, f"{lines} {err}")
        self.assertEqual([f"{p}:{n}: {r}" for p, n, r in sorted(places)], [": ".join(x.split(": ")[:2]) for x in lines])


class Planted(LintCase):
    def test_clean_tree_passes(self):
        result = self.lint()
        self.assert_clean(result)
        self.assertIn("symbols of core/ not checked: no build in", result[2])

    def test_as_a_program(self):
        path, text, line = PLANTED["strcpy"][0]
        self.write(path, text)
        done = subprocess.run([sys.executable, LINT, "--root", self.root], capture_output=True, text=True, check=False)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertRegex(done.stdout, rf"\A{path}:{line}: banned: strcpy: use .*\n\Z")

    def test_each_violation_is_named(self):
        for title, ((path, text, line), rule) in PLANTED.items():
            with self.subTest(title):
                with self.planted(path, text):
                    self.assert_found(self.lint_but_format(rule), (path, line, rule))

    def lint_but_format(self, rule):
        """Planted code need not be well formatted, unless that is the question."""
        code, lines, err = self.lint()
        if rule != "format":
            lines = [x for x in lines if ": format: " not in x]
        return code, lines, err

    def test_what_looks_like_one_is_not(self):
        for title, (path, text, _) in ALLOWED.items():
            with self.subTest(title):
                with self.planted(path, text):
                    self.assertEqual([], self.lint_but_format("")[1])

    def test_several_are_all_named_in_order(self):
        titles = ("strcpy", "printf", "sibling")
        for title in titles:
            path, text, _ = PLANTED[title][0]
            self.write(path, text)
        places = [(path, line, rule) for (path, _, line), rule in map(PLANTED.get, titles)]
        self.assert_found(self.lint(), *places)

    def test_two_homes_of_one_header(self):
        self.write("src/edge/http/num.h", GUARDED.format("PL_NUM_H", ""))
        self.write("src/core/base/num.h", GUARDED.format("PL_NUM_H", ""))
        path, text, line = swap(CLI, '#include "transport.h"\n', '@#include "num.h"\n#include "transport.h"\n')
        self.write(path, text)
        self.assert_found(self.lint(), (path, line, "include-ambiguous"))

    def test_long_file_is_a_warning_first(self):
        self.write(ERROR, CLEAN[ERROR] + "/* x */\n" * 700)
        code, lines, _ = self.lint()
        self.assertEqual(0, code)
        self.assertEqual(1, len(lines))
        self.assertRegex(lines[0], r"^src/core/base/error\.c:601: file-size: .*\(a warning\)$")

    def test_public_header_of_a_higher_floor(self):
        kept = tables.PUBLIC_HEADERS
        tables.PUBLIC_HEADERS = {**kept, "run.h": "app"}
        self.addCleanup(setattr, tables, "PUBLIC_HEADERS", kept)
        from peerless_lint import layers
        from peerless_lint.tree import Tree

        self.write("include/peerless/run.h", GUARDED.format("PEERLESS_RUN_H", "#include <peerless/stats.h>\n"))
        self.assertEqual([], list(layers.check(Tree(self.root))))
        for path in (MEAN, TRANSPORT, STATS_H):
            _, text, line = include(path, "<peerless/run.h>")
            with self.planted(path, text):
                found = [(f.path, f.line, f.rule) for f in layers.check(Tree(self.root))]
                self.assertEqual([(path, line, "public-header")], found)
        self.write(CLI, include(CLI, "<peerless/run.h>")[1])
        self.assertEqual([], list(layers.check(Tree(self.root))))

    def test_unusable_is_not_clean(self):
        self.assertEqual(2, self.lint("--build", os.path.join(self.root, "nowhere"))[0])
        code, _, err = self.lint("--tidy")
        self.assertEqual(2, code)
        self.assertIn("compile_commands.json", err)


class Table(unittest.TestCase):
    """The table of what each folder may use is itself checked on every run."""

    def test_ours_is_sound(self):
        self.assertEqual([], tables.problems())
        self.assertEqual(set(tables.FOLDERS), set(tables.SYSTEM_HEADERS))
        core = {name for name, (floor, _) in tables.FOLDERS.items() if floor == "core"}
        self.assertEqual(core, set(tables.CORE_SYMBOLS))
        self.assertLessEqual(set(tables.PUBLIC_HEADERS.values()), set(tables.FLOORS))

    def test_unsound_ones_are_named(self):
        for row, words in (
            ({"base": ("core", ("rank",))}, "cycle: base > rank > base"),
            ({"base": ("core", ("base",))}, "cycle: base > base"),
            ({"stats": ("core", ("base", "http"))}, "stats: uses http of a higher floor"),
            ({"http": ("edge", ("base", "eval"))}, "http: uses eval of a higher floor"),
            ({"stats": ("core", ("nowhere",))}, "stats: uses nowhere, which is not in the table"),
            ({"stats": ("cellar", ())}, "stats: no floor is called cellar"),
        ):
            with self.subTest(words):
                self.assertIn(words, tables.problems({**tables.FOLDERS, **row}))

    def test_every_run_checks_it(self):
        kept = tables.FOLDERS
        self.addCleanup(setattr, tables, "FOLDERS", kept)
        tables.FOLDERS = {**kept, "base": ("core", ("rank",))}
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            self.assertEqual(2, main.main(["--root", ROOT]))
        self.assertIn("cycle: base > rank > base", err.getvalue())


class Symbols(LintCase):
    """What core/ calls without a header: only the compiled objects tell."""

    def build(self):
        """Compiles the core folders into the libraries of a build directory."""
        build = os.path.join(self.root, "build", "dev")
        os.makedirs(build, exist_ok=True)
        with open(os.path.join(build, "CMakeCache.txt"), "w", encoding="utf-8"):
            pass
        for folder, names in {"base": ("alloc.c", "error.c", "num.c"), "stats": ("mean.c",), "signal": ("table.c",),
                              "rank": ("vote.c",)}.items():
            out = os.path.join(build, "src", "core", folder)
            shutil.rmtree(out, ignore_errors=True)
            os.makedirs(out)
            for name in names:
                path = f"src/core/{folder}/{name}"
                flags = ["-std=c17", "-O1", "-D_POSIX_C_SOURCE=200809L", "-w", "-Iinclude", "-iquote", "src/core/base"]
                subprocess.run([CC, *flags, "-c", path, "-o", os.path.join(out, name + ".o")], cwd=self.root,
                               check=True)
            objects = [os.path.join(out, n + ".o") for n in names]
            subprocess.run(["ar", "rcs", os.path.join(out, f"libpl_{folder}.a"), *objects], check=True)

    def plant(self, path, text, line, rules=("symbol",)):
        with self.planted(path, text):
            self.build()
            self.assert_found(self.lint(), *((path, line, rule) for rule in rules))

    def test_clean(self):
        self.build()
        result = self.lint()
        self.assert_clean(result)
        self.assertNotIn("symbols of core/ not", result[2])

    def test_planted(self):
        outside = "\nint {0}();\nint pl__x(void);\nint pl__x(void)\n{{\n    return {0}();\n}}\n"
        for symbol in ("getenv", "time", "open", "socket", "setlocale", "clock_gettime", "pl__transport"):
            with self.subTest(symbol):
                path, text, line = append(MEAN, outside.replace("\nint {0}();", "\n@int {0}();").format(symbol))
                self.plant(path, text, line)

    def test_circle(self):
        upper, lower = "src/core/base/alloc.c", "src/core/base/num.c"
        call = "\nint pl__{1}(void);\nint pl__{0}(void);\nint pl__{0}(void)\n{{\n    return pl__{1}();\n}}\n"
        with self.planted(lower, CLEAN[lower] + call.format("down", "up")):
            with self.planted(upper, CLEAN[upper] + "\nint pl__up(void);\nint pl__up(void)\n{\n    return 1;\n}\n"):
                self.build()
                self.assert_clean(self.lint())
            with self.planted(upper, CLEAN[upper] + call.format("up", "down")):
                self.build()
                result = self.lint()
                self.assert_found(result, (upper, 1, "circle"))
                self.assertIn("alloc.c calls pl__down of num.c, num.c calls pl__up of alloc.c", result[1][0])

    def test_only_the_public_face_of_signal(self):
        text = CLEAN["src/core/rank/vote.c"].replace("pl_table_rows", "pl__table_secret")
        self.plant("src/core/rank/vote.c", text, 1)

    def test_exempt_by_name_and_file(self):
        path = "src/core/base/num.c"
        text = CLEAN[path] + "\nint raise(int n);\nint pl__x(void);\nint pl__x(void)\n{\n    return (raise)(6);\n}\n"
        self.plant(path, text, CLEAN[path].count("\n") + 2, ("banned", "symbol"))

    def test_what_is_not_built_is_said(self):
        self.build()
        shutil.rmtree(os.path.join(self.root, "build/dev/src/core/signal"))
        code, lines, err = self.lint()
        self.assertEqual((0, []), (code, lines))
        self.assertIn("symbols of core/signal not checked", err)


class Tidy(LintCase):
    def setUp(self):
        super().setUp()
        build = os.path.join(self.root, "build", "dev")
        os.makedirs(build)
        commands = [
            {"directory": self.root, "file": os.path.join(self.root, path),
             "command": f"cc -std=c17 -Iinclude -iquote src/core/base -iquote src/core/stats -c {path}"}
            for path in (MEAN, "src/core/base/num.c", "src/core/base/alloc.c")
        ]
        with open(os.path.join(build, "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump(commands, f)
        self.path, text, self.line = append(
            "src/core/base/num.c", "\nint pl__x(int x);\nint pl__x(int x)\n{\n    if (x)\n        return 1;\n"
            "    int *p = (int *)0;\n    return @*p;\n}\n")
        self.text = text

    def test_all(self):
        self.assert_clean(self.lint("--tidy"))
        self.write(self.path, self.text)
        self.assert_found(self.lint("--tidy"), (self.path, self.line, "clang-tidy"))
        self.assert_clean(self.lint())

    @unittest.skipUnless(shutil.which("git"), "git is not installed")
    def test_changed(self):
        def git(*args):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false",
                            *args], cwd=self.root, check=True, capture_output=True)

        self.write(self.path, self.text)
        git("init", "-q")
        git("add", "-A")
        git("commit", "-q", "-m", "start")
        self.assert_clean(self.lint("--changed", "HEAD"))
        self.write(self.path, self.text + "\n/* changed */\n")
        self.assert_found(self.lint("--changed", "HEAD"), (self.path, self.line, "clang-tidy"))
        self.assertEqual(2, self.lint("--changed", "nowhere")[0])


class Reading(unittest.TestCase):
    def test_c(self):
        text = "a /* b\n\" */ c \"d /* \\\" e\" 'f' // g \\\nh\ni '\\'' \"\\\\\" j"
        s = Source("x.c", text)
        self.assertEqual(len(text), len(s.code))
        self.assertEqual(len(text), len(s.bare))
        self.assertEqual("a c \" \" ' ' i ' ' \" \" j", " ".join(s.bare.split()))
        self.assertIn('"d /* \\" e"', s.code)
        self.assertEqual(text.count("\n"), s.bare.count("\n"))
        self.assertEqual(4, s.line_of(text.index("i '")))

    def test_c_that_does_not_end(self):
        self.assertEqual("a", Source("x.c", "a /* b").bare.rstrip())
        self.assertIn("strcpy", Source("x.c", '#error "don\nstrcpy').bare)

    def test_cmake(self):
        text = 'a(b "c d" # e)\n  f) #[[ g(h) ]]\ni(j(k) l)\n'
        self.assertEqual([("a", 1, [("b", 1), ("c d", 1), ("f", 2)]), ("i", 3, [("j", 3), ("k", 3), ("l", 3)])],
                         list(cmake_calls(text)))


if __name__ == "__main__":
    unittest.main()
