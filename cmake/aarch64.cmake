# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain file: builds static Linux programs for AArch64 with Debian's cross-compiler; qemu
# runs them.
#
#   NUMAPROBE_AARCH64_PREFIX=$(scripts/aarch64-deps) cmake --preset aarch64
#
# NUMAPROBE_AARCH64_PREFIX is the directory of the cross-built libraries. The environment gives it
# to the first configure run; the cache keeps it for later ones.

if(NOT NUMAPROBE_AARCH64_PREFIX)
  set(NUMAPROBE_AARCH64_PREFIX "$ENV{NUMAPROBE_AARCH64_PREFIX}"
      CACHE PATH "Directory of the libraries that scripts/aarch64-deps built" FORCE)
endif()
if(NOT NUMAPROBE_AARCH64_PREFIX)
  message(FATAL_ERROR
          "Set NUMAPROBE_AARCH64_PREFIX to the directory that scripts/aarch64-deps prints.")
endif()
# CMake reads this file again in the small project of each compiler check, which has its own cache.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NUMAPROBE_AARCH64_PREFIX)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_OBJDUMP aarch64-linux-gnu-objdump)

# One file that runs on any AArch64 Linux, in a guest without libraries too.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

# Libraries and headers are looked for in the prefix, never on the build machine, whose own hwloc
# has the same names.
set(CMAKE_FIND_ROOT_PATH "${NUMAPROBE_AARCH64_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# ctest puts this in front of each program that was built here.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
