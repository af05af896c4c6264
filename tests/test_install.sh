#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_install.sh CMAKE BUILD
#
# What `cmake --install` puts below a prefix: it starts there, and nothing is missing.
set -euo pipefail

cmake=$1 build=$2 root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sbom=$root/tests/check_sbom.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work" > "$work/log" || { cat "$work/log"; exit 1; }
cd "$work"
missing=0
for file in bin/numaprobe share/man/man1/{numaprobe{,-latency},mlc-numaprobe}.1 \
    share/man/man5/numaprobe-rows.5 \
    share/bash-completion/completions/numaprobe share/zsh/site-functions/_numaprobe \
    share/fish/vendor_completions.d/numaprobe.fish share/numaprobe/published.csv \
    share/doc/numaprobe/{README.md,LICENSE,CHANGELOG.md,docs/files.md}; do
    [ -s "$file" ] || { echo "not installed: $file"; missing=1; }
done
[ "$missing" = 0 ]
diff -r "$root/scripts/fleet" share/doc/numaprobe/examples/fleet
[ -x share/doc/numaprobe/examples/fleet/slurm ]
[ "$(readlink bin/mlc-numaprobe)" = numaprobe ]
[ "$(bin/mlc-numaprobe --latency_matrix --show-command)" = "numaprobe latency --format mlc" ]
parts=(hwloc libcsv jansson glibc)
"$sbom" share/doc/numaprobe/numaprobe.cdx.json "${parts[@]}"
! "$sbom" share/doc/numaprobe/numaprobe.cdx.json "${parts[@]}" other 2> /dev/null ||
    { echo "check_sbom.py does not miss a part"; exit 1; }
bin/numaprobe --version > version
grep -q '^numaprobe [0-9]' version
rm version
! grep -rlF "$build" share || { echo "an installed file names the directory of the build"; exit 1; }
echo "$(find . -type f | wc -l) files"
