"""What each folder may use. A new folder, a new dependency or a new library is a new row here, seen in review."""

# Lowest first. A floor uses itself and the floors below.
FLOORS = ("core", "edge", "app")

# folder -> (floor, folders it may use). Quote-includes are not inherited, so a folder that includes a header with
# includes of its own names all of these too (run.h, for one, speaks of images and transports).
_CORE_FACTS = ("base", "facts")
_RUN = ("base", "facts", "text", "system", "config", "image", "http", "model", "store", "eval")
_ANALYSIS = (*_RUN, "run", "stats", "signal", "rank", "records", "imports")
_STUDY = (*_CORE_FACTS, "stats", "signal", "rank", "design", "records")
_REPORT = (*_RUN, "probe", "run", "signal", "rank", "records", "analysis", "study")

FOLDERS = {
    "base": ("core", ()),
    "facts": ("core", ("base",)),
    "stats": ("core", ("base",)),
    "text": ("core", _CORE_FACTS),
    "signal": ("core", (*_CORE_FACTS, "stats")),
    "rank": ("core", (*_CORE_FACTS, "stats")),
    "design": ("core", ("base", "stats")),
    "system": ("edge", ("base",)),
    "config": ("edge", (*_CORE_FACTS, "system")),
    "image": ("edge", (*_CORE_FACTS, "system")),
    "http": ("edge", ("base", "system")),
    "httpd": ("edge", ("base",)),
    "flow": ("edge", ("base",)),
    "model": ("edge", (*_CORE_FACTS, "system", "http", "flow")),
    "store": ("edge", (*_CORE_FACTS, "system")),
    "records": ("edge", (*_CORE_FACTS, "text", "system")),
    "sheets": ("edge", ("base", "system")),
    "imports": ("edge", (*_CORE_FACTS, "text", "system", "records", "sheets")),
    "eval": ("app", (*_CORE_FACTS, "text")),
    "probe": ("app", (*_CORE_FACTS, "system", "http", "model", "store")),
    "run": ("app", (*_RUN, "signal", "design", "probe")),
    "analysis": ("app", _ANALYSIS),
    "study": ("app", _STUDY),
    "report": ("app", _REPORT),
    "sim": ("app", (*_CORE_FACTS, "text", "system", "image", "httpd")),
    "cli": ("app", (*_ANALYSIS, "probe", "httpd", "analysis", "study", "report", "sim")),
}

# Installed headers and the floor they belong to.
PUBLIC_HEADERS = {
    "answers.h": "core",
    "consensus.h": "core",
    "diagnostics.h": "core",
    "judgments.h": "core",
    "ppi.h": "core",
    "rank.h": "core",
    "responses.h": "core",
    "signal.h": "core",
    "stats.h": "core",
    "status.h": "core",
    "uncertainty.h": "core",
    "version.h": "core",
}

# Headers without a file, socket, clock or environment behind them.
_FREESTANDING = ("float.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h")
PUBLIC_SYSTEM_HEADERS = frozenset(_FREESTANDING)
_PURE = (*_FREESTANDING, "math.h", "string.h")
# stdlib.h and stdio.h are there for qsort and snprintf; what else they declare is refused by name.
_HOSTED = (*_PURE, "errno.h", "inttypes.h", "stdatomic.h", "stdio.h", "stdlib.h")
_FILES = ("fcntl.h", "sys/stat.h", "sys/types.h", "unistd.h")

SYSTEM_HEADERS = {
    "base": (*_HOSTED, "x86intrin.h", "jansson.h", "openssl/sha.h", "pthread.h", "signal.h", "xxhash.h"),
    "facts": _PURE,
    "stats": (*_PURE, "stdlib.h"),
    "text": _PURE,
    "signal": (*_PURE, "stdatomic.h", "stdlib.h"),
    "rank": (*_PURE, "stdio.h", "stdlib.h"),
    "design": (*_PURE, "stdlib.h"),
    "system": (*_HOSTED, *_FILES, "dirent.h", "poll.h", "signal.h", "spawn.h", "sys/prctl.h", "sys/wait.h", "time.h"),
    "config": (*_HOSTED, "yaml.h"),
    "image": (*_HOSTED, *_FILES, "dlfcn.h", "glob.h", "jpeglib.h", "png.h", "pthread.h", "setjmp.h",
              "vips/vips.h"),
    "http": (*_HOSTED, "curl/curl.h", "pthread.h", "sys/resource.h", "sys/socket.h", "time.h", "unistd.h", "uv.h"),
    "httpd": (*_HOSTED, *_FILES, "arpa/inet.h", "microhttpd.h", "netinet/in.h", "netinet/tcp.h", "pthread.h",
              "sys/socket.h", "time.h"),
    "flow": _PURE,
    "model": _HOSTED,
    "store": (*_HOSTED, *_FILES, "pthread.h", "sqlite3.h", "sys/file.h", "zstd.h", "zstd_errors.h"),
    "records": (*_HOSTED, *_FILES, "x86intrin.h", "pthread.h", "zlib.h", "zstd.h"),
    "sheets": (*_HOSTED, "expat.h", "zip.h"),
    "imports": _HOSTED,
    "eval": _PURE,
    "probe": _HOSTED,
    "run": (*_HOSTED, "pthread.h"),
    "analysis": _HOSTED,
    "study": _HOSTED,
    "report": _HOSTED,
    "sim": (*_HOSTED, "fcntl.h", "pthread.h", "unistd.h"),
    "cli": (*_HOSTED, "signal.h", "sys/resource.h", "time.h", "unistd.h"),
}
# One place each: said when another folder wants them.
HEADER_HOMES = {
    "curl/curl.h": "http", "uv.h": "http", "microhttpd.h": "httpd", "vips/vips.h": "image", "jpeglib.h": "image",
    "png.h": "image", "sqlite3.h": "store",
    "zstd.h": "store and records", "yaml.h": "config", "zlib.h": "records",
    "zip.h": "sheets", "expat.h": "sheets", "time.h": 'system, as "clock.h",',
    "jansson.h": 'base, as "json.h"', "openssl/sha.h": 'base, as "hash.h"', "xxhash.h": 'base, as "hash.h" and "map.h"',
}

# Undefined symbols that the static libraries of core/ may have, besides those of the folders they use.
_LIBC_PURE = frozenset(
    """memchr bcmp memcmp memcpy memmove memset strchr strcmp strcspn strlen strncmp strnlen strpbrk strrchr strspn
    strstr
    __memcpy_chk __memmove_chk __memset_chk
    acos asin atan atan2 cbrt ceil copysign cos erf erfc exp exp2 expm1 fabs floor fma fmax fmin fmod frexp hypot
    ldexp llround log log10 log1p log2 lround modf nan nearbyint nextafter pow rint round scalbn sin sincos sqrt tan
    tanh tgamma trunc
    __stack_chk_fail _GLOBAL_OFFSET_TABLE_""".split()
)
_FORMAT = frozenset("snprintf vsnprintf __snprintf_chk __vsnprintf_chk".split())
CORE_SYMBOLS = {
    "base": _LIBC_PURE | _FORMAT | frozenset(
        """malloc calloc realloc free strtod __tls_get_addr __errno_location
        pthread_create pthread_join pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock pthread_mutex_unlock
        pthread_cond_init pthread_cond_destroy pthread_cond_wait pthread_cond_signal pthread_cond_broadcast
        newlocale uselocale freelocale localeconv""".split()
    ),
    "facts": _LIBC_PURE,
    "stats": _LIBC_PURE | {"qsort"},
    "text": _LIBC_PURE,
    "signal": _LIBC_PURE | {"qsort"},
    "rank": _LIBC_PURE | _FORMAT | {"qsort"},
    "design": _LIBC_PURE | {"qsort"},
}
# rank reads peer tables, which signal makes, by the accessors of <peerless/signal.h> alone: pl_… yes, pl__… no.
CORE_PUBLIC_CALLS = {"rank": ("signal",)}
CORE_SYMBOL_PREFIXES = {"base": ("json_", "SHA256_", "XXH")}
# Of the libraries that base may use, what opens files.
CORE_SYMBOLS_REFUSED = frozenset("json_load_file json_loadf json_loadfd json_dump_file json_dumpf json_dumpfd".split())
# Whose files may call each other in a circle: the tables of config name readers, which read what is inside by tables.
MAY_CIRCLE = ("config",)
# What the compiler puts in for sanitizers and coverage.
INSTRUMENTATION_PREFIXES = ("__asan_", "___asan_", "__ubsan_", "__tsan_", "__msan_", "__sanitizer_", "__sancov_",
                            "__start___", "__stop___", "__gcov_", "__llvm_")

# The broken-invariant handler of test builds says what broke and ends the process: (file, names).
EXEMPT = {"src/core/base/error.c": frozenset(("fputs", "stderr", "raise"))}


def problems(folders=None):
    """The table itself: known floors, nothing from a higher floor, no cycle. Returns sentences."""
    folders = FOLDERS if folders is None else folders
    found = []
    for name, (floor, uses) in folders.items():
        if floor not in FLOORS:
            found.append(f"{name}: no floor is called {floor}")
            continue
        for used in uses:
            if used not in folders:
                found.append(f"{name}: uses {used}, which is not in the table")
            elif folders[used][0] not in FLOORS or FLOORS.index(folders[used][0]) > FLOORS.index(floor):
                found.append(f"{name}: uses {used} of a higher floor")
    done, path = set(), []

    def visit(name):
        if name in path:
            found.append("cycle: " + " > ".join((*path[path.index(name) :], name)))
        elif name in folders and name not in done:
            path.append(name)
            for used in folders[name][1]:
                visit(used)
            path.pop()
            done.add(name)

    for name in folders:
        visit(name)
    return found
