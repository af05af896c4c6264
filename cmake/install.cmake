# SPDX-License-Identifier: Apache-2.0
# What is installed beside the programs and the documents (cmake/package.cmake), in the places of
# GNUInstallDirs. Manual pages and completion are what the program itself writes.
include(GNUInstallDirs)
set(pages ${PROJECT_BINARY_DIR}/man)
set(completion ${PROJECT_BINARY_DIR}/completion)
set(mlc ${PROJECT_BINARY_DIR}/mlc-numaprobe)
file(MAKE_DIRECTORY ${completion})

# By the path of the file: where CMake cross-compiles without an emulator, as for a static program of
# the same processor, it would look for the name of a target in PATH.
set(program ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:numaprobe>)
set(programs numaprobe)
set(page_of_bench "")
if(NUMAPROBE_BENCH)
  list(APPEND programs numaprobe-bench)
  set(page_of_bench COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:numaprobe-bench>
                    --man ${pages})
endif()

add_custom_command(
  OUTPUT ${pages}/numaprobe.1 ${mlc}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages} # a page of a command that is gone
  COMMAND ${program} help --man ${pages}
  ${page_of_bench}
  COMMAND ${program} list completion-bash > ${completion}/numaprobe
  COMMAND ${program} list completion-zsh > ${completion}/_numaprobe
  COMMAND ${program} list completion-fish > ${completion}/numaprobe.fish
  COMMAND ${CMAKE_COMMAND} -E create_symlink numaprobe ${mlc}
  DEPENDS ${programs} VERBATIM)
add_custom_target(pages ALL DEPENDS ${pages}/numaprobe.1)

foreach(section 1 5)
  install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
          FILES_MATCHING PATTERN "*.${section}")
endforeach()
install(FILES ${mlc} DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${completion}/numaprobe
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completion}/_numaprobe DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completion}/numaprobe.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES data/published.csv DESTINATION ${CMAKE_INSTALL_DATADIR}/numaprobe)
