# Warnings are errors on every compiler we build with; a fault that a compiler can see never reaches a review.
add_library(jaild_options INTERFACE)
target_include_directories(jaild_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(jaild_options INTERFACE JAILD_VERSION="${PROJECT_VERSION}")
target_compile_options(jaild_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                                               -Wcast-qual -Woverloaded-virtual -Wswitch -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of null pointers inside libstdc++ and Boost at -O2 that no caller can pass.
  target_compile_options(jaild_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
                                                 -Wno-array-bounds)
endif()
if(JAILD_SANITIZE)
  target_compile_options(jaild_options INTERFACE -fsanitize=${JAILD_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  if(JAILD_SANITIZE STREQUAL "thread")
    # Asio's executors fence where TSan, which sees no fences, sees their locks already.
    target_compile_definitions(jaild_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  target_link_options(jaild_options INTERFACE -fsanitize=${JAILD_SANITIZE})
endif()
