# qalam_room(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...]): the library of a room, `qalam_<NAME>`.
function(qalam_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(qalam_${name} STATIC ${ARG_SOURCES})
  target_include_directories(qalam_${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(qalam_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# qalam_test(NAME SOURCES ... [LIBS ...] [SHARDS N]): a GoogleTest program whose tests ctest lists one
# by one; with SHARDS, in N parts, where thousands of small tests would spend their time on starting
# the program. The program runs in the source folder, so tests name golden files relative to it.
function(qalam_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;SHARDS" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  if(QALAM_SANITIZE MATCHES "thread")
    list(APPEND properties ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp")
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock_main)
  # Tests spend their time in the libraries: optimising them would only make their build a third
  # longer.
  target_compile_options(${name} PRIVATE -O0)
  if(ARG_SHARDS)
    qalam_test_shards(${name} ${ARG_SHARDS} ${properties})
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    PROPERTIES ${properties})
endfunction()

# qalam_test_shards(NAME COUNT PROPERTIES...): tests NAME.1 to NAME.COUNT, each an equal part of the
# program's tests.
function(qalam_test_shards name count)
  foreach(shard RANGE 1 ${count})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}.${shard}
      COMMAND ${CMAKE_COMMAND} -E env GTEST_TOTAL_SHARDS=${count} GTEST_SHARD_INDEX=${index}
              $<TARGET_FILE:${name}> --gtest_brief=1
      WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${name}.${shard} PROPERTIES ${ARGN})
  endforeach()
endfunction()

# qalam_fuzzer(NAME SOURCES ... LIBS ...): tests/fuzz/NAME.cc with LLVMFuzzerTestOneInput. With
# QALAM_BUILD_FUZZERS a libFuzzer program; always a test that replays tests/fuzz/corpus/NAME/*.
function(qalam_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  if(QALAM_BUILD_FUZZERS)
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_LIBS})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name}_replay ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc")
    target_include_directories(${name}_replay PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name}_replay PRIVATE ${ARG_LIBS})
    add_test(NAME fuzz.${name} COMMAND ${name}_replay "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 120)
  endif()
endfunction()
