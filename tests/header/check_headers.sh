#!/bin/sh
# check_headers.sh CC CXX INCLUDE_DIR FOLDER: compiles each FOLDER/*.h of INCLUDE_DIR alone, as C17 and as C++17.
# Exit 0: all compile; 1: some do not; 77: there is no C++ compiler to ask.
cc=$1 cxx=$2 dir=$3 folder=$4
bad=0
n=0
flags="-fsyntax-only -pedantic -Wall -Wextra -Wundef -Werror -I$dir"
for path in "$dir/$folder"/*.h; do
    name=$folder/${path##*/}
    n=$((n + 1))
    # Included twice: the guard is tested as well. A declaration of ours keeps the unit from being empty.
    unit="#include <$name>
#include <$name>
extern int pl_header_test;"
    echo "$unit" | "$cc" -std=c17 $flags -Wstrict-prototypes -x c - ||
        { echo "does not compile as C17: $name"; bad=1; }
    [ -x "$cxx" ] || continue
    echo "$unit" | "$cxx" -std=c++17 $flags -x c++ - ||
        { echo "does not compile as C++17: $name"; bad=1; }
done
echo "$n headers"
[ "$n" -gt 0 ] || exit 1
[ "$bad" -eq 0 ] || exit 1
[ -x "$cxx" ] || { echo "skipped: no C++ compiler"; exit 77; }
