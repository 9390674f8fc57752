"""clang-format and clang-tidy."""
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from .tree import Finding, Unusable

DIAGNOSTIC = re.compile(r"(.+?):(\d+):\d+: (?:error|warning|fatal error): (.*)")
FORMAT_BATCH = 24


def need(program):
    path = shutil.which(program)
    if not path:
        raise Unusable(f"{program} is not installed; scripts/bootstrap --test installs it")
    return path


def check_format(tree, jobs):
    program = need("clang-format-14")
    paths = tree.c_paths()
    batches = [paths[i : i + FORMAT_BATCH] for i in range(0, len(paths), FORMAT_BATCH)]

    def run(batch):
        return subprocess.run([program, "--dry-run", "-Werror", "--style=file", *batch], cwd=tree.root,
                              capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(jobs) as pool:
        for done in pool.map(run, batches):
            first = {}
            for m in filter(None, map(DIAGNOSTIC.fullmatch, done.stderr.splitlines())):
                first.setdefault(m[1], int(m[2]))
            for path, line in first.items():
                yield Finding(path, line, "format", f"run clang-format-14 -i {path}")
            if done.returncode != 0 and not first:
                raise Unusable(f"clang-format-14: {done.stderr.strip() or done.returncode}")


def changed_since(tree, revision):
    def git(*args):
        done = subprocess.run(["git", *args], cwd=tree.root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unusable(f"git {args[0]}: {done.stderr.strip()}")
        return done.stdout.split("\0")

    names = git("diff", "--name-only", "--relative", "-z", "--end-of-options", revision, "--")
    return {n for n in (*names, *git("ls-files", "--others", "--exclude-standard", "-z")) if n}


def includers(tree, headers):
    """C files that include one of the headers themselves."""
    names = {h.rsplit("/", 1)[1] for h in headers}
    pattern = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<](?:[^">\n]*/)?([^">/\n]+)[">]', re.MULTILINE)
    return {s.path for s in tree.c_sources() if names.intersection(pattern.findall(s.code))}


def check_tidy(tree, build, jobs, revision, note):
    """One process a file: several in one call give false reports. `revision` None: all files."""
    program = need("clang-tidy-14")
    try:
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
            commands = json.load(f)
    except OSError as e:
        raise Unusable(f"clang-tidy needs {build}/compile_commands.json: run cmake --preset dev first, "
                       "or give --build DIR") from e
    known = set()
    for c in commands:
        full = os.path.realpath(os.path.join(c["directory"], c["file"]))
        known.add(os.path.relpath(full, os.path.realpath(tree.root)).replace(os.sep, "/"))
    wanted = set(tree.c_paths())
    if revision is not None:
        changed = changed_since(tree, revision)
        wanted &= changed | includers(tree, [p for p in changed if p.endswith(".h")])
    wanted = sorted(p for p in wanted if p.endswith(".c"))
    left = [p for p in wanted if p not in known]
    if left:
        note(f"clang-tidy: {len(left)} files are not part of {build}: {' '.join(left[:5])}{' …' * (len(left) > 5)}")

    def run(path):
        return path, subprocess.run([program, "-p", build, "--quiet", path], cwd=tree.root, capture_output=True,
                                    text=True, check=False)

    seen = set()
    with ThreadPoolExecutor(jobs) as pool:
        for path, done in pool.map(run, [p for p in wanted if p in known]):
            found = False
            for m in filter(None, map(DIAGNOSTIC.fullmatch, done.stdout.splitlines())):
                found = True
                where = m[1]
                if os.path.isabs(where):
                    where = os.path.relpath(os.path.realpath(where), os.path.realpath(tree.root))
                finding = Finding(where, int(m[2]), "clang-tidy", m[3])
                if finding not in seen:
                    seen.add(finding)
                    yield finding
            if done.returncode != 0 and not found:
                yield Finding(path, 1, "clang-tidy", (done.stderr.strip() or "did not finish").splitlines()[-1])
