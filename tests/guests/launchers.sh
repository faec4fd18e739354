#!/usr/bin/env bash
# once: yes
# timeout: 300
# What stands between the command and the program: shims, virtual environments, shells, make, timeout. The program that is run is the same,
# and so is what it does; what cannot be told is refused, with what to type.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
python=/usr/bin/python3
[ -x "$python" ] || { came_to_finish=yes && exit 77; }

cat >app.py <<'TEXT'
import asyncio, sys

async def serve(reader, writer):
    writer.write(await reader.readline())
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 7000)
    reader, writer = await asyncio.open_connection("127.0.0.1", 7000)
    writer.write(b"hello\n")
    print("the answer is", (await reader.readline()).decode())
    sys.exit(3)

asyncio.run(main())
TEXT

# --- what takes the launcher's place (exec): the program keeps its pid ---

mkdir -p shims versions/bin venv/bin
ln -s "$python" versions/bin/python3
cat >shims/python3 <<TEXT
#!/usr/bin/env bash
set -e
program="\${0##*/}"
version=\$(cat "$work/version")
exec "$work/\$version/bin/\$program" "\$@"
TEXT
echo versions >version
printf '#!/bin/sh\nbasedir=$(dirname "$(echo "$0" | sed -e "s,\\\\,/,g")")\nexec %s "$basedir/app.py" "$@"\n' "$python" >shim
ln -s "$python" venv/bin/python3
printf 'home = /usr/bin\ninclude-system-site-packages = false\n' >venv/pyvenv.cfg
printf '#!/usr/bin/env bash\n# a script\n[ -n "$HOME" ] || true\n%s app.py\n' "$python" >script.sh
printf 'test:\n\t@%s app.py\n' "$python" >Makefile
chmod +x shims/python3 shim script.sh

# runs LAUNCHER...: by rewinding, up to the program's own status.
runs() {
    expect 0 "5 schedules passed" "$RETICK" fuzz --seeds 5 -j1 --expect-status 3 -- "$@"
    also "rewinding after"
}
runs "$python" app.py
never "of what it starts"
runs shims/python3 app.py
runs ./shim
runs venv/bin/python3 app.py
runs env -u NOTHING A=b "$python" app.py
runs nice -n 1 "$python" app.py
runs sh -c "exec $python app.py"
runs bash -c "A=b exec $python app.py"

# --- what starts it as a child, and waits: that is outside, and said ---

runs sh -c "$python app.py"
also "of what it starts, this is what runs: $python app.py (--guest NAME names another)"
runs sh -c "cat app.py >copy.py; $python copy.py; exit 5"
also "$python copy.py"
runs bash script.sh
runs timeout 5 "$python" app.py
if command -v make >/dev/null; then
    runs make -s test
fi

# --- what looks like the program itself: refused in words, and with the name it runs ---

cat >launcher.py <<'TEXT'
import selectors, socket, subprocess, sys
a, b = socket.socketpair()
s = selectors.DefaultSelector()
s.register(a, selectors.EVENT_READ)
sys.exit(subprocess.run([sys.executable, "app.py"]).returncode)
TEXT
expect 1 "if that child is the program to be run, name it: --guest NAME" \
    "$RETICK" run -- "$python" launcher.py
runs_named() {
    expect 0 "5 schedules passed" "$RETICK" fuzz --seeds 5 -j1 --expect-status 3 --guest app.py -- "$@"
    also "rewinding after"
}
runs_named "$python" launcher.py
runs_named timeout 5 "$python" app.py
if command -v npm >/dev/null && command -v node >/dev/null; then # npm has an epoll and threads of its own
    printf '{"name": "app", "version": "1.0.0", "scripts": {"test": "%s app.py"}}\n' "$python" >package.json
    runs_named npm --offline test
fi

# --- nothing of it is simulated: which is said, and what it ends with counts ---

expect 1 "exit status 3" "$RETICK" run -- sh -c "sleep 50; exit 3"
also "and nothing of it was simulated"
expect 1 "nothing of it is simulated: neither it nor what it starts makes a socket" "$RETICK" fuzz --seeds 2 -- sh -c "sleep 50; exit 3"
expect 0 "nothing of it is simulated" "$RETICK" fuzz --seeds 2 -- true
expect 0 "passed" "$RETICK" fuzz --seeds 2 -- sleep 5
never "nothing of it is simulated"
finish
