"""What the static libraries of core/ want from outside: no file, socket, clock, environment, global state."""
import os
import re
import subprocess

from . import tables
from .tools import need
from .tree import Finding

MEMBER = re.compile(r"^(\S+)\.o:$")
SYMBOL = re.compile(r"^[0-9a-fA-F]*\s+([A-Za-z])\s+(\S+)$")


def read_objects(path):
    """{member: (defined names, undefined names)} of a static library"""
    done = subprocess.run([need("nm"), "-g", path], capture_output=True, text=True, check=False)
    objects, member = {}, ""
    for line in done.stdout.splitlines():
        if m := MEMBER.match(line):
            member = m[1]
        elif m := SYMBOL.match(line):
            objects.setdefault(member, (set(), set()))[m[1] in "Uwv"].add(m[2])
    return objects


def read_library(path):
    """(defined names, [(member, undefined name)])"""
    objects = read_objects(path)
    defined = set().union(*(own for own, _ in objects.values()))
    return defined, [(member, name) for member, (_, wanted) in objects.items() for name in wanted]


def reach(name):
    """The folder and all that it may use, at any distance."""
    todo, seen = [name], set()
    while todo:
        folder = todo.pop()
        if folder not in seen:
            seen.add(folder)
            todo.extend(tables.FOLDERS[folder][1])
    return seen


def place(tree, floor, folder, member, symbol):
    """Where the source says the name first; fortified builds call __name_chk."""
    path = f"src/{floor}/{folder}/{member}"
    if path not in tree.paths:
        return f"src/{floor}/{folder}/CMakeLists.txt", 1
    source = tree.source(path)
    plain = re.sub(r"^__(?:isoc99_)?(\w+?)(?:_chk)?$", r"\1", symbol)
    m = re.search(rf"\b(?:{re.escape(symbol)}|{re.escape(plain)})\b", source.bare)
    return path, source.line_of(m.start()) if m else 1


def allowed(folder, path, symbol):
    if symbol in tables.CORE_SYMBOLS_REFUSED:
        return False
    return (
        symbol in tables.CORE_SYMBOLS[folder]
        or symbol.startswith(tables.CORE_SYMBOL_PREFIXES.get(folder, ()))
        or symbol.startswith(tables.INSTRUMENTATION_PREFIXES)
        or symbol in tables.EXEMPT.get(path, ())
    )


def check(tree, build, note):
    if not os.path.isfile(os.path.join(build, "CMakeCache.txt")):
        note(f"symbols of core/ not checked: no build in {build} (give --build DIR)")
        return
    libraries = {}
    for folder in tables.CORE_SYMBOLS:
        floor = tables.FOLDERS[folder][0]
        path = os.path.join(build, "src", floor, folder, f"libpl_{folder}.a")
        if os.path.isfile(path):
            libraries[folder] = read_library(path)
        elif folder in tree.folders:
            note(f"symbols of {floor}/{folder} not checked: {path} is not built")
    for folder, (own, undefined) in libraries.items():
        by_use, by_interface = reach(folder), tables.CORE_PUBLIC_CALLS.get(folder, ())
        known = own.union(*(libraries[f][0] for f in by_use if f in libraries))
        for other in by_interface:
            known.update(n for n in libraries.get(other, ((), ()))[0] if not n.startswith("pl__"))
        partial = any(f in tree.folders and f not in libraries for f in (*by_use, *by_interface))
        for member, symbol in sorted(set(undefined)):
            if partial and symbol.startswith("pl_"):
                continue  # its home may just not be built; that was noted
            path, line = place(tree, tables.FOLDERS[folder][0], folder, member, symbol)
            if symbol not in known and not allowed(folder, path, symbol):
                yield Finding(path, line, "symbol",
                              f"{symbol} is not among what core/{folder} may call: pass it in from edge or app "
                              "(CORE_SYMBOLS in scripts/peerless_lint/tables.py)")
