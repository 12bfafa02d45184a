# jaild_box(NAME SOURCES a.cpp ... LINKS other ...): one folder, one static library. Sources are listed by name, so that
# a stray file is never built and a missing one is an error here.
function(jaild_box name)
  cmake_parse_arguments(BOX "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${BOX_SOURCES})
  target_link_libraries(${name} PUBLIC jaild_options ${BOX_LINKS})
  jaild_precompile(${name} "" ${BOX_LINKS})
endfunction()

# jaild_test(NAME SOURCES ... LINKS ...): a GoogleTest program in bin/tests, known to ctest as one test.
function(jaild_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE jaild_options ${TEST_LINKS} GTest::gtest GTest::gtest_main)
  jaild_precompile(${name} _test ${TEST_LINKS})
  if(JAILD_CROSS)
    # Sixty programs that run once: what counts is that they are built soon. zig's -O0 would bring UBSan's traps along.
    target_compile_options(${name} PRIVATE -O0 -fno-sanitize=undefined)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
