# SPDX-License-Identifier: Apache-2.0
#
# For CMake toolchain files: builds static programs that run on any Linux of one kind of processor,
# with Debian's compiler for it. cmake/aarch64.cmake and cmake/x86_64.cmake set `processor` and
# include this.
#
#   NUMAPROBE_STATIC_PREFIX=$(scripts/static-deps aarch64) cmake --preset aarch64
#
# NUMAPROBE_STATIC_PREFIX is the directory of the static libraries. The environment gives it to the
# first configure run; the cache keeps it for later ones.

if(NOT NUMAPROBE_STATIC_PREFIX)
  set(NUMAPROBE_STATIC_PREFIX "$ENV{NUMAPROBE_STATIC_PREFIX}"
      CACHE PATH "Directory of the libraries that scripts/static-deps built" FORCE)
endif()
if(NOT NUMAPROBE_STATIC_PREFIX)
  message(FATAL_ERROR
          "Set NUMAPROBE_STATIC_PREFIX to the directory that scripts/static-deps ${processor} prints.")
endif()
# CMake reads this file again in the small project of each compiler check, which has its own cache.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NUMAPROBE_STATIC_PREFIX)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${processor})
set(CMAKE_C_COMPILER ${processor}-linux-gnu-gcc)
set(CMAKE_OBJDUMP ${processor}-linux-gnu-objdump)

# One file that needs nothing of the system but its kernel: a guest or a container may have no more.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

# Libraries and headers are looked for in the prefix, never on the build machine, whose own hwloc
# has the same names.
set(CMAKE_FIND_ROOT_PATH "${NUMAPROBE_STATIC_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
