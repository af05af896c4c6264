#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Run by conda build in the directory of the source; it sets CC, AR, CMAKE_ARGS and PREFIX.
set -euo pipefail

"$CC" -O2 -fPIC -c libcsv/libcsv.c -o libcsv/libcsv.o
"$AR" rcs libcsv/libcsv.a libcsv/libcsv.o
# CMAKE_ARGS is several words.
# shellcheck disable=SC2086
cmake ${CMAKE_ARGS:-} -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$PREFIX" -DCMAKE_PREFIX_PATH="$PREFIX" -DNUMAPROBE_TESTS=OFF \
    -DNUMAPROBE_BENCH=OFF -Dcsv_INCLUDE_DIR="$PWD/libcsv" -Dcsv_LIBRARY="$PWD/libcsv/libcsv.a"
cmake --build build
cmake --install build
