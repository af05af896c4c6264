# SPDX-License-Identifier: Apache-2.0
# CMake toolchain file: static Linux programs for AArch64; qemu runs them, also for ctest.
set(processor aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/static.cmake)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
