#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_plots.sh
#
# The scripts that draw a run. Skipped (77) where there is no matplotlib.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=/usr/bin/python3
"$python" -c 'import matplotlib' 2> /dev/null || exit 77
cd "$(mktemp -d)" || exit 1
trap 'rm -rf "$PWD"' EXIT
make=$root/tests/make_run.py
failed=0
note() { # note NAME CONDITION...
    "${@:2}" && return
    echo "FAILED: $1"
    failed=1
}
plot() { "$python" "$root/scripts/plot_$1.py" "${@:2}" > out 2>&1; } # plot NAME ARGUMENTS...
fails() { ! "$@"; }

"$make" whole --whole
"$make" sets --sets
sed -i 's/"set","reads"/"","reads"/' sets/rows.csv # as `bandwidth --mem-nodes 0:2+1:1` writes them
for name in "matrix whole" "matrix whole/rows.csv" "matrix sets bandwidth" "curve whole" \
    "sweep whole"; do
    read -r script run test <<< "$name"
    note "$name" plot "$script" "$run" picture.svg ${test:+"$test"}
    note "$name: a picture" grep -q '</svg>' picture.svg
    rm -f picture.svg
done
note "no run" fails plot matrix nowhere picture.svg
note "it is named" grep -q "^'nowhere' cannot be read: " out
note "a file that is none of ours" fails plot curve /dev/null picture.svg
note "which is said" grep -q "^'/dev/null' has no rows of numaprobe$" out
note "a run without such rows" fails plot curve sets picture.svg
note "which is said too" grep -q "no loaded rows in 'sets'" out
note "an ending that is no picture" fails plot matrix whole picture.odd
note "whose name is said" grep -q "^'picture.odd' was not drawn: " out
note "a test that it does not draw" fails plot matrix whole picture.svg c2c
note "usage" grep -q '^usage: ' out
note "nothing is drawn then" test ! -e picture.svg
exit $failed
