# One link target per source folder. A folder sees its own headers and those of the folders it names under USES,
# and nothing else: the quote-include path is not transitive, so a forbidden include does not compile.

# Lets a target see and link the folders it names.
function(pl_use target visibility)
  foreach(used IN LISTS ARGN)
    get_target_property(dir pl_${used} PL_FOLDER_DIR)
    target_compile_options(${target} PRIVATE "SHELL:-iquote ${dir}")
    target_link_libraries(${target} ${visibility} pl_${used})
  endforeach()
endfunction()

#   pl_folder(stats SOURCES correlation.c USES base LIBS m)
#
# makes the static library pl_stats from this directory.
function(pl_folder name)
  cmake_parse_arguments(PARSE_ARGV 1 F "" "" "SOURCES;USES;LIBS")
  add_library(pl_${name} STATIC ${F_SOURCES})
  target_link_libraries(pl_${name} PUBLIC pl_flags)
  set_target_properties(pl_${name} PROPERTIES PL_FOLDER_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_options(pl_${name} PRIVATE "SHELL:-iquote ${CMAKE_CURRENT_SOURCE_DIR}")
  pl_use(pl_${name} PUBLIC ${F_USES})
  target_link_libraries(pl_${name} PRIVATE ${F_LIBS})
  set_property(GLOBAL APPEND PROPERTY PL_FOLDERS pl_${name})
endfunction()

# One executable per test_*.c, registered with CTest. LABELS defaults to "unit", TIMEOUT (seconds) to 60; sanitizers get
# five times as long.
#
#   pl_test(test_correlation USES stats base [SOURCES more.c] [LABELS unit] [TIMEOUT 60] [LIBS …] [ARGS …])
function(pl_test name)
  cmake_parse_arguments(PARSE_ARGV 1 T "" "TIMEOUT" "SOURCES;USES;LIBS;LABELS;ARGS")
  add_executable(${name} ${name}.c ${T_SOURCES})
  target_link_libraries(${name} PRIVATE pl_flags PkgConfig::CMOCKA pl_testkit)
  target_compile_options(${name} PRIVATE "SHELL:-iquote ${PROJECT_SOURCE_DIR}/tests/kit"
    "SHELL:-iquote ${CMAKE_CURRENT_SOURCE_DIR}" -Wno-missing-prototypes)
  pl_use(${name} PRIVATE ${T_USES})
  target_link_libraries(${name} PRIVATE ${T_LIBS})
  add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 60)
  endif()
  if(PEERLESS_SANITIZE)
    math(EXPR T_TIMEOUT "${T_TIMEOUT} * 5")
  endif()
  if(NOT T_LABELS)
    set(T_LABELS unit)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}"
    ENVIRONMENT "PEERLESS=$<TARGET_FILE:peerless>;PL_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()

# A fuzz target fuzz_NAME.c with its corpus folder corpus/NAME. With PEERLESS_FUZZ it is a libFuzzer program;
# in every test build a stand-alone program replays the corpus under CTest.
function(pl_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 Z "" "" "USES;LIBS")
  set(programs "")
  if(PEERLESS_FUZZ)
    add_executable(fuzz_${name} fuzz_${name}.c)
    if(DEFINED ENV{LIB_FUZZING_ENGINE})
      target_link_libraries(fuzz_${name} PRIVATE $ENV{LIB_FUZZING_ENGINE})
    else()
      target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    endif()
    list(APPEND programs fuzz_${name})
  endif()
  if(PEERLESS_TESTS)
    add_executable(replay_${name} fuzz_${name}.c standalone_main.c)
    list(APPEND programs replay_${name})
    add_test(NAME replay_${name} COMMAND replay_${name} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
    set_tests_properties(replay_${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  endif()
  foreach(program IN LISTS programs)
    target_link_libraries(${program} PRIVATE pl_flags)
    target_compile_options(${program} PRIVATE -Wno-missing-prototypes)
    pl_use(${program} PRIVATE ${Z_USES})
    target_link_libraries(${program} PRIVATE ${Z_LIBS})
  endforeach()
endfunction()
