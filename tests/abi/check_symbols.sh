#!/bin/sh
# check_symbols.sh [--update] LIBRARY [LIST]: the names that LIBRARY exports against LIST (symbols.txt beside this
# script) and against what include/peerless declares with PL_API. --update writes the list.
here=$(cd "$(dirname "$0")" && pwd)
update=0
[ "$1" = --update ] && { update=1; shift; }
library=$1 list=${2:-$here/symbols.txt}
export LC_ALL=C
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

"${NM:-nm}" -D --defined-only "$library" >"$dir/nm" || exit 1
awk '{ print $NF }' "$dir/nm" | sort -u >"$dir/exported"
# A declaration is PL_API, a type, a name, a parenthesis; it may go over several lines.
cat "$here"/../../include/peerless/*.h | tr '\n' ' ' | grep -o 'PL_API [^;(#]*(' |
    sed 's/ *($//; s/.*[ *]//' | grep "^pl_" | sort -u >"$dir/declared"
[ -s "$dir/declared" ] || { echo "no declaration found in include/peerless"; exit 1; }

if [ "$update" = 1 ]; then
    cp "$dir/exported" "$list"
else
    sort -u "$list" >"$dir/listed"
fi
bad=0
complain() { # sentence, then names on stdin
    while read -r name; do
        echo "$1: $name"
        bad=1
    done
    return $bad
}
if [ "$update" = 0 ]; then
    comm -23 "$dir/listed" "$dir/exported" | complain "not exported any more" || bad=1
    comm -13 "$dir/listed" "$dir/exported" | complain "exported, but not in $list (--update when meant)" || bad=1
fi
comm -23 "$dir/declared" "$dir/exported" | complain "declared in include/peerless, but not exported" || bad=1
comm -13 "$dir/declared" "$dir/exported" | complain "exported, but not declared with PL_API in include/peerless" || bad=1
echo "$(wc -l <"$dir/exported") exported names"
exit $bad
