#!/usr/bin/env bash
# The README's tour, with an installed retick: tour.sh PROGRAM DOCS. redis-server and the libraries for programs of one's own must be there.
set -euo pipefail
retick=$1 docs=$2
prefix=$(dirname "$(dirname "$retick")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PATH=$prefix/bin:$PATH PKG_CONFIG_PATH=$prefix/lib/pkgconfig XDG_CACHE_HOME=$work/cache
cp -r "$docs/scenarios" "$docs/examples" .

says() { # says CODE PHRASE COMMAND...
    local code=$1 phrase=$2 got=0
    shift 2
    echo "\$ $*"
    "$@" >output 2>&1 </dev/null || got=$?
    head -n 12 output
    if [ "$got" != "$code" ] || ! grep -qF -- "$phrase" output; then
        echo "tour.sh: $* ended with $got (not $code), or did not say \"$phrase\":" >&2
        cat output >&2
        exit 1
    fi
}

says 0 "retick " retick --version
says 0 "redis_pool: passed (calm)" retick run scenarios/redis_pool.c -o calm.db
says 1 "was shown: chats of user" retick fuzz scenarios/redis_pool.c -o run.db
says 0 "scenario redis_pool" cat run.schedule
says 0 "redis_pool_fixed: passes" retick replay scenarios/redis_pool.c:redis_pool_fixed run.schedule
says 0 "schedules passed" retick fuzz scenarios/redis_pool.c:redis_pool_fixed --seeds 5000
says 0 "run.svg written" retick graph run.db -o run.svg
says 1 "part at event" retick diff calm.db run.db
says 0 "verdict" retick query run.db log
says 0 "seq" retick query run.db why
says 1 '"status": "finding"' retick replay run.db --json

redis-server --port 6399 --save '' --appendonly no --bind 127.0.0.1 >redis.log 2>&1 &
redis=$!
trap 'kill $redis; rm -rf "$work"' EXIT
for ((i = 0; i < 100; i++)); do grep -q "eady to accept" redis.log && break || sleep 0.1; done
says 0 "redis_pool: passed (real)" retick run --real --at redis=127.0.0.1:6399 scenarios/redis_pool.c

awk '/<!-- example: greet.c -->/ {f = 1; next} f && /^```c/ {p = 1; next} p && /^```/ {exit} p' "$docs/README.md" >greet.c
says 1 "no greeting within 50 ms" retick fuzz greet.c
says 0 "every run repeats" retick check greet.c --seeds 10
says 0 "passed" retick run examples/using_cplusplus.cpp
printf '\nint main(int argc, char **argv) {\n    return tick_main(argc, argv);\n}\n' >>greet.c
read -ra flags <<<"$(pkg-config --cflags --libs --static retick)"
says 0 "" cc greet.c -o greet "${flags[@]}"
says 1 "no greeting within 50 ms" ./greet fuzz :greet
for page in man/man1/retick.1 man/man1/retick-fuzz.1 bash-completion/completions/retick doc/retick/docs/SCENARIOS.md; do
    [ -s "$prefix/share/$page" ] || [ -s "$prefix/share/$page.gz" ] || { echo "tour.sh: no $page" >&2; exit 1; }
done
echo "the tour is over"
