# SPDX-License-Identifier: Apache-2.0
# The documents of a package, the Windows ZIP, which is unzipped and run, and the licences of what is
# linked statically, as the Debian packages of the same source describe it.
function(install_documents destination component)
  install(FILES README.md CHANGELOG.md LICENSE ${NUMAPROBE_SBOM} DESTINATION ${destination}
          COMPONENT ${component})
  install(DIRECTORY docs DESTINATION ${destination} COMPONENT ${component})
  install(DIRECTORY scripts/fleet DESTINATION ${destination}/examples COMPONENT ${component}
          USE_SOURCE_PERMISSIONS) # a program is among them
endfunction()

function(install_licences destination)
  cmake_parse_arguments(LICENCES "" "COMPONENT" "" ${ARGN})
  foreach(package libhwloc-dev libcsv-dev libjansson-dev ${LICENCES_UNPARSED_ARGUMENTS})
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${destination}
            RENAME ${package}.txt COMPONENT ${LICENCES_COMPONENT} OPTIONAL)
  endforeach()
endfunction()

if(WIN32)
  install(PROGRAMS $<TARGET_FILE:numaprobe> DESTINATION . COMPONENT package)
  install_documents(. package)
  install(DIRECTORY data DESTINATION . COMPONENT package)
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
  install_documents(${CMAKE_INSTALL_DOCDIR} Unspecified)
  if(CMAKE_EXE_LINKER_FLAGS MATCHES "-static")
    install_licences(${CMAKE_INSTALL_DOCDIR}/licences libc6-dev libc6-dev-arm64-cross gcc-12-base
                     COMPONENT Unspecified)
  endif()
endif()
