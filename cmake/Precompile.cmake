# Headers that most files read are compiled once for each kind of target: std and JSON, those with Asio and Beast, and both
# with GoogleTest. doc/building.md has what that saves. A file still includes what it uses: -DJAILD_PCH=OFF shows whether it
# does, and the cross build, whose zig knows no precompiled headers, is such a build.
if(JAILD_CROSS)
  option(JAILD_PCH "Precompiled headers" OFF)
else()
  option(JAILD_PCH "Precompiled headers" ON)
endif()

set(jaild_std_headers <algorithm> <array> <atomic> <charconv> <chrono> <csignal> <cstdint> <cstring> <deque> <expected>
    <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional> <random> <set> <sstream> <string>
    <string_view> <system_error> <thread> <tuple> <unordered_map> <utility> <variant> <vector> <nlohmann/json.hpp>)
set(jaild_boost_headers <boost/asio.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp> <boost/beast/websocket.hpp>)

function(jaild_precompiled name headers)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp.new "// Nothing: ${name} is its headers.\n")
  file(COPY_FILE ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp.new ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp ONLY_IF_DIFFERENT)
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
  target_link_libraries(${name} PRIVATE jaild_options ${ARGN})
  target_precompile_headers(${name} PRIVATE ${headers})
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
endfunction()

if(JAILD_PCH)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # So that ccache takes two builds of the same headers for the same.
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  endif()
  jaild_precompiled(jaild_pch_std "${jaild_std_headers}" nlohmann_json::nlohmann_json)
  jaild_precompiled(jaild_pch_boost "${jaild_std_headers};${jaild_boost_headers}" nlohmann_json::nlohmann_json jaild_boost)
  if(JAILD_TESTS)
    jaild_precompiled(jaild_pch_std_test "${jaild_std_headers};<gtest/gtest.h>" nlohmann_json::nlohmann_json GTest::gtest)
    jaild_precompiled(jaild_pch_boost_test "${jaild_std_headers};${jaild_boost_headers};<gtest/gtest.h>"
                      nlohmann_json::nlohmann_json jaild_boost GTest::gtest)
  endif()
endif()

# Whether a target's libraries lead to Boost.
function(jaild_reaches_boost result)
  set(${result} FALSE PARENT_SCOPE)
  set(queue ${ARGN})
  set(seen "")
  while(queue)
    list(POP_FRONT queue library)
    if(library STREQUAL "jaild_boost")
      set(${result} TRUE PARENT_SCOPE)
      return()
    endif()
    if(TARGET ${library} AND NOT library IN_LIST seen)
      list(APPEND seen ${library})
      get_target_property(next ${library} INTERFACE_LINK_LIBRARIES)
      if(next)
        list(APPEND queue ${next})
      endif()
    endif()
  endwhile()
endfunction()

# jaild_precompile(TARGET SUFFIX LIBRARY...): TARGET takes the precompiled headers that fit what it links.
function(jaild_precompile target suffix)
  if(NOT JAILD_PCH)
    return()
  endif()
  jaild_reaches_boost(with_boost ${ARGN})
  if(with_boost)
    target_precompile_headers(${target} REUSE_FROM jaild_pch_boost${suffix})
  else()
    target_precompile_headers(${target} REUSE_FROM jaild_pch_std${suffix})
  endif()
endfunction()
