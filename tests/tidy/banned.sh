#!/usr/bin/env bash
# The banned calls (src/base/banned.h) do not compile, each alone, with a message that says what to do instead; what is allowed does.
#     banned.sh TREE
set -u
tree=${1:-.}
bad=0

compiles() { # compiles COMPILER FLAGS CODE
    # shellcheck disable=SC2086
    said=$(printf '%s\n' "#include \"src/base/outside.h\"" "void *volatile sink;" "void f(char *p);" "void f(char *p) { (void)p; $3; }" |
        $1 -x c -std=c17 -D_GNU_SOURCE -I"$tree" -include "$tree/src/base/banned.h" -Wall -fsyntax-only $2 - 2>&1)
}

refused() { # refused FLAGS CODE
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        if compiles $compiler "$1" "$2"; then
            echo "$compiler lets through: $2"
            bad=1
        elif [[ $said != *"banned in retick: "* ]]; then
            printf '%s refuses %s without saying why:\n%s\n' $compiler "$2" "$said"
            bad=1
        fi
    done
}

allowed() { # allowed FLAGS CODE
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        if ! compiles $compiler "$1" "$2"; then
            printf '%s refuses %s:\n%s\n' $compiler "$2" "$said"
            bad=1
        fi
    done
}

for call in 'rand()' 'random()' 'srand(1)' 'time(0)' 'clock()' 'gmtime(0)' 'localtime(0)' 'strcpy(p, "a")' 'strcat(p, "a")' \
    'sprintf(p, "%d", 1)' 'strtok(p, ",")' 'sink = (void *)(uintptr_t)&rand'; do
    refused "" "$call"
done
for call in 'clock_gettime(0, 0)' 'gettimeofday(0, 0)' 'sleep(1)' 'usleep(1)' 'nanosleep(0, 0)' 'getrandom(p, 1, 0)'; do
    refused -DTICK_BAN_CLOCK "(void)$call"
    allowed "" "(void)$call"
    allowed "-DTICK_BAN_CLOCK -DTICK_MAY_CLOCK -Wno-nonnull" "(void)$call"
done
for call in 'sink = malloc(1)' 'sink = calloc(1, 1)' 'sink = realloc(p, 1)' 'free(p)' 'sink = strdup(p)'; do
    refused -DTICK_BAN_HEAP "$call"
    allowed "" "$call"
    allowed "-DTICK_BAN_HEAP -DTICK_MAY_HEAP" "$call"
done
allowed "-DTICK_BAN_HEAP -DTICK_BAN_CLOCK" 'sink = tick__outside_alloc(1)'
exit $bad
