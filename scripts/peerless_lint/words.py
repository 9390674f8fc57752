"""Words that belong to somebody's desk and not to the project."""
import re

from .tree import C_TOPS, Finding

EXEMPT = ("scripts/peerless_lint/words.py", "tests/lint/", "fuzz/corpus/", "LICENSE")
SUFFIXES = (".c", ".h", ".cc", ".cmake", ".txt", ".md", ".py", ".sh", ".sql", ".yaml", ".yml", ".json", ".jsonl")

ANYWHERE = (
    (re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"), "finish it, or file it where work is planned"),
    (re.compile(r"(?<![\w.])/work/|/tmp/b-\w*"), "a path of one machine: make it relative"),
    (re.compile(r"\.\./shared\b"), "a path outside the project: say what is meant"),
    (re.compile(r"\bthis session\b", re.IGNORECASE), "say what the code does, not who wrote it when"),
)
# In comments of C files: numbers of issues mean nothing to a reader of the tree.
ISSUE = re.compile(r"(?<![\w&#%])#[0-9]+\b|\bissues? [0-9]+\b", re.IGNORECASE)


def checked(path):
    if path.startswith(EXEMPT):
        return False
    return path.endswith(SUFFIXES) or path.split("/")[0] in ("scripts", ".ci")


def check(tree):
    for path in tree.paths:
        if not checked(path):
            continue
        text = tree.read(path)
        for pattern, advice in ANYWHERE:
            for m in pattern.finditer(text):
                yield Finding(path, text.count("\n", 0, m.start()) + 1, "word", f"{m.group()}: {advice}")
    for source in tree.c_sources(C_TOPS):
        for offset, comment in source.comments:
            for m in ISSUE.finditer(comment):
                yield Finding(source.path, source.line_of(offset + m.start()), "word",
                              f"{m.group()}: say the reason itself, not an issue's number")
