# SPDX-License-Identifier: Apache-2.0
#
# For CMake toolchain files: Linux builds Windows programs with the libraries that
# scripts/windows-deps built, and Wine runs them. cmake/mingw-w64.cmake and
# cmake/windows-arm64.cmake set `processor` and include this.
#
# NUMAPROBE_WINDOWS_PREFIX is the directory of the cross-built libraries. The environment gives it
# to the first configure run; the cache keeps it, because ninja starts later configure runs without
# it.

if(NOT NUMAPROBE_WINDOWS_PREFIX)
  set(NUMAPROBE_WINDOWS_PREFIX "$ENV{NUMAPROBE_WINDOWS_PREFIX}"
      CACHE PATH "Directory of the libraries that scripts/windows-deps built" FORCE)
endif()
if(NOT NUMAPROBE_WINDOWS_PREFIX)
  message(FATAL_ERROR "Set NUMAPROBE_WINDOWS_PREFIX to the directory that scripts/windows-deps "
                      "${processor} prints.")
endif()
# CMake reads this file again in the small project of each compiler check, which has its own cache.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NUMAPROBE_WINDOWS_PREFIX)

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR ${processor})

# Libraries and headers are looked for in the prefix, never on the build machine, whose own hwloc
# has the same names. MinGW-w64's own directory is left out too: the compiler knows it, and
# find_library would prefer the import libraries there (libpthread.dll.a) to the static ones.
# Programs such as pkg-config are the build machine's.
set(CMAKE_FIND_ROOT_PATH "${NUMAPROBE_WINDOWS_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# pkg-config does not know those modes. PKG_CONFIG_LIBDIR replaces its list of directories, and
# --static makes it name what a static library needs in its turn (hwloc: gdi32).
set(ENV{PKG_CONFIG_LIBDIR} "${NUMAPROBE_WINDOWS_PREFIX}/lib/pkgconfig")
unset(ENV{PKG_CONFIG_PATH})
unset(ENV{PKG_CONFIG_SYSROOT_DIR})
set(PKG_CONFIG_ARGN --static)
