"""Layers: who may use whom, what may be included, and names that must stay unambiguous."""
import re

from . import tables
from .tree import Finding

INCLUDE = re.compile(r"^[ \t]*#[ \t]*(include|include_next|import|embed)\b[ \t]*([^\n]*)", re.MULTILINE)
QUOTED = re.compile(r'"([^"\n]*)"\s*$')
ANGLED = re.compile(r"<([^>\n]*)>\s*$")
CMAKE = "CMakeLists.txt"


def floor_index(floor):
    return tables.FLOORS.index(floor)


def check(tree):
    yield from check_folders(tree)
    yield from check_public_headers(tree)
    yield from check_includes(tree)
    yield from check_basenames(tree)


# ---- folders ----


def check_folders(tree):
    for directory in sorted({"/".join(p.split("/")[:3]) for p in tree.c_paths(("src",)) if p.count("/") >= 3}):
        _, floor, name = directory.split("/")
        calls = tree.folder_cmakes.get(directory, [])
        ours = [c for c in calls if c[0] == "pl_folder"]
        if len(ours) != 1 or not ours[0][2] or ours[0][2][0][0] != name:
            line = ours[0][1] if ours else 1
            yield Finding(f"{directory}/{CMAKE}", line, "folder", f"needs one pl_folder({name} SOURCES …) call")
            continue
        yield from check_uses(tree, tree.folders[name], floor)
        yield from check_listed(tree, directory, calls)
        yield from check_bypass(directory, calls)
    for path in tree.c_paths(("src",)):
        if path.count("/") < 3:
            yield Finding(path, 1, "folder", "belongs in src/FLOOR/FOLDER/")


def check_uses(tree, folder, floor):
    row = tables.FOLDERS.get(folder.name)
    if not row or row[0] != floor:
        where = f"on floor {row[0]}" if row else "unknown"
        yield Finding(folder.cmake, folder.line, "uses",
                      f"folder {folder.name} is {where} in scripts/peerless_lint/tables.py: add or move its row there")
        return
    for used, line in folder.uses:
        if used in row[1]:
            continue
        other = tables.FOLDERS.get(used)
        if other and floor_index(other[0]) > floor_index(floor):
            text = f"{floor}/{folder.name} may not use {other[0]}/{used}: a lower floor knows nothing of a higher one"
        else:
            may = " ".join(row[1]) or "nothing"
            text = f"{folder.name} may not use {used}, only: {may} (scripts/peerless_lint/tables.py)"
        yield Finding(folder.cmake, line, "uses", text)


def check_listed(tree, directory, calls):
    words = {word for _, _, args in calls for word, _ in args}
    for path in tree.paths:
        if path.startswith(directory + "/") and path.endswith(".c") and path[len(directory) + 1 :] not in words:
            yield Finding(path, 1, "unlisted", f"name it in {directory}/{CMAKE}, or remove it: it is never compiled")


def check_bypass(directory, calls):
    """Only pl_folder() sets include paths; the one program of ours repeats them for its main.c."""
    for command, line, args in calls:
        if command in ("include_directories", "target_include_directories", "link_libraries"):
            yield Finding(f"{directory}/{CMAKE}", line, "uses", f"no {command}() here: name the folder under USES")
        if command in ("target_compile_options", "target_link_libraries") and args and args[0][0] == "peerless":
            continue
        for word, at in args:
            if re.search(r"(?:^|[\s:])-(?:I|iquote|isystem|idirafter|include)\b|(?:^|[\s:])-I", word):
                yield Finding(f"{directory}/{CMAKE}", at, "uses", "no include path by hand: name the folder under USES")


# ---- public headers ----


def check_public_headers(tree):
    for path in tree.c_paths(("include",)):
        name = path.removeprefix("include/peerless/")
        if name not in tables.PUBLIC_HEADERS:
            yield Finding(path, 1, "public-header",
                          "give it a floor in PUBLIC_HEADERS of scripts/peerless_lint/tables.py")


def public_floor(path):
    return tables.PUBLIC_HEADERS.get(path.removeprefix("include/peerless/"))


# ---- includes ----


def check_includes(tree):
    headers = {}  # basename -> folders of src/ that have it
    for path in tree.c_paths(("src",)):
        if path.endswith(".h") and path.count("/") == 3:
            headers.setdefault(path.rsplit("/", 1)[1], []).append(path.split("/")[2])
    for source in tree.c_sources():
        for m in INCLUDE.finditer(source.code):
            for rule, text in judge_include(tree, headers, source, m.group(1), m.group(2)):
                yield Finding(source.path, source.line_of(m.start(1)), rule, text)


def judge_include(tree, headers, source, directive, operand):
    quoted, angled = QUOTED.match(operand), ANGLED.match(operand)
    if directive != "include" or not (quoted or angled):
        yield "include-form", 'write #include "name.h" or #include <name.h> with the name spelled out'
        return
    name = (quoted or angled).group(1)
    if ".." in name.split("/"):
        base = name.rsplit("/", 1)[-1]
        yield "include-parent", f"no '..' in an include: name {base} alone, and its folder under USES"
    elif quoted and "/" in name:
        yield "include-folder", f'include "{name.rsplit("/", 1)[1]}" without a folder in front'
    elif name.endswith(".c"):
        yield "include-source", f"do not include {name}: put what is shared into a header and list the file"
    elif angled and name.startswith("peerless/"):
        yield from judge_public(tree, source, name)
    elif source.path.startswith("include/"):
        if quoted or name not in tables.PUBLIC_SYSTEM_HEADERS:
            yield "public-header", f"{name}: a public header includes <peerless/…> and freestanding headers only"
    elif source.room and quoted:
        yield from judge_quoted(tree, headers, source, name)
    elif source.room:
        yield from judge_system(headers, source, name)


def judge_public(tree, source, name):
    header = name.removeprefix("peerless/")
    floor = tables.PUBLIC_HEADERS.get(header)
    if f"include/{name}" not in tree.paths:
        yield "public-header", f"there is no include/{name}"
        return
    mine = source.room[0] if source.room else public_floor(source.path)
    if floor and mine in tables.FLOORS and floor_index(floor) > floor_index(mine):
        yield "public-header", f"<{name}> belongs to floor {floor}; {mine} is below it"


def judge_quoted(tree, headers, source, name):
    folder = source.room[1]
    declared = tree.folders.get(folder)
    if not declared:
        return  # said of its CMakeLists.txt
    visible = {folder, *(used for used, _ in declared.uses)}
    homes = headers.get(name, [])
    seen = [h for h in homes if h in visible]
    if len(seen) > 1:
        yield "include-ambiguous", f"{name} is in {' and in '.join(seen)}: rename one"
    elif not seen and homes:
        yield "include-uses", f"{name} is in {homes[0]}, which {folder} does not name under USES"
    elif not seen:
        yield "include-uses", f"no folder has a {name}; a system header stands in <>"


def judge_system(headers, source, name):
    folder = source.room[1]
    if name in tables.SYSTEM_HEADERS.get(folder, ()) or folder not in tables.FOLDERS:
        return
    home = tables.HEADER_HOMES.get(name)
    if name in headers:
        text = f'write "{name}": <> is for system and public headers'
    elif home:
        text = f"<{name}> is for {home} only: use that folder's interface"
    else:
        text = f"{folder} may not include <{name}> (SYSTEM_HEADERS in scripts/peerless_lint/tables.py)"
    yield "system-header", text


# ---- names ----


def check_basenames(tree):
    first = {}
    for path in tree.c_paths(("src",)):
        parts = path.split("/")
        key = (parts[1], parts[-1])
        if key in first:
            yield Finding(path, 1, "basename", f"{first[key]} has this name on the same floor: rename one")
        first.setdefault(key, path)
