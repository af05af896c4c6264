#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_sources.sh
#
# scripts/check-sources takes a file with its own checksum, and refuses one that was changed and one
# that nobody has looked at.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../scripts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$scripts/check-sources" .
echo good > a.tar
echo "$(sha256sum < a.tar | cut -d ' ' -f 1)  a.tar" > sources.sha256
./check-sources a.tar ./a.tar
echo changed > a.tar
! ./check-sources a.tar 2> said || { echo "a changed file passes"; exit 1; }
grep -q 'a.tar has the checksum' said
echo new > b.tar
! ./check-sources b.tar 2> said || { echo "an unknown file passes"; exit 1; }
grep -q 'b.tar is not in' said
# Nothing that is compiled is unpacked before it.
for script in static-deps windows-deps; do
    awk '/check-sources/ { seen = 1 } /dpkg-source -x/ && !seen { exit 1 }' "$scripts/$script" ||
        { echo "$script unpacks what is not checked"; exit 1; }
done
echo "sources are checked"
