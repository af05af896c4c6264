# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain file: Linux builds Windows x86-64 programs with Debian's MinGW-w64, Wine runs
# them.
#
#   NUMAPROBE_WINDOWS_PREFIX=$(scripts/windows-deps) \
#       cmake -B build-windows -G Ninja -DCMAKE_TOOLCHAIN_FILE=cmake/mingw-w64.cmake

set(processor x86_64)
include(${CMAKE_CURRENT_LIST_DIR}/windows.cmake)

# The posix variants: in the win32 ones of gcc 12 libstdc++ has no std::condition_variable, which
# Google Benchmark needs. Both languages take the same variant, since they share one runtime.
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

# One file that starts on any Windows: without -static the program would ask for libgcc, libstdc++
# and libwinpthread DLLs that no Windows has.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

# ctest and add_custom_command put this in front of each program that was built here.
get_filename_component(CMAKE_CROSSCOMPILING_EMULATOR "${CMAKE_CURRENT_LIST_DIR}/../scripts/wine-run"
                       ABSOLUTE)
