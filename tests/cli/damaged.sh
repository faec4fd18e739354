#!/usr/bin/env bash
# Damaged and lying traces, fifos, devices and the like as what is read: a sample of each. RETICK_DAMAGED=2000 asks all (./dev soak).
# timeout: 300
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
command -v python3 >/dev/null || exit 77
export PYTHONDONTWRITEBYTECODE=1
expect 0 "commands, 0 failed" python3 "$RETICK_SOURCE/tests/support/damaged_traces.py" "$RETICK" "$RETICK_SOURCE/scenarios/redis_pool.c"
cat "$work/.output"
finish
