# jaild_box(NAME SOURCES a.cpp ... LINKS other ...): one folder, one static library. Sources are listed by name, so that
# a stray file is never built and a missing one is an error here.
function(jaild_box name)
  cmake_parse_arguments(BOX "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${BOX_SOURCES})
  target_link_libraries(${name} PUBLIC jaild_options ${BOX_LINKS})
  jaild_precompile(${name} "" ${BOX_LINKS})
endfunction()

# What runs under TSan: whatever has threads, and the core and the API on them.
set(jaild_tsan_tests core_test host_pool_test monitor_link_test store_unit_test api_server_test runtime_test)

# jaild_test(NAME SOURCES ... LINKS ... [LABELS ...] [ALONE]): a GoogleTest program in bin/tests, known to ctest as one test,
# label `unit`. ALONE: it makes jails or looks at all of the machine, so no other such test runs beside it.
function(jaild_test name)
  cmake_parse_arguments(TEST "ALONE" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE jaild_options ${TEST_LINKS} GTest::gtest GTest::gtest_main)
  jaild_precompile(${name} _test ${TEST_LINKS})
  if(JAILD_CROSS)
    # Sixty programs that run once: what counts is that they are built soon. zig's -O0 would bring UBSan's traps along.
    target_compile_options(${name} PRIVATE -O0 -fno-sanitize=undefined)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  if(name IN_LIST jaild_tsan_tests)
    list(APPEND TEST_LABELS tsan)
  endif()
  jaild_test_properties(${name} "unit;${TEST_LABELS}" ${TEST_ALONE})
endfunction()

function(jaild_test_properties name labels alone)
  # Half an hour: five times what the slowest, the simulation, needs with sanitizers on a machine of two cores.
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 1800)
  if(alone)
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK machine)
  endif()
endfunction()
