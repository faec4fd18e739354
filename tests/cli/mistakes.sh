#!/usr/bin/env bash
# The mistakes that everybody makes once, in the README's example: what is said must tell what to do next.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
top=$(realpath "$scenarios/../../..")
awk '/<!-- example: greet.c -->/ {f = 1; next} f && /^```c/ {p = 1; next} p && /^```/ {exit} p' "$top/README.md" >greet.c

mistake() { # mistake CODE PHRASE SED-EXPRESSION [WORD...]
    local code=$1 phrase=$2
    sed -e "$3" greet.c >wrong.c
    shift 3
    cmp -s greet.c wrong.c && complain "the example has changed: nothing is wrong in wrong.c"
    expect "$code" "$phrase" "$RETICK" run "$@" wrong.c
}

mistake 2 "did you mean" 's/tick_serve(/tick_sreve(/'
mistake 1 "there is no host sever" 's/"server:7000"/"sever:7000"/'
also "wrong.c:20"
mistake 1 "nobody accepted the connection to server:7001" 's/"server:7000"/"server:7001"/'
also "wrong.c:20"
mistake 1 'write "host:port"' 's/"server:7000"/"server"/'
mistake 1 ":7000 is in use" 's/return tick_serve(":7000", greet, arg)/TICK_TRY(tick_go(server, arg)); &/'
mistake 2 "use tick_sleep(ns)" '1i #include <unistd.h>
s/char reply/usleep(1); char reply/'
mistake 2 "use tick_time()" '1i #include <time.h>
s/char reply/time(NULL); char reply/'
mistake 0 "no checks were evaluated" 's/return tick_check(.*/return length > 0 ? 0 : 0;/'
mistake 2 "expected" 's/server, NULL); /server, NULL) /'
mistake 1 "there is no host server" 's/hello alice/hello  alice/' --real --at sever=127.0.0.1:7
also "--at NAME=HOST:PORT"
finish
