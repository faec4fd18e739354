#!/usr/bin/env bash
# The pages of retick view in a browser: no exception, no report of the security policy, no request; keys, lists, addresses do as they say.
# timeout: 300
# once: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
source_tree=$(realpath "$RETICK_SOURCE")
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || {
    echo "skipped: there is no chromium"
    exit 77
}
for scenario in redis_pool pool_deadlock; do
    expect 1 "$scenario.db" "$RETICK" fuzz "$source_tree/scenarios/$scenario.c" -o $scenario.db
    expect 0 "" "$RETICK" view $scenario.db
done
expect 0 "" "$RETICK" run "$source_tree/scenarios/redis_pool.c" -o calm.db
expect 0 "" "$RETICK" view calm.db
# A program that talks to itself has lanes of its connections' ends
guest=
if [ -e "$(dirname "$RETICK")/libretick_guest.so" ] && /usr/bin/python3 -c 'import asyncio' 2>/dev/null; then
    expect 1 "guest.html shows it" "$RETICK" fuzz -n 100 -o guest.db -- /usr/bin/python3 "$source_tree/examples/bank.py"
    guest=guest.html
fi
# Names that an enemy chose
cp redis_pool.db hostile.db
sqlite3 hostile.db "UPDATE objects SET name = name || '</script><script>alert(1)</script><img src=x onerror=alert(1)>' ||
        char(8238, 27) || hex(zeroblob(2000)), path = path || '</script><img src=http://127.0.0.1:1/x>' WHERE type IN ('host', 'task'); UPDATE strings SET value = '<b onclick=alert(1)>' || value;
    UPDATE story SET say = '<script>alert(1)</script>' || say; UPDATE choices SET words = '\"><svg onload=alert(1)>' || words;
    UPDATE meta SET value = '</title><script>alert(1)</script>' || value WHERE key IN ('text', 'scenario')"
expect 0 "" "$RETICK" view hostile.db
expect 0 "looked at" python3 "$source_tree/tests/support/look_at_pages.py" redis_pool.html pool_deadlock.html calm.html hostile.html $guest
finish
