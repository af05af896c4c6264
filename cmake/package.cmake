# SPDX-License-Identifier: Apache-2.0
# What a package has beside the program where that is not installed by a system's own tools: the
# Windows ZIP, which is unzipped and run, and the licences of what is linked statically, as the
# Debian packages of the same source describe it.
function(install_licences destination)
  cmake_parse_arguments(LICENCES "" "COMPONENT" "" ${ARGN})
  foreach(package libhwloc-dev libcsv-dev libjansson-dev ${LICENCES_UNPARSED_ARGUMENTS})
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${destination}
            RENAME ${package}.txt COMPONENT ${LICENCES_COMPONENT} OPTIONAL)
  endforeach()
endfunction()

if(WIN32)
  install(PROGRAMS $<TARGET_FILE:numaprobe> DESTINATION . COMPONENT package)
  install(FILES README.md LICENSE CHANGELOG.md ${NUMAPROBE_SBOM} DESTINATION . COMPONENT package)
  install(DIRECTORY docs data DESTINATION . COMPONENT package)
  install_licences(licences mingw-w64-common gcc-mingw-w64-base COMPONENT package)
  # The program itself makes it, under Wine where it is cross-built.
  install(CODE "execute_process(
            COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:numaprobe>
                    list completion-powershell
            OUTPUT_FILE \"\${CMAKE_INSTALL_PREFIX}/numaprobe-completion.ps1\"
            COMMAND_ERROR_IS_FATAL ANY)"
          COMPONENT package)
  set(CPACK_GENERATOR ZIP)
  set(CPACK_COMPONENTS_ALL package)
  set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
  set(CPACK_PACKAGE_FILE_NAME numaprobe-${PROJECT_VERSION}-windows-x86_64)
  set(CPACK_ARCHIVE_PACKAGE_FILE_NAME ${CPACK_PACKAGE_FILE_NAME})
  set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
  include(CPack)
else()
  install(FILES ${NUMAPROBE_SBOM} DESTINATION ${CMAKE_INSTALL_DOCDIR})
  if(CMAKE_EXE_LINKER_FLAGS MATCHES "-static")
    install_licences(${CMAKE_INSTALL_DOCDIR}/licences libc6-dev libc6-dev-arm64-cross gcc-12-base
                     COMPONENT Unspecified)
  endif()
endif()
