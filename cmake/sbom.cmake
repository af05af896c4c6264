# SPDX-License-Identifier: Apache-2.0
# Writes NUMAPROBE_SBOM: what the programs were built from, as CycloneDX 1.5 in JSON, for packages.
# Each part tells its version by its own header, so that no list of versions can be out of date.
#   https://cyclonedx.org/docs/1.5/json/
set(NUMAPROBE_SBOM ${PROJECT_BINARY_DIR}/numaprobe.cdx.json)

if(CMAKE_EXE_LINKER_FLAGS MATCHES "-static")
  set(linkage static)
else()
  set(linkage dynamic)
endif()

# Name, licence (SPDX), linkage, header, and what the version is there. Of a cross-built Windows
# program all but the system's own libraries is in it.
set(parts "hwloc|BSD-3-Clause|${linkage}|hwloc.h|HWLOC_VERSION"
          "libcsv|LGPL-2.1-or-later|${linkage}|csv.h|CSV_MAJOR.CSV_MINOR.CSV_RELEASE"
          "jansson|MIT|${linkage}|jansson.h|JANSSON_VERSION")
if(WIN32)
  list(APPEND parts "mingw-w64|ZPL-2.1|${linkage}|_mingw.h|__MINGW64_VERSION_STR")
else()
  list(APPEND parts "glibc|LGPL-2.1-or-later|${linkage}|features.h|__GLIBC__.__GLIBC_MINOR__")
endif()
if(CMAKE_C_COMPILER_ID STREQUAL GNU AND linkage STREQUAL static)
  list(APPEND parts "libgcc|GPL-3.0-or-later WITH GCC-exception-3.1|static|stddef.h|__VERSION__")
endif()

# The preprocessor's answer, without quotation marks and spaces: "2.9.0", or 2 . 36.
function(version_of part header expression variable)
  set(question ${PROJECT_BINARY_DIR}/version_of_${part}.c)
  file(WRITE ${question} "#include <${header}>\nversion_here ${expression}\n")
  set(include "")
  foreach(library hwloc csv jansson)
    list(APPEND include -isystem ${${library}_INCLUDE_DIR})
  endforeach()
  separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
  if(CMAKE_C_COMPILER_TARGET) # clang is for this system unless it is told another
    list(APPEND flags --target=${CMAKE_C_COMPILER_TARGET})
  endif()
  execute_process(COMMAND ${CMAKE_C_COMPILER} ${flags} -E -P ${include} ${question}
                  OUTPUT_VARIABLE text ERROR_VARIABLE fault RESULT_VARIABLE status)
  if(status OR NOT text MATCHES "version_here ([^\n]+)")
    message(FATAL_ERROR "the version of ${part} is not found in ${header}: ${fault}")
  endif()
  string(REGEX REPLACE "[\" ]" "" version "${CMAKE_MATCH_1}")
  set(${variable} ${version} PARENT_SCOPE)
endfunction()

set(components "")
foreach(part ${parts})
  string(REPLACE "|" ";" part "${part}")
  list(GET part 0 name)
  list(GET part 1 licence)
  list(GET part 2 how)
  list(GET part 3 header)
  list(GET part 4 expression)
  if(licence MATCHES " ")
    set(licence "{\"expression\": \"${licence}\"}")
  else()
    set(licence "{\"license\": {\"id\": \"${licence}\"}}")
  endif()
  version_of(${name} ${header} ${expression} version)
  if(NOT version MATCHES "^[0-9]") # a header of that name, but of another C library
    continue()
  endif()
  list(APPEND components "    {
      \"type\": \"library\",
      \"name\": \"${name}\",
      \"version\": \"${version}\",
      \"licenses\": [${licence}],
      \"properties\": [{\"name\": \"numaprobe:linkage\", \"value\": \"${how}\"}]
    }")
endforeach()
list(JOIN components ",\n" components)
file(CONFIGURE OUTPUT ${NUMAPROBE_SBOM} @ONLY CONTENT [[{
  "bomFormat": "CycloneDX",
  "specVersion": "1.5",
  "version": 1,
  "metadata": {
    "component": {
      "type": "application",
      "name": "numaprobe",
      "version": "@PROJECT_VERSION@",
      "licenses": [{"license": {"id": "Apache-2.0"}}]
    }
  },
  "components": [
@components@
  ]
}
]])
