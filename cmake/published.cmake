# SPDX-License-Identifier: Apache-2.0
# data/published.csv as a constant, so that the program has it wherever it lies.
file(STRINGS ${PROJECT_SOURCE_DIR}/data/published.csv lines)
set(text "")
foreach(line IN LISTS lines)
  string(APPEND text "    \"${line}\",\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/published_table.c @ONLY CONTENT
"// Made of data/published.csv by cmake/published.cmake.
#include \"analyse/published.h\"

const char *const published_table[] = {
${text}    NULL};
")
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${PROJECT_SOURCE_DIR}/data/published.csv)
