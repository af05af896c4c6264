#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_readers.sh PROGRAM
#
# Files that lie, and such as friends have saved with another program: each is read as what it is
# for certain, or refused with the line, the column and what has probably done it; a small one keeps
# no reader busy for long.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
set -- "$(readlink -f "$1")"
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
program=$1
# shellcheck source=tests/made_up_runs.sh
. "$root/tests/made_up_runs.sh"

# ---- small files that would keep a reader busy --------------------------------------------------
# make_rows DIR COUNT CODE: rows.csv of so many rows; CODE sets columns of the i-th in r.
make_rows() {
    mkdir -p "$1"
    python3 - "$1" "$2" "$3" << 'PY'
import sys
where, count, code = sys.argv[1:]
columns = ("schema_version test block pattern cpu_node mem_node latency_ns placement status cell"
           ).split()
with open(where + "/rows.csv", "w") as file:
    file.write(",".join(columns) + "\r\n")
    for i in range(int(count)):
        r = dict(schema_version=1, test="latency", block="idle", pattern="p", cpu_node=0,
                 mem_node=0, latency_ns=100, placement="verified", status="ok")
        exec(code)
        file.write(",".join(str(r[c]) for c in columns) + "\r\n")
PY
}
rm -rf long
make_run long
change_machine long "m['nodes'] = [dict(m['nodes'][0], node=i,
    cpus=','.join(['0-1048576'] * 100)) for i in range(64)]"
within 60 export long -f gbench
note "nodes of overlapping ranges of CPUs: it ends" ends
make_run long
change_machine long "m['facts'] = {'f%d' % i: 'v' for i in range(100000)}"
within 60 history long
note "100,000 facts: it ends" ends
make_rows long 20000 "r.update(cpu_node=i, mem_node=i, cell='c%d' % i)"
rm long/machine.json
for command in "export long -f markdown" "report long -o page.html" "capacity long"; do
    # shellcheck disable=SC2086 # a command of several words
    within 60 $command
    note "20,000 nodes: '$command' fails" exits 1
    note "20,000 nodes: '$command' says so" err_has "more than 1024 nodes"
done
make_rows long 8000 "r.update(pattern='p%d' % i, cell='c%d' % i)"
within 60 report long -o page.html
note "8,000 patterns: a page" exits 0
make_rows long 20000 "r.update(cell='a%d' % i)"
make_rows other 20000 "r.update(cell='b%d' % i)"
within 60 compare long other --force
note "20,000 cells that the other side has not: it ends" ends

# ---- files that are nested deeply ---------------------------------------------------------------
rm -rf long
make_run long
python3 -c 'print("{\"a\": " + "[" * 200000)' > long/machine.json
within 10 history long
note "machine.json of 200,000 brackets: exit 1" exits 1
note "machine.json of 200,000 brackets: a sentence" err_has "line 1.*depth"
make_run long
python3 - > long/topology.xml << 'PY'
print('<?xml version="1.0" encoding="UTF-8"?><topology version="2.0">')
print('<object type="Group" cpuset="0x1" nodeset="0x1">' * 200000)
PY
for command in "report long -o page.html" "capacity long" "show long" "export long -f hwloc"; do
    # shellcheck disable=SC2086 # a command of several words
    within 10 $command
    note "topology.xml of 200,000 objects, one in the other: '$command' ends by itself" \
        test "$status" -le 5
done
note "topology.xml of 200,000 objects, one in the other: a sentence" \
    err_has "elements within more than"

# ---- a topology by which hwloc crashes -----------------------------------------------------------
rm -rf damaged
make_run damaged
cp "$root/tests/topologies/crashes-hwloc.xml" damaged/topology.xml
for command in "report damaged -o page.html" "capacity damaged" "show damaged"; do
    # shellcheck disable=SC2086 # a command of several words
    within 10 $command
    note "topology.xml by which hwloc crashes: '$command' does without it" exits 0
    note "topology.xml by which hwloc crashes: '$command' says so" \
        err_has "cannot read 'damaged/topology.xml'.* is left out"
done
within 10 export damaged -f hwloc
note "topology.xml by which hwloc crashes: 'export -f hwloc' is refused" exits 1
note "topology.xml by which hwloc crashes: 'export -f hwloc' says so" \
    err_has "cannot read 'damaged/topology.xml'"

# ---- files that friends saved -------------------------------------------------------------------
make_run plain
python3 - << 'PY'
import gzip, os, re, shutil
sound = open("plain/rows.csv", "rb").read()
size = b",268435456,"
saved = {
    "mark": b"\xef\xbb\xbf" + sound,
    "pandas": sound.replace(size, b",268435456.0,"),
    "unix": sound.replace(b"\r\n", b"\n").replace(b'"', b""),
    "half": sound.replace(size, b",268435456.5,"),
    "beyond": sound.replace(size, b",36028797018963968.0,"),
    "rounded": sound.replace(size, b",2.68435E+08,"),
    "comma": re.sub(rb",(\d+)[.](\d+),", rb',"\1,\2",', sound),
    "semicolons": sound.replace(b",", b";"),
    "tabs": sound.replace(b",", b"\t"),
    "utf-16": sound.decode().encode("utf-16"),
    "utf-16-le": sound.decode().encode("utf-16-le"),
    "utf-16-be": sound.decode().encode("utf-16-be"),
    "twice": sound + sound,
    "compressed": gzip.compress(sound),
    "conflict": b"<<<<<<< HEAD\n" + sound,
    "latin": sound.replace(b'"host"', b'"M\xfcnchen\xc2\x9b31m"')
                  .replace(b"latency/a", b"latency/\xe4\xc2\x9b"),
}
for name, content in saved.items():
    shutil.copytree("plain", name)
    open(name + "/rows.csv", "wb").write(content)
os.remove("latin/machine.json")
PY
for name in mark pandas unix; do
    call compare plain $name --force
    note "what is certain is read: $name" exits 0
done
while read -r name words; do
    call compare plain "$name" --force
    note "what is not certain is refused: $name" exits 1
    note "what is not certain is refused with the reason: $name" err_has "$words"
done << 'LIST'
half line 2: column buffer_bytes: '268435456.5' is not a whole number
beyond line 2: column buffer_bytes: '36028797018963968.0' is not a whole number
rounded line 2: column buffer_bytes.*rounded: was the file saved by a spreadsheet
comma line 2: column latency_ns.*a decimal comma: was the file saved by a spreadsheet
semicolons line 1: its columns are separated by semicolons
tabs line 1: its columns are separated by tabs
utf-16 line 1: it is UTF-16
utf-16-le line 1: it is UTF-16
utf-16-be line 1: it is UTF-16
twice line 26: column schema_version: 'schema_version' is not a whole number
compressed line 1
conflict line 1: it has no column schema_version, so it is not a rows.csv of numaprobe
LIST

# A name in Latin-1, and with C1 codes, which begin escape codes as well.
for form in bmf gbench markdown mlc prom wide; do
    call export latin -f $form
    note "a name in Latin-1: $form" exits 0
    mv out clean.$form
done
for command in report capacity history "compare plain" "compare plain --force --format json" \
    "compare plain --force --format markdown"; do
    # shellcheck disable=SC2086 # a command of several words
    call $command latin
    mv out "clean.out.$command"
    mv err "clean.err.$command"
done
python3 - > out 2> err << 'PY'
import glob
for name in glob.glob("clean.*"):
    text = open(name, "rb").read().decode()
    for c in text:
        assert ord(c) >= 32 and not 127 <= ord(c) < 160 or c in "\r\n\t", (name, c)
PY
status=$?
note "a name in Latin-1 comes out as UTF-8 without control characters" exits 0
conclude
