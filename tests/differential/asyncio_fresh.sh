#!/usr/bin/env bash
# Fresh task programs, on CPython and here: the same logs. On CPython 3.13, whose rules are ours; and on the machine's own, from 3.11 on,
# without what that lacks or does otherwise. RETICK_PYTHON names another; RETICK_SEEDS="FIRST LAST" repeats a run.
# timeout: 600
set -eu
here=$(cd "$(dirname "$0")" && pwd)
is() { # is PYTHON CONDITION
    "$1" -c "import sys; sys.exit(not ($2))" 2>/dev/null
}
pythons=()
for candidate in python3.13 "$HOME"/.pyenv/versions/3.13*/bin/python3; do
    [ ${#pythons[@]} -eq 0 ] && is "$candidate" 'sys.version_info[:2] == (3, 13)' && pythons+=("$candidate")
done
is /usr/bin/python3 '(3, 11) <= sys.version_info[:2] <= (3, 13)' && pythons+=(/usr/bin/python3)
[ -n "${RETICK_PYTHON:-}" ] && pythons=("$RETICK_PYTHON")
if [ ${#pythons[@]} -eq 0 ]; then
    echo "there is no CPython 3.11 to 3.13 here"
    exit 77
fi
first=$(($(date +%s) * 1000))
read -r first last <<<"${RETICK_SEEDS:-$first $((first + 1000))}"
for python in "${pythons[@]}"; do
    echo "seeds $first to $last, $python: $("$python" --version)"
    "$python" -B "$here/compare.py" "$RETICK_BUILD/task_program" "$python" "$first" "$last"
done
