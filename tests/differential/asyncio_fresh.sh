#!/usr/bin/env bash
# Fresh task programs, on CPython 3.13 and here: the same logs. RETICK_PYTHON names a CPython 3.13; RETICK_SEEDS="FIRST LAST" repeats a run.
# timeout: 600
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${RETICK_PYTHON:-}
for candidate in python3.13 "$HOME"/.pyenv/versions/3.13*/bin/python3 python3; do
    [ -z "$python" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && python=$candidate
done
if [ -z "$python" ]; then
    echo "there is no CPython 3.13 here"
    exit 77
fi
first=$(($(date +%s) * 1000))
read -r first last <<<"${RETICK_SEEDS:-$first $((first + 1000))}"
echo "seeds $first to $last, $python"
"$python" -B "$here/compare.py" "$RETICK_BUILD/task_program" "$python" "$first" "$last"
