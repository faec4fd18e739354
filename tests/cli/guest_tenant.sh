#!/usr/bin/env bash
# Which of the programs that a command starts is run in the simulated world: the first that needs one, or the one that --guest names.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
expect 2 "--guest goes with a program of your own" "$RETICK" run --guest x scenario.c
expect 2 "--guest a/b: write a name without folders" "$RETICK" run --guest a/b -- true
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || finish # another processor's build, or a sanitizer's
python=/usr/bin/python3
$python -c 'import asyncio' 2>/dev/null || finish
cat >server.py <<'EOF'
import sys, time
time.sleep(7)
print("served")
sys.exit(9)
EOF
cat >npm <<'EOF'
#!/bin/sh
# as npm does: something of its own first, then the script of package.json by a shell, which it waits for
sleep 0.01
sh -c "$2"
exit $?
EOF
chmod +x npm
printf 'test:\n\t@sleep 0.01\n\t@%s server.py\n' $python >Makefile

# By itself it is the first that needs a world, which what npm and make do before does not.
expect 1 "exit status 9" "$RETICK" run -o first.db -- ./npm test "$python server.py"
also "7 s of virtual time"
expect 1 "exit status 9" "$RETICK" run --guest server.py -o named.db -- ./npm test "$python server.py"
also "7 s of virtual time"
expect 1 "exit status 9" "$RETICK" run --guest server.py -o env.db -- env A=1 sh -c "exec $python server.py"
if command -v make >/dev/null; then
    expect 1 "exit status 9" "$RETICK" run --guest server.py -o make.db -- make -s test
    also "7 s of virtual time"
fi
expect 1 "exit status 9" "$RETICK" fuzz -n 3 --guest server.py -o fuzz.db -- ./npm test "$python server.py"
also "retick replay fuzz.db --guest server.py -- ./npm test"
expect 1 "nobody who is called server.js made a socket, an epoll, a timer or a thread: name by --guest the program that does" \
    "$RETICK" run --guest server.js -o nobody.db -- ./npm test "$python server.py"
finish
