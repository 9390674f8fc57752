#!/bin/sh
# check_output.sh PROGRAM EXPECTED: the program must succeed and print exactly EXPECTED, and nothing on stderr.
# PEERLESS_UPDATE=1 writes EXPECTED instead.
program=$1 expected=$2
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
"$program" >"$out" 2>&1 || { cat "$out"; echo "$program: exit code is not 0"; exit 1; }
if [ "${PEERLESS_UPDATE:-}" = 1 ]; then
    cp "$out" "$expected" && chmod 644 "$expected"
    exit
fi
diff -u "$expected" "$out" || { echo "$program does not print $expected"; exit 1; }
