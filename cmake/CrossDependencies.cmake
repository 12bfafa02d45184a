# The targets that find_package would give, for a cross build: headers in ${JAILD_CROSS}/include, sources in
# ${JAILD_CROSS}/src, both laid out by tools/freebsd_cross.sh from the distribution's packages.
enable_language(C)
find_package(Threads REQUIRED)
set(Boost_INCLUDE_DIRS ${JAILD_CROSS}/include)

function(jaild_cross_headers name)
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE ${JAILD_CROSS}/include)
endfunction()

function(jaild_cross_library name alias)
  add_library(${name} STATIC ${ARGN})
  add_library(${alias} ALIAS ${name})
  target_include_directories(${name} SYSTEM PUBLIC ${JAILD_CROSS}/include)
  target_compile_options(${name} PRIVATE -w)
  target_link_libraries(${name} PUBLIC Threads::Threads)
endfunction()

jaild_cross_headers(nlohmann_json::nlohmann_json)
jaild_cross_headers(CLI11::CLI11)
jaild_cross_headers(spdlog::spdlog)
target_compile_definitions(spdlog::spdlog INTERFACE SPDLOG_HEADER_ONLY SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)

jaild_cross_library(sqlite3 SQLite::SQLite3 ${JAILD_CROSS}/src/sqlite3/sqlite3.c)
target_compile_definitions(sqlite3 PRIVATE SQLITE_THREADSAFE=1 SQLITE_OMIT_LOAD_EXTENSION)

file(GLOB prometheus_sources ${JAILD_CROSS}/src/prometheus-cpp/core/src/*.cc
                             ${JAILD_CROSS}/src/prometheus-cpp/core/src/detail/*.cc)
jaild_cross_library(prometheus_core prometheus-cpp::core ${prometheus_sources})

# Debian's source of libmd stands in for FreeBSD's own, which a build on FreeBSD takes and which zig has neither header
# nor stub of: the same calls, linked in.
jaild_cross_library(libmd jaild_md ${JAILD_CROSS}/src/libmd/src/sha2.c)
target_include_directories(libmd SYSTEM PUBLIC ${JAILD_CROSS}/src/libmd/include PRIVATE ${JAILD_CROSS}/src/libmd-config)

if(JAILD_TESTS)
  set(googletest /usr/src/googletest/googletest)
  jaild_cross_library(gtest GTest::gtest ${googletest}/src/gtest-all.cc)
  jaild_cross_library(gtest_main GTest::gtest_main ${googletest}/src/gtest_main.cc)
  target_include_directories(gtest SYSTEM PRIVATE ${googletest})
  target_link_libraries(gtest_main PUBLIC gtest)
endif()
