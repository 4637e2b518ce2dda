# What every room of the house is compiled with.
add_library(vtpmfs_flags INTERFACE)
target_include_directories(vtpmfs_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_include_directories(vtpmfs_flags SYSTEM INTERFACE ${TL_EXPECTED_INCLUDE})
target_compile_definitions(vtpmfs_flags INTERFACE _FILE_OFFSET_BITS=64 VTPMFS_VERSION="${PROJECT_VERSION}")
target_compile_options(vtpmfs_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  $<$<BOOL:${VTPMFS_WERROR}>:-Werror>
  # g++ 12 sees overlapping copies in std::string where there are none (GCC bug 105329).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-restrict>)
target_link_libraries(vtpmfs_flags INTERFACE Threads::Threads)
if(VTPMFS_SANITIZE)
  target_compile_options(vtpmfs_flags INTERFACE -fsanitize=${VTPMFS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1
    # g++ warns of values that only its own instrumentation made look uninitialized (its manual, at -fsanitize=).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # A program that needs no message leaves gSOAP out, whose library wants the serializers that were left out.
  target_link_options(vtpmfs_flags INTERFACE -fsanitize=${VTPMFS_SANITIZE} -Wl,--as-needed)
  if(VTPMFS_FUZZ)
    # The fuzzers see what they reach.
    target_compile_options(vtpmfs_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
else()
  target_compile_options(vtpmfs_flags INTERFACE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2 -fstack-protector-strong>)
endif()

# A room is a static library named after its folder; its sources are the .cc files below it.
function(vtpmfs_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC vtpmfs_flags ${ROOM_LINK} PRIVATE ${ROOM_PRIVATE_LINK})
endfunction()
