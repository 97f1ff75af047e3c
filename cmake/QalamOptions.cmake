# Compiler settings shared by every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(QALAM_BUILD_TESTS "Build the tests" ON)
option(QALAM_BUILD_BENCHMARKS "Build the benchmarks" ON)
option(QALAM_BUILD_FUZZERS "Build libFuzzer targets (clang only)" OFF)
set(QALAM_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

find_program(QALAM_CCACHE ccache)
if(QALAM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the sources count as relative, so that another clone or worktree of the same sources
  # is built from the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
      CCACHE_NOHASHDIR=1 "${QALAM_CCACHE}")
  add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
endif()
find_program(QALAM_MOLD mold)
if(QALAM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Algorithms promise the same answer on any run: no contraction of a*b+c, no fast math.
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
endif()
# The presets that are for building everything at once (release, the sanitizers) compile sources in
# lots of eight, which takes a third of the time. What a source keeps to itself must therefore have
# a name of its own in its room, as tests/lint/check_own_names.py sees to.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-subobject-linkage)  # warns of all that a lot keeps to itself
endif()
if(QALAM_SANITIZE)
  add_compile_options(-fsanitize=${QALAM_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${QALAM_SANITIZE})
endif()
