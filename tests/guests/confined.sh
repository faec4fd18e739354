#!/usr/bin/env bash
# once: yes
# In a container with Docker's default seccomp profile, which forbids userfaultfd and personality: runs begin by forks, addresses are not
# fixed, both are told, and a bug is found, shrunk and replayed all the same.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
built=$(dirname "$RETICK")
[ -e "$built/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
confined=$built/tests/as_in_docker
"$confined" true || { came_to_finish=yes && exit 77; }
bank=$(realpath "$scenarios/../../../examples/bank.py")
python=/usr/bin/python3

expect 1 "failed: exit status 1: AssertionError: the balance is -60" "$confined" "$RETICK" fuzz -n 500 -o found.db -- $python "$bank"
also "by fork after"
also "it is forbidden here"
also "addresses differ in each process"
also "each time the same"
[ "$(grep -vcE '^(retick|scenario|program) ' found.schedule)" -le 2 ] || complain "it takes more than two deviations: $(cat found.schedule)"
expect 1 "bank: fails under" "$confined" "$RETICK" replay --by start found.schedule -- $python "$bank"
expect 1 "bank: fails under" "$RETICK" replay found.schedule -- $python "$bank" # and where it is not forbidden
expect 0 "passes" "$confined" "$RETICK" replay found.schedule -- $python "$bank" repaired
expect 0 "PASSED" "$confined" "$built/tests/test_guest_worlds" # worlds with others
finish
