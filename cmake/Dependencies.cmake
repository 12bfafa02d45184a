find_package(Python3 REQUIRED COMPONENTS Interpreter)  # embeds the OpenAPI document, runs the end-to-end tests
# All from the system's packages: Debian's lib*-dev, FreeBSD's pkg. None is vendored.
set(JAILD_CROSS "" CACHE PATH "Cross build: the folder that tools/freebsd_cross.sh filled with headers and sources")
if(JAILD_CROSS)
  include(cmake/CrossDependencies.cmake)
else()
  find_package(Threads REQUIRED)
  find_package(nlohmann_json 3.11 REQUIRED)
  find_package(Boost 1.81 REQUIRED)
  find_package(SQLite3 3.40 REQUIRED)
  find_package(spdlog 1.10 REQUIRED)
  find_package(prometheus-cpp REQUIRED CONFIG)  # 1.0 or newer; its config file states no version
  find_library(JAILD_LIBMD md REQUIRED)  # SHA-256: FreeBSD's base system, Debian's libmd-dev
  add_library(jaild_md INTERFACE)
  target_link_libraries(jaild_md INTERFACE ${JAILD_LIBMD})
  find_package(CLI11 2.1 REQUIRED CONFIG)
  if(JAILD_TESTS)
    find_package(GTest 1.12 REQUIRED)
  endif()
endif()

# Boost's headers warn under our flags; that is theirs to mend.
add_library(jaild_boost INTERFACE)
target_include_directories(jaild_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_compile_definitions(jaild_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_link_libraries(jaild_boost INTERFACE Threads::Threads)
