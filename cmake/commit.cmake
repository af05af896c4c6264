# SPDX-License-Identifier: Apache-2.0
# Sets NUMAPROBE_COMMIT, the commit that is built ("" outside of a checkout of this repository), and
# NUMAPROBE_DATE, its day. Without a commit the day is that of the build, which SOURCE_DATE_EPOCH
# sets.
set(NUMAPROBE_COMMIT "")
string(TIMESTAMP NUMAPROBE_DATE "%Y-%m-%d" UTC)
find_package(Git QUIET)

function(ask_git variable)
  execute_process(COMMAND ${GIT_EXECUTABLE} ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${variable} "${answer}" PARENT_SCOPE)
endfunction()

if(GIT_FOUND)
  # An unpacked archive may lie in somebody else's repository.
  ask_git(prefix rev-parse --show-prefix)
  ask_git(commit log -1 --format=%h --abbrev=12)
  if(commit AND prefix STREQUAL "")
    set(NUMAPROBE_COMMIT ${commit})
    ask_git(NUMAPROBE_DATE log -1 --format=%cs)
    ask_git(moves rev-parse --git-path logs/HEAD)
    get_filename_component(moves "${moves}" ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
    if(EXISTS "${moves}") # a new commit is told by the next build
      set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                   "${moves}")
    endif()
  endif()
endif()
