# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain file: as mingw-w64.cmake, with clang and lld as a second compiler and linker. The
# headers and libraries of Windows, and those that scripts/windows-deps built, are the same.

include("${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake")

set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET x86_64-w64-windows-gnu)
set(CMAKE_OBJDUMP x86_64-w64-mingw32-objdump)
set(CMAKE_NM x86_64-w64-mingw32-nm)
set(CMAKE_C_FLAGS_INIT "-isystem /usr/share/mingw-w64/include")

# clang looks for gcc's runtime in directories that are named by a version alone; Debian's has the
# thread model in its name.
file(GLOB gcc_runtime /usr/lib/gcc/x86_64-w64-mingw32/*-posix)
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-static -fuse-ld=lld -L${gcc_runtime} -L/usr/x86_64-w64-mingw32/lib")
