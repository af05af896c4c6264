#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_hostile.sh PROGRAM
#
# Files and directories that others have made, or can reach: nobody may have a user of the program,
# who may be root, write to a file of the other's choice, wait forever, or take a part of the data
# for all of it. As root it goes through everything as root, and then as nobody.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
set -- "$(readlink -f "$1")"
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
program=$1
# shellcheck source=tests/made_up_runs.sh
. "$root/tests/made_up_runs.sh"
umask 022
measure=(latency --cached --size 64K --pages 4K --rounds 1 --quiet --allow-unverified)
limited=(latency --cached --size 1M --pages 4K --rounds 1000 --no-progress --allow-unverified)
is_root=false
[ "$(id -u)" = 0 ] && is_root=true

skip() { echo "skipped as $(id -un): $*"; }
as_nobody() { su -s /bin/bash nobody -c "$1"; }
absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }
holds() { [ "$(cat "$1")" = "$2" ]; } # holds FILE TEXT
lists_nothing() { [ -z "$(ls "$1" 2> /dev/null)" ]; }
says() { grep -qh -- "$1" out err; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ]; }
fails() { [ "$status" = 1 ] || [ "$status" = 2 ]; }
under_way() { kill -0 "$running" 2> /dev/null; } # the process in `running`

# A run of this machine that was stopped, and one that can be read.
"$program" "${measure[@]}" -o stopped > out 2> err
rm -f stopped/summary.json
make_run run
echo precious > victim

# ---- where a command writes ---------------------------------------------------------------------
mkdir -m 777 shared
chmod 777 shared
for name in page.html numaprobe.prom compared.txt levels.txt; do
    ln -s "$work/victim" "shared/$name.partial"
done
call report run -o shared/page.html
note "report: a planted NAME.partial is not written to" holds victim precious
call export run -f prom -o shared/numaprobe.prom
note "export: a planted NAME.partial is not written to" holds victim precious
call compare run run -o shared/compared.txt
note "compare: a planted NAME.partial is not written to" holds victim precious
call history run -o shared/levels.txt
note "history: a planted NAME.partial is not written to" holds victim precious
echo mine > page.html.partial
call report run -o page.html
note "NAME.partial of the user is left alone" holds page.html.partial mine
chmod 600 page.html
call report run -o page.html
note "a page is replaced" exits 0
note "a page has the mode of the one that it replaces" mode_is page.html 600
note "no draft is left" test -z "$(find . -name '.numaprobe-*')"

mkdir www
ln -s www/page.html linked.html
call report run -o linked.html
note "a link of the user's own is followed" test -s www/page.html -a -L linked.html
if $is_root; then
    ln -s "$work/victim" shared/theirs.html
    chown -h nobody shared/theirs.html
    call report run -o shared/theirs.html
    note "a link of another user is refused" exits 1
    note "a link of another user is refused with a sentence" err_has "link made by another user"
    note "a link of another user is not followed" holds victim precious
else
    skip "links of another user as --output"
fi

call export run -f prom -o /dev/null
note "/dev/null can be written to" exits 0
note "/dev/null is a device still" test -c /dev/null
"$program" export run -f prom > plain.prom 2> err
"$program" export run -f prom -o /dev/stdout > file.prom 2> err
note "/dev/stdout is what stdout is, a file" cmp -s plain.prom file.prom
"$program" export run -f prom -o /dev/stdout 2> err | cat > piped.prom
note "/dev/stdout is what stdout is, a pipe" cmp -s plain.prom piped.prom
"$program" export run -f prom -o /dev/fd/5 5> fifth.prom 2> err
note "/dev/fd/N is an open file" cmp -s plain.prom fifth.prom
mkfifo pipe
within 5 export run -f prom -o pipe
note "a pipe that nobody reads is an error, and not waited for" exits 1

# Two jobs with one target: a reader sees one of the two whole.
make_run many
python3 - << 'PY'
lines = open("many/rows.csv", newline="").read().split("\r\n")
with open("many/rows.csv", "w", newline="") as file:
    file.write("\r\n".join(lines[:1] + [lines[1].replace("latency/a", "latency/%d" % i)
                                        for i in range(3000)]) + "\r\n")
PY
"$program" export many -f prom > many.prom 2> err
mixed=0
for _ in $(seq 15); do
    rm -f both.prom
    "$program" export run -f prom -o both.prom 2> err & first=$!
    "$program" export many -f prom -o both.prom 2> err.2 & second=$!
    wait $first || mixed=$((mixed + 1))
    wait $second || mixed=$((mixed + 1))
    cmp -s both.prom plain.prom || cmp -s both.prom many.prom || mixed=$((mixed + 1))
done
note "two exports to one file do not mix" test $mixed = 0

# ---- run directories ----------------------------------------------------------------------------
for name in rows.csv machine.json topology.xml summary.json summary.json.partial; do
    rm -rf planted
    mkdir planted
    ln -s "$work/made" "planted/$name"
    call "${measure[@]}" -o planted
    note "a planted $name leads nowhere" absent made
    [ $name = summary.json.partial ] || note "a planted $name is refused" fails
done

mkdir -m 1777 tmp
chmod 1777 tmp
host=$(uname -n | tr -cd 'A-Za-z0-9_.-')
now=$(date +%s)
for i in $(seq 0 60); do
    squatted=tmp/numaprobe-$host-$(date -u -d "@$((now + i))" +%Y%m%dT%H%M%SZ)
    mkdir "$squatted"
    ln -s "$work/made" "$squatted/rows.csv"
    ! $is_root || chown -hR nobody "$squatted"
done
(cd tmp && "$program" "${measure[@]}" > ../out 2> ../err)
status=$?
note "a default name that is taken: the next is free" exits 0
note "a default name that is taken is not used" absent made

chmod 777 tmp
call "${measure[@]}" -o tmp/run
note "where all may write without the sticky bit, as in a container's volume: a run" exits 0
rm -rf tmp/run
call "${limited[@]}" -o tmp/run &
running=$!
while under_way && [ ! -s tmp/run/rows.csv ]; do sleep 0.1; done
mkdir elsewhere
mv tmp/run tmp/moved
ln -s "$work/elsewhere" tmp/run
while under_way && [ "$(wc -l < tmp/moved/rows.csv)" -lt 4 ]; do sleep 0.1; done
pkill -INT -P $running
wait $running
note "a directory that others move away gets its rows still" \
    test "$(wc -l < tmp/moved/rows.csv)" -ge 4
note "a directory that others moved away: the run says that it cannot read it" err_has "tmp/run"
note "what others put in its place gets nothing" lists_nothing elsewhere
rm -rf elsewhere tmp/run tmp/moved
chmod 1777 tmp

call doctor --self-test
note "a self-test leaves one file" \
    test "$(find . -maxdepth 1 -name 'numaprobe-self-test-*.json' | wc -l)" = 1
rm -f numaprobe-self-test-*.json

for i in 1 2 3; do
    "$program" "${measure[@]}" -o one > out.$i 2> err.$i & eval "process$i=\$!"
done
ended=
for i in 1 2 3; do
    eval "wait \$process$i"
    ended="$ended $?"
done
note "of three runs in one directory one has it" \
    test "$(echo "$ended" | tr ' ' '\n' | sort | tr '\n' ' ')" = " 0 2 2 "
note "its rows are those of one" test "$(wc -l < one/rows.csv)" = 2

# ---- --resume -----------------------------------------------------------------------------------
cp -r stopped planted.run
rm planted.run/rows.csv
ln -s "$work/made" planted.run/rows.csv
call --resume planted.run --quiet
note "--resume: rows.csv that is a link is refused" fails
note "--resume: rows.csv that is a link is refused with a sentence" err_has "is a link"
note "--resume: rows.csv that is a link leads nowhere" absent made
rm planted.run/rows.csv
: > hard
ln hard planted.run/rows.csv
call --resume planted.run --quiet
note "--resume: rows.csv with a second name is refused" err_has "hard link"
note "--resume: rows.csv with a second name is not written to" test ! -s hard
rm planted.run/rows.csv
mkfifo planted.run/rows.csv
within 5 --resume planted.run --quiet
note "--resume: rows.csv that is a pipe is refused" fails

# shellcheck disable=SC2016 # it is not to be expanded
for run_id in 'x\nssh-ed25519 AAAA' '$(id)' '-rf' ''; do
    rm -rf told
    cp -r stopped told
    rm told/rows.csv
    change_machine told "m['run_id'] = '$run_id'"
    call --resume told --quiet
    note "--resume: '$run_id' is no run_id" exits 2
    note "--resume: '$run_id' gets into no row" absent told/rows.csv
done

while IFS= read -r arguments; do
    rm -rf told
    cp -r stopped told
    change_machine told "m['settings']['arguments'] = $arguments"
    within 20 --resume told --quiet
    note "--resume: arguments $arguments are refused" fails
    note "--resume: arguments $arguments are refused with one sentence" test "$(wc -l < err)" = 1
    note "--resume: arguments $arguments measure nothing" cmp -s stopped/rows.csv told/rows.csv
done << 'LIST'
m['settings']['arguments'] + ["--help"]
m['settings']['arguments'] + ["--dry-run"]
m['settings']['arguments'] + ["--resume", "stopped"]
["--help"]
["--resume", "/nowhere"]
[""]
["--size", "8388607T"]
["--dry-run"]
[None]
[{"a": 1}]
["--format", "x" * 5000]
["--output", "/nowhere", "--size", "64K", "--cached", "--rounds", "2"]
["word"]
["--add", "run"]
LIST
for command in topo list help verify doctor compare history capacity report export fleet; do
    rm -rf told
    cp -r stopped told
    change_machine told "m['settings'].update(command='$command', arguments=[])"
    within 20 --resume told --quiet
    note "--resume: $command measures nothing" err_has "measures nothing"
    note "--resume: $command is refused" exits 2
done
rm -rf told
cp -r stopped told
change_machine told "m['settings']['arguments'] += ['--output', '$work/elsewhere']"
call --resume told --quiet --allow-unverified
note "--resume goes on" exits 0
note "--resume writes where the run is" test -s told/summary.json
note "--resume does not write where its file says" absent elsewhere

if $is_root; then
    mkdir theirs
    chmod 1777 theirs
    cp -r stopped theirs/run
    rm theirs/run/rows.csv
    ln -s "$work/made" theirs/run/rows.csv
    chown -hR nobody theirs/run
    call --resume theirs/run --quiet
    note "--resume of another user's directory is refused" exits 1
    note "--resume of another user's directory: a sentence" err_has "belongs to another user"
    note "--resume of another user's directory writes nothing" absent made
    rm -rf theirs/run/*
    call "${measure[@]}" -o theirs/run
    note "--output in another user's directory is refused" exits 1
    note "--output in another user's directory writes nothing" lists_nothing theirs/run
else
    skip "directories of another user"
fi

# ---- history --add ------------------------------------------------------------------------------
echo 'root:secret' > secret
chmod 600 secret
for name in rows.csv machine.json topology.xml summary.json; do
    rm -rf leaking history
    cp -r run leaking
    mv leaking/$name kept 2> /dev/null || cp secret kept
    ln -s "$work/kept" leaking/$name
    call history history --add leaking
    note "--add: $name that is a link is not copied" exits 1
    note "--add: $name that is a link is refused with a sentence" err_has "is a link"
    note "--add: $name that is a link: nothing is left" lists_nothing history
done
rm -rf history
chmod 640 run/rows.csv
call history history --add run
note "--add: a copy" exits 0
note "--add: it is for no more readers than the run" mode_is history/*/rows.csv 640
call history history --add run
note "--add: a second time is refused" exits 2
note "--add: a second time: it overwrites nothing" err_has "overwrites nothing"
note "--add: no draft is left" test -z "$(find history -name '.*' -mindepth 1)"
chmod 644 run/rows.csv
rm -rf history
(ulimit -f 100; "$program" history history --add many) > out 2> err
status=$?
note "--add on a full disk is an error" exits 1
note "--add on a full disk leaves no half run" lists_nothing history
call history history --add many --allow-unverified
note "--add again, when there is room" exits 0
for run_id in -rf .. a/b ''; do
    rm -rf named
    make_run named 20260101T000000Z-00000009
    sed -i "s,20260101T000000Z-00000009,$run_id," named/rows.csv named/machine.json
    call history history --add named
    note "--add: '$run_id' is no run_id" fails
done
note "--add: only what has a run_id is there" \
    test "$(find history -mindepth 1 -maxdepth 1 | wc -l)" = 1

# ---- files that do not end, and such as are none ------------------------------------------------
for name in rows.csv machine.json topology.xml; do
    for kind in pipe device; do
        rm -rf mixed
        mkdir mixed
        make_run mixed/a
        make_run mixed/b 20260102T000000Z-00000002
        rm -f mixed/b/$name
        if [ $kind = pipe ]; then mkfifo mixed/b/$name; else ln -s /dev/zero mixed/b/$name; fi
        for command in "history mixed" "compare mixed/a mixed/b" "report mixed/b -o page.html" \
            "export mixed/b -f hwloc" "capacity mixed/b" "--resume mixed/b" \
            "latency --like mixed/b --dry-run" "history history --add mixed/b"; do
            # shellcheck disable=SC2086 # a command of several words
            within 10 $command
            note "$name is a $kind: '$command' ends" ends
            case $name:$command in
                # It is not read there.
                topology.xml:* | rows.csv:--resume* | rows.csv:latency*) continue ;;
            esac
            note "$name is a $kind: '$command' says so" says "regular files"
        done
    done
done
rm -rf long
make_run long
{ head -n 1 long/rows.csv; printf '1,"'; head -c 20000000 /dev/zero | tr '\0' a; } > long/endless
mv long/endless long/rows.csv
within 20 report long -o page.html
note "a field without an end: exit 1" exits 1
note "a field without an end: a sentence" err_has "line 2: a row of more than 16 MiB"
rm -rf long
make_run long
{ printf '{"a": 1'; head -c 280000000 /dev/zero | tr '\0' ' '; echo '}'; } > long/machine.json
within 20 history long
note "machine.json of 280 MB: a sentence" err_has "more than 256 MiB"
rm -rf long
make_run long
truncate -s 70M long/topology.xml
within 20 export long -f hwloc
note "topology.xml of 70 MiB: a sentence" err_has "more than 64 MiB"

# ---- a run that cannot be read is no run that is not there --------------------------------------
for i in 1 2 3 4 5; do make_run gate/r$i 2026010${i}T000000Z-0000000$i; done
make_run gate/r6 20260106T000000Z-00000006 host 2
call history gate --check
note "the gate sees the newest run, which is slow" exits 3
mkdir gate/empty
echo text > gate/README
ln -s nowhere gate/latest
call history gate --check
note "what is no run is passed over" exits 3
mv gate/r6/rows.csv slow.csv
ln -s nowhere gate/r6/rows.csv
call history gate --check
note "rows.csv that leads nowhere is an error" fails
rm gate/r6/rows.csv
mv slow.csv gate/r6/rows.csv
if $is_root; then
    skip "files that may not be read, of which root has none"
else
    for closed in gate/r6/rows.csv gate/r6/machine.json gate/r6 gate; do
        mode=$(stat -c %a $closed)
        chmod 0 $closed
        for operand in gate gate/r6 'gate/*' 'gate/r6/rows.csv'; do
            call history "$operand" --check
            note "history '$operand' with $closed of mode 0 is an error" fails
        done
        chmod "$mode" $closed
    done
fi

# ---- what ends a run ----------------------------------------------------------------------------
(ulimit -S -c 0; ulimit -S -t 2; exec "$program" "${limited[@]}" -o limited) > out 2> err
status=$?
note "a soft limit of CPU time ends a run as Ctrl-C does" exits 130
note "a soft limit of CPU time: how to go on is said" out_has '^Go on'
note "a soft limit of CPU time: there is a summary" test -s limited/summary.json

# ---- what closing a file finds ------------------------------------------------------------------
if strace -qq -o trace true 2> /dev/null; then
    export ASAN_OPTIONS=detect_leaks=0 # which cannot look for leaks where strace does
    for call in close fsync; do
        rm -rf traced
        mkdir traced
        strace -f -qq -o trace -P "$work/traced/rows.csv" -e trace=$call \
            -e inject=$call:error=EIO:when=1+ "$program" "${measure[@]}" -o traced > out 2> err
        status=$?
        note "rows whose $call fails: exit 1" exits 1
        note "rows whose $call fails: a sentence" err_has "rows.csv.*Input/output error"
        note "rows whose $call fails stay" test "$(wc -l < traced/rows.csv)" = 2
    done
    strace -f -y -qq -o trace -P "$work/long.run/rows.csv" -P "$work/long.run/samples.csv" \
        -e trace=fsync "$program" "${limited[@]}" --samples -o "$work/long.run" > out 2> err &
    running=$!
    synced() { grep -q "fsync.*/$1>" trace; } # synced FILE
    while under_way && ! { synced rows.csv && synced samples.csv; }; do sleep 0.1; done
    note "a long run was stopped while it measured" under_way
    for name in rows.csv samples.csv; do
        note "$name of a long run is on the disk before its end" synced $name
    done
    kill -INT "$(pgrep -P $running)"
    wait $running
    strace -f -qq -o trace -e trace=rename,renameat,renameat2 \
        -e inject=rename,renameat,renameat2:error=EIO "$program" report run -o page.html \
        > out 2> err
    status=$?
    note "a page that cannot get its name: exit 1" exits 1
    note "a page that cannot get its name leaves no draft" \
        test -z "$(find . -maxdepth 1 -name '.numaprobe-*')"
else
    skip "failing calls: strace cannot be run here"
fi

# ---- the same as nobody -------------------------------------------------------------------------
if $is_root; then
    if as_nobody true 2> /dev/null; then
        mkdir -p second/tests
        cp "$program" second/numaprobe
        cp "$root/tests/test_hostile.sh" "$root/tests/program_checks.sh" \
            "$root/tests/made_up_runs.sh" second/tests
        chmod -R a+rX . second
        note "all of it as nobody" \
            as_nobody "'$work/second/tests/test_hostile.sh' '$work/second/numaprobe'"
    else
        skip "everything as nobody: su cannot be that user here"
    fi
fi
conclude
