"""Functions that have no place here, and who may use the ones that have a single place."""
import re

from . import tables
from .tree import Finding

ALLOC = "src/core/base/alloc.c"
NUM = "src/core/base/num.c"

# Everywhere, tests included: unbounded, locale-bound or stateful. Name -> what to use.
ANYWHERE = {
    **dict.fromkeys(("sprintf", "vsprintf"), 'use snprintf or "str.h"'),
    **dict.fromkeys(("strcpy", "strcat", "strncpy", "stpcpy"), 'use memcpy with a known length, or "str.h"'),
    "gets": "read with a limit",
    **dict.fromkeys(("atoi", "atol", "atoll"), 'use pl__num_parse_… of "num.h"'),
    **dict.fromkeys(("sscanf", "vsscanf", "scanf", "fscanf"), 'use pl__num_parse_… of "num.h"'),
    "strtok": "walk a pl_view",
    **dict.fromkeys(("rand", "srand"), 'use "rng.h" with a seed'),
    **dict.fromkeys(("localtime", "gmtime", "ctime", "asctime"), "shared static result: work with unix_ms"),
    "alloca": 'allocate through "alloc.h"',
}
# In src/ and include/.
IN_LIBRARY = {
    "strerror": "not thread-safe: pl__errno_text",
    "system": "start no programs",
    **dict.fromkeys(("exit", "_exit", "_Exit", "quick_exit", "abort", "raise", "assert"),
                    "return a status; broken invariants are PL_ASSERT"),
}
MEMORY = ("malloc", "calloc", "realloc", "free", "reallocarray", "aligned_alloc", "posix_memalign", "memalign",
          "valloc", "strdup", "strndup", "asprintf", "vasprintf", "getline", "getdelim", "open_memstream")
OUTPUT_CALLS = ("printf", "vprintf", "puts", "putchar", "putc", "perror", "fprintf", "vfprintf", "fputs", "fputc",
                "dprintf", "vdprintf")
OUTPUT = (*OUTPUT_CALLS, "stdout", "stderr")
FLOAT_PARSE = ("strtod", "strtof", "strtold", "atof")
# "%%" first, so that "%%f" is no conversion.
CONVERSION = re.compile(r"%(?:%|[-+#0']*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:hh|ll|[hlLqjzt])?([aAeEfFgG])?)")

# Words that also are good names for members, labels and variables: only calls of them count.
CALLS_ONLY = frozenset(("free", "system", "exit", "abort", "assert", "rand", "gets", "raise", *OUTPUT_CALLS))
IDENTIFIER = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
# `free` handed to somebody as a function.
AS_ARGUMENT = re.compile(r"[(,]\s*free\s*[,)]")


def used_names(source, names):
    """(offset, name) of each use of a name, members (a.free, p->free) and declarators ((*free)(…)) left out."""
    bare = source.bare
    for m in IDENTIFIER.finditer(bare):
        name = m.group()
        if name not in names:
            continue
        before = bare[: m.start()].rstrip()[-2:]
        if before.endswith("->") or before.endswith("."):
            continue
        if name in CALLS_ONLY and not bare[m.end() :].lstrip().startswith("("):
            continue
        yield m.start(), name
    if "free" in names:
        for m in AS_ARGUMENT.finditer(bare):
            yield m.start() + m.group().index("free"), "free"


def rules_for(path):
    """name -> (rule, advice) of what this file may not use."""
    rules = {name: ("banned", advice) for name, advice in ANYWHERE.items()}
    if path.startswith(("src/", "include/")):
        rules.update((name, ("banned", advice)) for name, advice in IN_LIBRARY.items())
        if path != ALLOC:
            rules.update((name, ("memory", 'all memory goes through "alloc.h"')) for name in MEMORY)
        if not path.startswith("src/app/cli/"):
            rules.update((name, ("output", "only src/app/cli prints: return text, or use pl_log")) for name in OUTPUT)
        if path != NUM:
            advice = 'the locale gets in: use pl__num_parse of "num.h"'
            rules.update((name, ("float-text", advice)) for name in FLOAT_PARSE)
    for name in tables.EXEMPT.get(path, ()):
        rules.pop(name, None)
    return rules


def check(tree):
    for source in tree.c_sources():
        rules = rules_for(source.path)
        for offset, name in used_names(source, rules):
            rule, advice = rules[name]
            yield Finding(source.path, source.line_of(offset), rule, f"{name}: {advice}")
        if source.path.startswith(("src/", "include/")) and source.path != NUM:
            for offset, spelling in source.strings:
                for m in CONVERSION.finditer(spelling):
                    if m.group(1):
                        yield Finding(source.path, source.line_of(offset + m.start()), "float-text",
                                      f'{m.group()}: the locale gets in: use pl__num_format of "num.h"')
