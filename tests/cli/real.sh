#!/usr/bin/env bash
# retick run --real --at NAME=HOST:PORT against a listener of this machine: addresses of both families and names lead to it; what cannot be
# an address, or is nowhere, is told before anything runs, with the argument.
# threads: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
command -v python3 >/dev/null || exit 77
top=$(realpath "$scenarios/../../..")
awk '/<!-- example: greet.c -->/ {f = 1; next} f && /^```c/ {p = 1; next} p && /^```/ {exit} p' "$top/README.md" |
    sed 's/TICK_MS(50)/TICK_SEC(50)/' >any.c # a busy machine may take its time

# Greets on one port of 127.0.0.1 and, where there is IPv6, of ::1; says which port, and whether that is both.
cat >greeter.py <<'TEXT'
import socket, socketserver, threading
class Greet(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(b"hello " + line)
class Four(socketserver.ThreadingTCPServer):
    daemon_threads = True
class Six(Four):
    address_family = socket.AF_INET6
servers = [Four(("127.0.0.1", 0), Greet)]
port = servers[0].server_address[1]
try:
    servers.append(Six(("::1", port), Greet))
except OSError:
    pass
for server in servers:
    threading.Thread(target=server.serve_forever).start()
print(port, len(servers), flush=True)
TEXT
exec 3< <(exec python3 greeter.py 2>/dev/null)
greeter=$!
trap 'kill -9 $greeter; rm -rf "$work"' EXIT
read -r -t 60 -u 3 port families || complain "the greeter does not listen"

# The program's own port is 7000, unless one is told.
sed "s/server:7000/server:$port/" any.c >same.c
sed 's/server:7000/server:1/' any.c >greet.c

expect 0 "greet: passed (real)" "$RETICK" run --real --at "server=127.0.0.1:$port" greet.c
expect 0 "greet: passed (real)" "$RETICK" run --real --at "server=localhost:$port" greet.c
expect 0 "greet: passed (real)" "$RETICK" run --real --at "server=127.0.0.1:1" --at "server=localhost:$port" greet.c # the last one counts
expect 0 "greet: passed (real)" "$RETICK" run --real --at server=127.0.0.1 same.c
expect 0 "greet: passed (real)" "$RETICK" run --real --at server=localhost same.c
if [ "$families" = 2 ]; then
    expect 0 "greet: passed (real)" "$RETICK" run --real --at "server=[::1]:$port" greet.c
    expect 0 "greet: passed (real)" "$RETICK" run --real --at "server=[::1]" same.c
    expect 0 "greet: passed (real)" "$RETICK" run --real --at server=::1 same.c
fi
expect 0 "cause_seq" "$RETICK" query run.db "SELECT * FROM events" # it is a trace like any other

# Where nobody listens, that is the run's result.
rm -f run.db
expect 1 "nobody accepted the connection to server:1" "$RETICK" run --real --at server=127.0.0.1:1 greet.c
exists run.db
expect 1 "there is no host server" "$RETICK" run --real greet.c -o nowhere.db
also "--at NAME=HOST:PORT tells where one is"

# Nothing runs, and nothing is written.
refused() { # refused PHRASE ADDRESS
    expect 2 "$1" "$RETICK" run --real --at "server=$2" greet.c -o never.db
    also "--at server=$2"
    [ ! -e never.db ] || complain "--at server=$2: never.db was written"
}
for address in localhost:99999 localhost:65536 localhost:0 localhost:-1 localhost:http localhost: "[::1]:99999" "[::1:$port" "[]:$port" ":$port" \
    "localhost:$port " "localhost:+$port" "1:2:3"; do
    refused "NAME=HOST:PORT" "$address"
done
refused "there is no such host" "no-such-host.invalid:$port"
refused "there is no such host" "[::zz]:$port"
finish
