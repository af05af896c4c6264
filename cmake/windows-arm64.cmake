# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain file: Linux builds Windows programs for AArch64 with clang and lld. Debian has no
# C runtime for them: scripts/windows-deps builds it from Debian's sources.
#
#   NUMAPROBE_WINDOWS_PREFIX=$(scripts/windows-deps aarch64) cmake --preset windows-arm64

set(processor aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/windows.cmake)

set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET aarch64-w64-windows-gnu)
set(CMAKE_OBJDUMP llvm-objdump)
set(CMAKE_NM llvm-nm)
# Beside the C runtime lie clang's own headers and functions (__chkstk), as it looks for them.
set(CMAKE_SYSROOT "${NUMAPROBE_WINDOWS_PREFIX}")
# printf and its kin are MinGW-w64's own, as in the x86-64 program, so that both write the same.
set(CMAKE_C_FLAGS_INIT
    "-resource-dir=${NUMAPROBE_WINDOWS_PREFIX}/lib/clang -D__USE_MINGW_ANSI_STDIO=1")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fuse-ld=lld --rtlib=compiler-rt --unwindlib=none")
# clang names kernel32 and its like itself; CMake would ask for more, which nothing here calls.
set(CMAKE_C_STANDARD_LIBRARIES "" CACHE STRING "Libraries of every program")
find_program(CMAKE_RC_COMPILER NAMES llvm-windres llvm-windres-14 REQUIRED) # Debian has the latter
set(CMAKE_RC_FLAGS_INIT "--target=${CMAKE_C_COMPILER_TARGET}")

get_filename_component(CMAKE_CROSSCOMPILING_EMULATOR
                       "${CMAKE_CURRENT_LIST_DIR}/../scripts/wine-run-aarch64" ABSOLUTE)
