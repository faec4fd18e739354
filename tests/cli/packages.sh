#!/usr/bin/env bash
# Packages: the .tar.gz runs from wherever it is unpacked, the .deb holds the same, and depends on each library that its program loads.
# (./dev soak runs the README's tour with both on a bare Debian: tests/package/bare_debian.sh.)
# once: yes
# timeout: 300
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
grep -qE '^(RETICK_SANITIZE:[A-Z]*=.|RETICK_COVERAGE:BOOL=ON|CMAKE_TOOLCHAIN_FILE)' "$RETICK_BUILD/CMakeCache.txt" && exit 77 # no packages of those
command -v cpack >/dev/null || exit 77

expect 0 "package" cpack --config "$RETICK_BUILD/CPackConfig.cmake" -G TGZ -B "$work/made"
mkdir "somewhere else" # with a blank in it
tar -xzf "$work"/made/retick-*.tar.gz -C "somewhere else" --strip-components=1
own="$work/somewhere else/bin/retick"
docs="$work/somewhere else/share/doc/retick"
expect 0 "redis_pool: passed (calm)" "$own" run "$docs/scenarios/redis_pool.c" -o calm.db
expect 1 "shrunk from" "$own" fuzz "$docs/scenarios/redis_pool.c" -o run.db
expect 0 "run.dot written" "$own" graph run.db -o run.dot
for file in man/man1/retick.1 man/man1/retick-check.1 bash-completion/completions/retick doc/retick/README.md doc/retick/docs/JSON.md; do
    exists "somewhere else/share/$file"
done

# The .deb: the same files, below /usr.
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || finish
expect 0 "package" cpack --config "$RETICK_BUILD/CPackConfig.cmake" -G DEB -B "$work/made"
deb=$(echo "$work"/made/*.deb)
expect 0 "./usr/bin/retick" dpkg-deb --contents "$deb"
dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -n 's|^\./usr/||p' | grep -v '/$' | grep . | sort >in-deb
(cd "somewhere else" && find . -type f | sed 's|^\./||' | sort) >in-tar
checks=$((checks + 1))
diff in-tar in-deb >.output || complain "the two packages do not hold the same"
dpkg-deb --field "$deb" Depends | tr ',' '\n' | sed 's/^ *//; s/ .*//' >depends
for package in gcc libc6-dev; do
    checks=$((checks + 1))
    grep -qxF "$package" depends || complain "the .deb does not depend on $package, which compiles scenarios"
done
for library in $(objdump -p "$own" | sed -n 's/^ *NEEDED *//p' | grep -v '^ld-linux'); do # the loader is libc6's
    path=$(ldd "$own" | awk -v name="$library" '$1 == name {print $3}')
    package=$(dpkg -S "$path" 2>/dev/null || dpkg -S "$(realpath "$path")" 2>/dev/null || dpkg -S "/usr$path")
    checks=$((checks + 1))
    grep -qxF "${package%%:*}" depends || complain "the .deb does not depend on ${package%%:*}, whose $library its program loads"
done
finish
