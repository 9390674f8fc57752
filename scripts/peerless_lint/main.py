"""The command line of scripts/lint."""
import argparse
import os
import sys

from . import banned, circles, faults, layers, sizes, symbols, tables, tools, words
from .tree import Tree, Unusable

HERE = os.path.dirname(os.path.realpath(__file__))


def arguments(argv):
    p = argparse.ArgumentParser(
        prog="scripts/lint",
        description="Checks format, banned functions, layers, sizes and words; prints file:line: rule: what to do. "
        "Exit 0: clean, 1: findings, 2: the check could not be done.",
    )
    p.add_argument("--build", metavar="DIR", help="where core's libraries and compile_commands.json are (build/dev)")
    tidy = p.add_mutually_exclusive_group()
    tidy.add_argument("--tidy", "--all-tidy", action="store_true", help="clang-tidy on all files too (minutes)")
    tidy.add_argument("--changed", metavar="REV", help="clang-tidy on what differs from REV too")
    p.add_argument("--jobs", "-j", type=int, default=2, metavar="N", help="processes at a time (2)")
    p.add_argument("--root", default=os.path.join(HERE, "..", ".."), help=argparse.SUPPRESS)
    return p.parse_args(argv)


def main(argv):
    options = arguments(argv)
    if broken := tables.problems():
        print("\n".join(f"lint: scripts/peerless_lint/tables.py: {text}" for text in broken), file=sys.stderr)
        return 2
    warnings = []

    def note(text):
        print(f"lint: {text}", file=sys.stderr)

    try:
        tree = Tree(options.root)
        build = os.path.abspath(options.build) if options.build else tree.absolute("build/dev")
        if options.build and not os.path.isdir(build):
            raise Unusable(f"--build {options.build}: no such directory")
        jobs = max(1, options.jobs)
        found = [
            *tools.check_format(tree, jobs),
            *banned.check(tree),
            *layers.check(tree),
            *symbols.check(tree, build, note),
            *circles.check(tree, build),
            *sizes.check(tree, warnings.append),
            *words.check(tree),
            *faults.check(tree),
        ]
        if options.tidy or options.changed is not None:
            found += tools.check_tidy(tree, build, jobs, options.changed, note)
    except Unusable as e:
        note(str(e))
        return 2
    for finding in sorted(set(found)):
        print(finding)
    for warning in sorted(warnings):
        print(f"{warning} (a warning)")
    return 1 if found else 0
