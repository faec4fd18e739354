#!/usr/bin/env bash
# Each installed header compiles alone, without a warning, in C17 with gcc and clang, and in C++17 and C++20 where that compiler speaks it.
#     headers.sh TREE
set -u
tree=${1:-.}
bad=0

try() { # try HEADER COMPILER FLAGS...
    local header=$1
    shift
    if ! said=$(echo "#include <$header>" | "$@" -I"$tree/include" -Wall -Wextra -Wshadow -Werror -fsyntax-only - 2>&1); then
        printf '%s with %s:\n%s\n' "$header" "$1" "$said"
        bad=1
    fi
}

for path in "$tree"/include/*.h "$tree"/include/retick/*.h; do
    [ -f "$path" ] || continue
    header=${path#"$tree"/include/}
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        try "$header" $compiler -x c -std=c17 -D_GNU_SOURCE -Wpedantic -Wstrict-prototypes
        try "$header" $compiler -x c -std=c17 # a user's program need not define _GNU_SOURCE
    done
    for compiler in g++ clang++; do
        command -v $compiler >/dev/null || continue
        echo | $compiler -x c++ -std=c++17 -fsyntax-only - 2>/dev/null || continue
        try "$header" $compiler -x c++ -std=c++17 -Wpedantic
        try "$header" $compiler -x c++ -std=c++20 -Wpedantic
    done
done
exit $bad
