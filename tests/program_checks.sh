# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the end-to-end tests share; sourced with the script's own arguments, [RUNNER] PROGRAM.
# Enters an empty directory of its own and leaves, for the script: run, windows, work, verified.
set -uo pipefail

run=("$@")
windows=false
[ $# -gt 1 ] && windows=true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0
status=0
# Wine cannot say where a page is, so nothing is verified there and the program says so by 4.
verified=0
# Who reads such runs has to allow it.
unproven=()
$windows && verified=4 && unproven=(--allow-unverified)

note() { # note NAME CONDITION...
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        echo "  status $status"
        sed 's/^/  stdout: /' out | head -20
        sed 's/^/  stderr: /' err | head -20
    fi
}

call() { # call ARGUMENTS...: leaves status, out, err
    "${run[@]}" "$@" > out 2> err < /dev/null
    status=$?
    tr -d '\r' < out > out.unix && mv out.unix out
    tr -d '\r' < err > err.unix && mv err.unix err
    # No call ends by an abort, whatever else is asked of it.
    [ "$status" != 134 ] || note "$* does not abort" false
}

exits() { [ "$status" = "$1" ]; }
out_has() { grep -q -- "$1" out; }
err_has() { grep -q -- "$1" err; }

conclude() { # the script's last line
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
