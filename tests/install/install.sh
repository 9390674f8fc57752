#!/bin/sh
# install.sh shared|static SOURCE BUILD WORK: installs libpeerless into WORK, moves it, and builds and runs C and C++
# programs against it, with pkg-config and with find_package. "shared" installs BUILD; "static" builds the release
# preset with BUILD_SHARED_LIBS=OFF first. Exit 77: there is no C++ compiler.
set -eu
kind=$1 source=$2 build=$3 work=$4
here=$source/tests/install
[ -x "$CXX" ] || { echo "skipped: no C++ compiler"; exit 77; }
unset DESTDIR PKG_CONFIG_PATH LD_LIBRARY_PATH CMAKE_PREFIX_PATH
rm -rf "$work"
mkdir -p "$work"

die() { echo "$*" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "did not work: $*"; }; }
same() { # expected file, program…
    expected=$1
    shift
    "$@" >"$work/out" || die "exit code of $*"
    diff -u "$expected" "$work/out" || die "unexpected output of $*"
}

if [ "$kind" = static ]; then
    build=$work/release
    (cd "$source" && quietly "$CMAKE" --preset release -B "$build" -DBUILD_SHARED_LIBS=OFF "-DCMAKE_C_COMPILER=$CC" \
        "-DCMAKE_C_COMPILER_LAUNCHER=$LAUNCHER")
    quietly "$CMAKE" --build "$build" --target libpeerless
    for component in library development; do
        quietly "$CMAKE" --install "$build" --prefix "$work/first" --component $component
    done
else
    quietly "$CMAKE" --install "$build" --prefix "$work/first"
    [ "$("$work/first/bin/peerless" --version)" = "peerless $VERSION" ] || die "bin/peerless --version"

    # A packager's staging: the same files below DESTDIR, none of which names it.
    DESTDIR=$work/stage quietly "$CMAKE" --install "$build" --prefix /opt/peerless
    (cd "$work/first" && find . ! -type d | sort) >"$work/files.first"
    (cd "$work/stage/opt/peerless" && find . ! -type d | sort) >"$work/files.stage"
    diff -u "$work/files.first" "$work/files.stage" || die "DESTDIR installs something else"
    ! grep -rlI "$work" "$work/stage" || die "staged files name the stage"
fi

# What was installed may be moved.
prefix=$work/moved
mv "$work/first" "$prefix"
for header in "$source"/include/peerless/*.h; do
    cmp "$header" "$prefix/include/peerless/${header##*/}" || die "header not installed"
done
pc=$(find "$prefix" -name peerless.pc)
[ -n "$pc" ] || die "no peerless.pc"
libdir=$(dirname "$(dirname "$pc")")
docs=$(find "$prefix" -type d -name examples)
[ -f "${docs%/*}/LICENSE" ] || die "no LICENSE beside the examples"
! grep -rlI -e "$source" -e "$build" "$libdir" || die "installed files name the build"
case $kind in
shared) [ -e "$libdir/libpeerless.so.0" ] || die "no libpeerless.so.0" ;;
static) [ -e "$libdir/libpeerless.a" ] || die "no libpeerless.a" ;;
esac

# pkg-config
export PKG_CONFIG_PATH="$libdir/pkgconfig"
[ "$("$PKG_CONFIG" --modversion peerless)" = "$VERSION" ] || die "pkg-config --modversion"
flags=$("$PKG_CONFIG" --cflags --libs peerless)
warnings="-Wall -Wextra -Wpedantic -Werror"
# shellcheck disable=SC2086 # flags and warnings are lists
{
    quietly "$CC" -std=c17 $warnings "$docs/rank_judgments.c" -o "$work/c" $flags
    quietly "$CXX" -std=c++17 $warnings "$here/outside/consumer.cc" -o "$work/cxx" $flags
}
{ echo "peerless $VERSION"; cat "$here/consumer.out"; } >"$work/consumer.out"
same "$source/tests/examples/rank_judgments.out" env LD_LIBRARY_PATH="$libdir" "$work/c"
same "$work/consumer.out" env LD_LIBRARY_PATH="$libdir" "$work/cxx"
if [ "$kind" = static ]; then # nothing to find at run time
    same "$work/consumer.out" "$work/cxx"
fi

# find_package: the examples as a project of their own, and a C++ project
export CMAKE_PREFIX_PATH="$prefix"
unset PKG_CONFIG_PATH
for outside in "$docs" "$here/outside"; do
    name=$(basename "$outside")
    quietly "$CMAKE" -S "$outside" -B "$work/$name" -G "$GENERATOR" "-DCMAKE_MAKE_PROGRAM=$NINJA" \
        "-DCMAKE_C_COMPILER=$CC" "-DCMAKE_CXX_COMPILER=$CXX"
    quietly "$CMAKE" --build "$work/$name"
done
for expected in "$source"/tests/examples/*.out; do
    example=${expected##*/}
    same "$expected" "$work/examples/${example%.out}"
done
same "$work/consumer.out" "$work/outside/consumer"

# A version that is not there must be refused.
mkdir "$work/newer"
sed 's/find_package(peerless [0-9.]*/find_package(peerless 99.0/' "$here/outside/CMakeLists.txt" >"$work/newer/CMakeLists.txt"
cp "$here/outside/consumer.cc" "$work/newer"
if "$CMAKE" -S "$work/newer" -B "$work/newer/build" -G "$GENERATOR" "-DCMAKE_MAKE_PROGRAM=$NINJA" \
    "-DCMAKE_CXX_COMPILER=$CXX" >"$work/log" 2>&1; then
    die "find_package(peerless 99.0) found something"
fi
grep -q "99.0" "$work/log" || { cat "$work/log"; die "the refusal does not name the version"; }
echo "installed, moved and used: $kind $VERSION"
