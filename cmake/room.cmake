find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)

# What every target of ours is built with.
function(authnz_target target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Werror -fno-omit-frame-pointer)
  if(CCACHE)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
  # Quick links for those who develop. mold 1.10 begins the part to be made read-only before its page where
  # thread-local data comes to lie at a page's end; such a program does not start. So without that part, and
  # not for programs that are installed.
  if(MOLD AND NOT AUTHNZ_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL Debug)
    target_link_options(${target} PUBLIC -fuse-ld=mold -Wl,-z,norelro)
  endif()
  if(AUTHNZ_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${AUTHNZ_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${AUTHNZ_SANITIZE})
  endif()
endfunction()

# A room is a folder of sources that becomes the library authnz_<name>.
function(authnz_room name)
  cmake_parse_arguments(ROOM "" "" "LINK;PCH" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  add_library(authnz_${name} STATIC ${sources})
  target_link_libraries(authnz_${name} PUBLIC ${ROOM_LINK})
  if(ROOM_PCH)
    target_precompile_headers(authnz_${name} PRIVATE ${ROOM_PCH})
  endif()
  authnz_target(authnz_${name})
endfunction()

# For executables with links: what the leak sanitizer is to pass over.
function(authnz_links target)
  if(AUTHNZ_SANITIZE MATCHES address)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/caf_leaks.cpp)
  endif()
endfunction()
