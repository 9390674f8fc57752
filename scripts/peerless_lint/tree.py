"""The source tree as the rules see it: files, C text without comments, folders as CMake declares them."""
import bisect
import os
import re
from dataclasses import dataclass, field

C_TOPS = ("src", "include", "tests", "fuzz", "bench", "examples")
# Broken on purpose: the header test must be able to fail on them.
BROKEN_ON_PURPOSE = ("tests/header/bad/",)
LEFT_OUT_DIRECTORIES = {".git", "build", "__pycache__", ".cache", "node_modules"}


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


class Unusable(Exception):
    """The check itself cannot be done (a tool is missing, an option makes no sense)."""


# Comments, string and character literals of C; a literal ends at the end of its line at the latest.
LEXEME = re.compile(
    r"""(?P<comment>//(?:[^\\\n]|\\(?:.|\n))*|/\*.*?(?:\*/|\Z))"""
    r"""|(?P<literal>"(?:[^"\\\n]|\\(?:.|\n))*"|'(?:[^'\\\n]|\\(?:.|\n))*')""",
    re.DOTALL,
)
NOT_NEWLINE = re.compile(r"[^\n]")


class Source:
    """One C file. `code` has comments blanked, `bare` the insides of literals too; offsets are those of `text`."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.strings = []  # (offset, spelling with its quotes)
        self.comments = []
        self._newlines = [m.start() for m in re.finditer("\n", text)]
        code, bare, at = [], [], 0
        for m in LEXEME.finditer(text):
            between = text[at : m.start()]
            code.append(between)
            bare.append(between)
            spelling = m.group()
            if m.lastgroup == "comment":
                blank = NOT_NEWLINE.sub(" ", spelling)
                code.append(blank)
                bare.append(blank)
                self.comments.append((m.start(), spelling))
            else:
                code.append(spelling)
                bare.append(spelling[0] + NOT_NEWLINE.sub(" ", spelling[1:-1]) + spelling[-1])
                if spelling[0] == '"':
                    self.strings.append((m.start(), spelling))
            at = m.end()
        code.append(text[at:])
        bare.append(text[at:])
        self.code = "".join(code)
        self.bare = "".join(bare)

    def line_of(self, offset):
        return bisect.bisect_left(self._newlines, offset) + 1

    @property
    def n_lines(self):
        return len(self._newlines) + (0 if self.text.endswith("\n") or not self.text else 1)

    @property
    def room(self):
        """(floor, folder) of a file under src/, else None."""
        parts = self.path.split("/")
        return (parts[1], parts[2]) if parts[0] == "src" and len(parts) >= 4 else None


@dataclass
class Folder:
    """A pl_folder() call. Words carry the line they stand on."""

    name: str
    floor: str
    cmake: str
    line: int
    sources: list = field(default_factory=list)
    uses: list = field(default_factory=list)
    libs: list = field(default_factory=list)


CMAKE_LEXEME = re.compile(
    r"""(?P<skip>\#\[(?P<eq>=*)\[.*?\](?P=eq)\]|\#[^\n]*|\s+)"""
    r"""|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<paren>[()])|(?P<word>(?:[^\s()"\#\\]|\\.)+)""",
    re.DOTALL,
)


def cmake_calls(text):
    """Yields (command in lower case, line, [(argument, line), …]) of each command invocation."""
    name, args, depth = None, [], 0
    for m in CMAKE_LEXEME.finditer(text):
        if m.lastgroup == "skip" or m.group("skip") is not None:
            continue
        line = text.count("\n", 0, m.start()) + 1
        token = m.group()
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
            if depth == 0 and name:
                yield name[0].lower(), name[1], args
                name, args = None, []
        elif depth == 0:
            name, args = (token, line), []
        else:
            args.append((token[1:-1] if m.group("quoted") else token, line))


def folder_of_call(floor, cmake, line, args):
    folder = Folder(args[0][0] if args else "", floor, cmake, line)
    lists = {"SOURCES": folder.sources, "USES": folder.uses, "LIBS": folder.libs}
    current = None
    for word, at in args[1:]:
        if word in lists:
            current = lists[word]
        elif current is not None:
            current.append((word, at))
    return folder


class Tree:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.paths = sorted(self._walk())
        self._sources = {}
        self.folders = {}  # name -> Folder
        self.folder_cmakes = {}  # "src/floor/folder" -> its CMakeLists.txt's calls
        for path in self.paths:
            parts = path.split("/")
            if parts[0] == "src" and len(parts) == 4 and parts[3] == "CMakeLists.txt":
                calls = list(cmake_calls(self.read(path)))
                self.folder_cmakes["/".join(parts[:3])] = calls
                for command, line, args in calls:
                    if command == "pl_folder":
                        folder = folder_of_call(parts[1], path, line, args)
                        self.folders[folder.name] = folder

    def _walk(self):
        for top, directories, names in os.walk(self.root):
            directories[:] = [d for d in directories if d not in LEFT_OUT_DIRECTORIES]
            for name in names:
                yield os.path.relpath(os.path.join(top, name), self.root).replace(os.sep, "/")

    def absolute(self, path):
        return os.path.join(self.root, path)

    def read(self, path):
        with open(self.absolute(path), encoding="utf-8", errors="replace", newline="") as f:
            return f.read()

    def source(self, path):
        if path not in self._sources:
            self._sources[path] = Source(path, self.read(path))
        return self._sources[path]

    def c_paths(self, tops=C_TOPS):
        return [
            p
            for p in self.paths
            if p.endswith((".c", ".h")) and p.split("/")[0] in tops and not p.startswith(BROKEN_ON_PURPOSE)
        ]

    def c_sources(self, tops=C_TOPS):
        return [self.source(p) for p in self.c_paths(tops)]
