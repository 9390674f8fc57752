"""Functions and files stay small. pmccabe counts; a switch counts as one decision."""
import re
import subprocess

from .tools import need
from .tree import Finding

FUNCTION_LINES_MAX = 100
COMPLEXITY_MAX = 20
FILE_LINES_SOFT = 600
FILE_LINES_HARD = 1000
# Written by scripts/reference: numbers, not code.
GENERATED = "_golden.h"

RECORD = re.compile(r"(\d+)\t(\d+)\t(\d+)\t(\d+)\t(\d+)\t(.*)\(\d+\): (.*)")
# .clang-format puts a function's brace, and no other, in the first column.
BODY_OR_BRANCH = re.compile(r"^(?:\{|[ \t]*#[ \t]*(if|el|endif)\w*)", re.MULTILINE)


def count_bodies(source):
    """Functions outside #else and #elif: pmccabe reads the first branch only."""
    n, later = 0, []  # of each open #if: is this a later branch of it?
    for m in BODY_OR_BRANCH.finditer(source.bare):
        if m[1] is None:
            n += not any(later)
        elif m[1] == "if":
            later.append(False)
        elif m[1] == "endif":
            del later[-1:]
        elif later:
            later[-1] = True
    return n



def check(tree, warn):
    """`warn` takes findings that do not fail the check."""
    sources = [s for s in tree.c_sources() if not s.path.endswith(GENERATED)]
    for s in sources:
        if s.n_lines > FILE_LINES_HARD:
            yield Finding(s.path, FILE_LINES_HARD + 1, "file-size",
                          f"{s.n_lines} lines, at most {FILE_LINES_HARD}: split it by theme")
        elif s.n_lines > FILE_LINES_SOFT:
            warn(Finding(s.path, FILE_LINES_SOFT + 1, "file-size", f"{s.n_lines} lines: split it by theme soon"))
    with_code = {s.path: n for s in sources if (n := count_bodies(s))}
    if not with_code:
        return
    done = subprocess.run([need("pmccabe"), *with_code], cwd=tree.root, capture_output=True, text=True, check=False)
    seen = dict.fromkeys(with_code, 0)
    for record in map(RECORD.fullmatch, done.stdout.splitlines()):
        if not record:
            continue
        complexity, line, lines = int(record[1]), int(record[4]), int(record[5])
        path, name = record[6], record[7].rsplit("::", 1)[-1]
        seen[path] += 1
        if lines > FUNCTION_LINES_MAX:
            yield Finding(path, line, "function-size", f"{name}: {lines} lines, at most {FUNCTION_LINES_MAX}: split it")
        if complexity > COMPLEXITY_MAX:
            yield Finding(path, line, "complexity", f"{name}: {complexity}, at most {COMPLEXITY_MAX}: split it")
    for path, n in seen.items():
        if n < with_code[path]:
            yield Finding(path, 1, "function-size",
                          f"pmccabe counts {n} of {with_code[path]} functions: simplify what it stumbles over")
