"""Every public function that can fail is called where each allocation is refused once."""
import re

from .tree import Finding

LOOP = "pl__kit_fault_loop"
PUBLIC = re.compile(r"\bpl_status[ \t\n]+(pl_[a-z0-9_]+)[ \t\n]*\(")
# .clang-format puts a function's name and its first parenthesis on one line, its brace in the first column.
FUNCTION = re.compile(r"^[A-Za-z_][^\n;{}=]*?\b([a-z_][a-z0-9_]*)\([^;{}]*\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\b[a-z_][a-z0-9_]*\b")


def reached(sources):
    """Names in functions that a fault loop is given, and in the functions of the same folder that these name."""
    bodies, given = {}, set()
    for s in sources:
        for m in FUNCTION.finditer(s.bare):
            bodies.setdefault(m[1], set()).update(NAME.findall(m[2]))
        for m in re.finditer(LOOP + r"\([^,;]*,([^,;]*),", s.bare):
            given.update(NAME.findall(m[1]))
    done = set()
    while given:
        name = given.pop()
        done.add(name)
        given.update(bodies.get(name, set()) - done)
    return done


def check(tree):
    folders = {}
    for s in tree.c_sources(("tests",)):
        folders.setdefault(s.path.rpartition("/")[0], []).append(s)
    covered = set()
    for sources in folders.values():
        if any(LOOP in s.bare for s in sources):
            covered |= reached(sources)
    for s in tree.c_sources(("include",)):
        for m in PUBLIC.finditer(s.bare):
            if m[1] not in covered:
                yield Finding(s.path, s.line_of(m.start(1)), "fault-loop",
                              f"{m[1]} can fail: call it from a function that a test gives to {LOOP}")
