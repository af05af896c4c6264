#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Run by the Phoronix Test Suite in the test's directory, beside the downloaded archive. Its exit
# code is what the suite reads from this file.
tar -xzf numaprobe-0.1.0.tar.gz &&
    cmake -S numaprobe-0.1.0 -B build -DCMAKE_BUILD_TYPE=Release -DNUMAPROBE_TESTS=OFF \
        -DNUMAPROBE_BENCH=OFF &&
    cmake --build build -j "${NUM_CPU_CORES:-1}"
echo $? > ~/install-exit-status

# A run directory is new each time. Its exit code is 0 only when the placement was verified.
cat > numaprobe <<'END'
#!/bin/sh
run=$(mktemp -d)/run
./build/numaprobe "$@" --format mlc --no-progress --output "$run" > "$LOG_FILE" 2>&1
echo $? > ~/test-exit-status
END
chmod +x numaprobe
