#!/usr/bin/python3
"""Recomputes with hashlib the keys that the tests pin: a changed key orphans every stored response.

    python3 scripts/reference/keys_golden.py > tests/core/facts/keys_golden.h
"""
import hashlib
import struct


def u64(x):
    return struct.pack("<Q", x & (1 << 64) - 1)


def text(s):
    if s is None:
        return u64(-1)
    raw = s if isinstance(s, bytes) else s.encode()
    return u64(len(raw)) + raw


def model(seed=(0, 0), extra=None):
    return (text("https://api.example.org/v1") + text("openai") + text("small-vl-2") + struct.pack("<d", 0.25) +
            u64(seed[0]) + u64(seed[1]) + text(extra))


def policy(quality=90, kind="jpeg"):
    return u64(1024) + text(kind) + u64(quality) + text("high")


IMAGE = bytes(range(32))
SYSTEM, USER, TEXT, PICTURE = 1, 2, 1, 2

keys = {
    "CALL": text("peerless call 1") + model() + u64(3) +
            u64(SYSTEM) + u64(TEXT) + text("Be brief.") +
            u64(USER) + u64(PICTURE) + text(IMAGE) + policy() +
            u64(USER) + u64(TEXT) + text("What is \u00e9?") +
            u64(512) + u64(20) + u64(0),
    "CALL_BARE": text("peerless call 1") + model((1, -7), '{"top_k":40}') + u64(0) + u64(512) + u64(20) + u64(0),
    "MODEL": text("peerless model 1") + model() + u64(4096) + policy(),
    "MODEL_PNG": text("peerless model 1") + model() + u64(4096) + policy(0, "png"),
    "ITEM": text("peerless item 1") + u64(1) + IMAGE + text("How many?") + u64(2) + text("one") + text("two"),
    "ITEM_TEXT": text("peerless item 1") + u64(0) + text("How many?") + u64(0),
    "ITEM_IMAGE": text("peerless item 1") + u64(1) + IMAGE + text(None) + u64(0),
}
print("/* Made by scripts/reference/keys_golden.py; do not edit. */")
print("#ifndef PL_KEYS_GOLDEN_H\n#define PL_KEYS_GOLDEN_H\n")
for name, raw in keys.items():
    print('#define GOLDEN_%s "%s"' % (name, hashlib.sha256(raw).hexdigest()))
print("\n#endif")
