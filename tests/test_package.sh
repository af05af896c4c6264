#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_package.sh CPACK BUILD RUNNER
#
# The Windows package: made, unzipped in an empty directory, and run there.
set -euo pipefail

cpack=$1 build=$2 runner=$3 root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sbom=$root/tests/check_sbom.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cpack" --config "$build/CPackConfig.cmake" -B "$work/made" > "$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
cd "$work"
python3 -m zipfile -e "$(find made -maxdepth 1 -name '*.zip')" .
cd numaprobe-*/
for file in README.md LICENSE docs/windows.md numaprobe-completion.ps1 \
    licences/lib{csv,hwloc,jansson}-dev.txt; do
    [ -s "$file" ] || { echo "the package lacks $file"; exit 1; }
done
diff -r "$root/scripts/fleet" examples/fleet
grep -q 'LGPL' licences/libcsv-dev.txt
"$sbom" numaprobe.cdx.json hwloc libcsv jansson mingw-w64 libgcc
# Into a file: grep -q closes a pipe while the program may still be writing to it.
"$runner" ./numaprobe.exe --version > "$work/version"
grep -q '^numaprobe [0-9]' "$work/version"
echo "the package starts"
