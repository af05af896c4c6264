# SPDX-License-Identifier: Apache-2.0
# CMake toolchain file: static Linux programs for x86-64.
set(processor x86_64)
include(${CMAKE_CURRENT_LIST_DIR}/static.cmake)
