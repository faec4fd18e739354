#!/usr/bin/env bash
# Each installed header compiles alone, without a warning: in C17 with gcc and clang, in C++17 with g++, in C++20 with clang++, where those
# are there (cli/cxx compiles all of them in C++20 with both).
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

declare -A speaks # whether a compiler is there and speaks its language
has() {
    [ -n "${speaks[$1]-}" ] || {
        speaks[$1]=no
        case $1 in
        *++) ! echo | "$1" -x c++ -std=c++17 -fsyntax-only - 2>/dev/null || speaks[$1]=yes ;;
        *) ! command -v "$1" >/dev/null || speaks[$1]=yes ;;
        esac
    }
    [ "${speaks[$1]}" = yes ]
}

for path in "$tree"/include/*.h "$tree"/include/retick/*.h; do
    [ -f "$path" ] || continue
    header=${path#"$tree"/include/}
    try "$header" gcc -x c -std=c17 -D_GNU_SOURCE -Wpedantic -Wstrict-prototypes
    try "$header" gcc -x c -std=c17 # a user's program need not define _GNU_SOURCE
    ! has clang || try "$header" clang -x c -std=c17 -D_GNU_SOURCE -Wpedantic -Wstrict-prototypes
    ! has g++ || try "$header" g++ -x c++ -std=c++17 -Wpedantic
    ! has clang++ || try "$header" clang++ -x c++ -std=c++20 -Wpedantic
done
exit $bad
