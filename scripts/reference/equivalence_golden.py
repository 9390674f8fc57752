#!/usr/bin/env python3
"""Recomputes what comparisons of samples come to: the key of such a task, the groups of samples that mean the same, and
the entropy of these groups.

    equivalence_golden.py key      > tests/app/eval/equivalence_golden.h
    equivalence_golden.py meanings > tests/core/text/meanings_golden.h
    equivalence_golden.py entropy  > tests/core/signal/meanings_golden.h

The groups are those of Kuhn, Gal and Farquhar (2023), algorithm 1, written down from the paper: each sample is held against
the first one of every group. Verdicts are drawn; 0 is a missing one. Needs numpy.
"""
import hashlib
import struct
import sys

import numpy

SAME, DIFFERENT, MISSING = 1, 2, 0


def u64(x):
    return struct.pack("<Q", x & (1 << 64) - 1)


def text(s):
    return u64(len(s.encode())) + s.encode()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def task_key():
    """Of samples 2 and 3 of the second of two models, compared by the first; templates and models as in the test."""
    def identity(name, temperature):
        policy = u64(1536) + text("jpeg") + u64(90) + text("auto")
        return sha(text("peerless model 1"), text("here"), text("openai"), text(name), struct.pack("<d", temperature), u64(0),
                   u64(0), u64(-1), u64(64), policy)
    prompts = sha(text("peerless item prompts 1"), text("{question}{options}"), text("{question}"))
    judge = sha(text("peerless equivalence 1"), identity("m0", 0.0), text("{question}{fence}{a}{b}[[SAME]][[DIFFERENT]]"))
    item = sha(text("peerless item 1"), u64(0), text("How many?"), u64(0))
    return sha(text("peerless task 1"), text("uncertainty"), u64(4), item, identity("m1", 0.7), u64(2), u64(3), prompts,
               judge).hex()


def group(verdict, n):
    """The groups' numbers; None if a verdict that is needed is missing."""
    groups = []
    numbers = []
    for k in range(n):
        for number, members in enumerate(groups):
            found = verdict[members[0], k]
            if found == MISSING:
                return None
            if found == SAME:
                members.append(k)
                numbers.append(number)
                break
        else:
            numbers.append(len(groups))
            groups.append([k])
    return numbers


def entropy(numbers):
    shares = numpy.bincount(numbers) / len(numbers)
    return float(-(shares * numpy.log(shares)).sum()) + 0.0


def cases():
    rng = numpy.random.default_rng(11)
    for i in range(60):
        n = int(rng.integers(1, 9))
        meaning = rng.integers(0, 1 + int(rng.integers(1, 5)), n)
        verdict = numpy.zeros((n, n), dtype=int)
        for a in range(n):
            for b in range(a + 1, n):
                right = SAME if meaning[a] == meaning[b] else DIFFERENT
                wrong = rng.random() < (0.15 if i % 2 else 0.0)
                verdict[a, b] = MISSING if i % 3 == 2 and rng.random() < 0.1 else 3 - right if wrong else right
        yield n, verdict, group(verdict, n)


HEAD = "/* Made by scripts/reference/equivalence_golden.py (numpy %s); do not edit. */" % numpy.__version__


def c_list(values):
    return "{" + ", ".join(map(str, values)) + "}"


def print_meanings():
    print(HEAD + """
#ifndef PL_MEANINGS_GOLDEN_H
#define PL_MEANINGS_GOLDEN_H

/* n is 0 behind meanings that are missing. */
typedef struct meanings_golden {
    uint32_t n_samples;
    uint32_t n;
    uint8_t pairs[64];
    uint32_t meanings[8];
} meanings_golden;

/* clang-format off */
static const meanings_golden meanings_goldens[] = {""")
    for n, verdict, numbers in cases():
        print("    {%d, %d, %s, %s}," % (n, n if numbers else 0, c_list(verdict.flatten()), c_list(numbers or [0])))
    print("};\n/* clang-format on */\n\n#endif")


def print_entropy():
    print(HEAD + """
#ifndef PL_MEANINGS_GOLDEN_H
#define PL_MEANINGS_GOLDEN_H

typedef struct meanings_golden {
    const char *meanings; /* as a line of a log has them */
    uint32_t n;
    double entropy;
} meanings_golden;

/* clang-format off */
static const meanings_golden meanings_goldens[] = {""")
    for n, _, numbers in cases():
        if numbers:
            print('    {"[%s]", %d, %r},' % (",".join(map(str, numbers)), n, entropy(numbers)))
    print("};\n/* clang-format on */\n\n#endif")


def main():
    if sys.argv[1:] == ["key"]:
        print("/* Made by scripts/reference/equivalence_golden.py; do not edit. */")
        print("#ifndef PL_EQUIVALENCE_GOLDEN_H\n#define PL_EQUIVALENCE_GOLDEN_H\n")
        print('#define GOLDEN_EQUIVALENCE_TASK "%s"\n\n#endif' % task_key())
    elif sys.argv[1:] == ["meanings"]:
        print_meanings()
    elif sys.argv[1:] == ["entropy"]:
        print_entropy()
    else:
        sys.exit(__doc__)


main()
