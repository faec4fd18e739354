#!/usr/bin/env bash
# One digest everywhere: builds retick with several compilers, levels and sanitizers, runs seeds of every scenario with each (the scenario
# compiled by the same compiler), and compares verdicts and digests byte for byte with those of the first.
#     matrix.sh reduced|full|aarch64 [SEEDS]
# reduced: against build/dev, with build/asan (both as ./dev test left them) and one build more. full: builds of its own for everything.
# aarch64: build/dev against builds for that processor, under an emulator (./dev aarch64).
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=${1:-reduced}
jobs=$(nproc)
out=build/matrix/out
rm -rf $out
mkdir -p $out

# name: build folder, compiler, flags of retick, flags of the scenario
declare -A folder compiler level
variant() { # variant NAME COMPILER LEVEL CMAKE-ARGUMENTS...: builds it, if it has no folder yet
    local name=$1 cc=$2 flags=$3
    shift 3
    folder[$name]=build/matrix/$name
    compiler[$name]=$cc
    level[$name]=$flags
    if ! {
        cmake -G Ninja -S . -B "${folder[$name]}" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Level -DCMAKE_C_FLAGS_LEVEL="$flags" \
            -DRETICK_WERROR=ON "$@" && cmake --build "${folder[$name]}" -j "$jobs" --target retick task_program scenario_lost_update
    } >"$out/$name.build" 2>&1; then
        tail -n 30 "$out/$name.build"
        echo "matrix: $name does not build"
        exit 1
    fi
}
present() { # present NAME COMPILER LEVEL FOLDER: one that ./dev test keeps
    cmake --build "$4" --target retick -- --quiet >"$out/$1.build" 2>&1 || {
        tail -n 30 "$out/$1.build"
        echo "matrix: $1 does not build"
        exit 1
    }
    folder[$1]=$4
    compiler[$1]=$2
    level[$1]=$3
}

case $kind in
reduced)
    seeds=${2:-100}
    names=(gcc-O2 gcc-asan clang-O3)
    present gcc-O2 gcc -O2 build/dev
    present gcc-asan gcc -O2 build/asan
    variant clang-O3 clang -O3
    ;;
full)
    seeds=${2:-1000}
    names=(gcc-O0 gcc-O2 gcc-O3 clang-O0 clang-O3 gcc-asan)
    variant gcc-O0 gcc -O0
    variant gcc-O2 gcc -O2
    variant gcc-O3 gcc -O3
    variant clang-O0 clang -O0
    variant clang-O3 clang -O3
    variant gcc-asan gcc -O1 -DRETICK_SANITIZE=address,undefined
    ;;
aarch64)
    seeds=${2:-100}
    names=(gcc-O2 aarch64-gcc-O2 aarch64-clang-O3)
    cross=-DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake
    present gcc-O2 gcc -O2 build/dev
    present aarch64-gcc-O2 aarch64-linux-gnu-gcc -O2 build/aarch64
    variant aarch64-clang-O3 clang -O3 $cross
    compiler[aarch64-clang-O3]="clang --target=aarch64-linux-gnu"
    ;;
*)
    echo "usage: matrix.sh reduced|full|aarch64 [SEEDS]" >&2
    exit 2
    ;;
esac

# digests SCENARIO FILE COUNT NAME: of one scenario with one build; its exit code stands beside them.
digests() {
    local code=0
    # An emulator is slow: what counts as hung elsewhere may not be.
    RETICK_CC=${compiler[$4]} RETICK_CFLAGS=${level[$4]} "${folder[$4]}/retick" digest "$2:$1" --seeds "$3" --hang 200s \
        >"$out/$1.$4" 2>"$out/$1.$4.err" || code=$?
    echo $code >"$out/$1.$4.code"
}

scenarios=$(sed -nE 's/^TICK_SCENARIO\(([a-z0-9_]+),.*/\1/p' scenarios/*.c)
seeds_of() { # seeds_of SCENARIO
    case $1 in
    *_hour) echo 2 ;; # a run of it takes most of a second
    *) echo "$seeds" ;;
    esac
}
running=0
for scenario in $scenarios; do
    file=$(grep -lE "^TICK_SCENARIO\($scenario," scenarios/*.c)
    for name in "${names[@]}"; do
        [ $running -lt "$jobs" ] || {
            wait -n
            running=$((running - 1))
        }
        digests "$scenario" "$file" "$(seeds_of "$scenario")" "$name" &
        running=$((running + 1))
    done
done
wait

differ=0
compared=0
for scenario in $scenarios; do
    count=$(seeds_of "$scenario")
    for name in "${names[@]}"; do
        [ "$(cat "$out/$scenario.$name.code")" -le 1 ] || { # 1: a seed found something
            cat "$out/$scenario.$name.err"
            echo "matrix: $scenario with $name: retick digest failed"
            exit 1
        }
        lines=$(wc -l <"$out/$scenario.$name")
        if [ "$lines" -lt "$count" ]; then
            echo "matrix: $scenario with $name: $lines digests for $count seeds"
            exit 1
        fi
        if ! cmp -s "$out/$scenario.${names[0]}" "$out/$scenario.$name"; then
            differ=$((differ + 1))
            echo "$scenario: ${names[0]} and $name differ, first here:"
            diff "$out/$scenario.${names[0]}" "$out/$scenario.$name" | head -n 4 || true
        fi
        compared=$((compared + lines))
    done
done
[ $compared -gt 0 ] || {
    echo "matrix: there is no scenario"
    exit 1
}
echo "$compared runs of ${#names[@]} builds: $differ comparisons differ"
[ $differ = 0 ]
