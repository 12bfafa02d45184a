# Toolchain: x86_64 FreeBSD 14 from Linux, with the zig that tools/freebsd_cross.sh puts into build/freebsd/tools.
set(CMAKE_SYSTEM_NAME FreeBSD)
set(CMAKE_SYSTEM_VERSION 14.0)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(jaild_cross_tools ${CMAKE_CURRENT_LIST_DIR}/../build/freebsd/tools)
set(CMAKE_C_COMPILER ${jaild_cross_tools}/x86_64-freebsd-clang)
set(CMAKE_CXX_COMPILER ${jaild_cross_tools}/x86_64-freebsd-clang++)
set(CMAKE_AR ${jaild_cross_tools}/x86_64-freebsd-ar)
set(CMAKE_RANLIB ${jaild_cross_tools}/x86_64-freebsd-ranlib)

# Nothing of the machine that builds may be found: its headers and libraries are Linux's.
set(CMAKE_FIND_ROOT_PATH ${CMAKE_CURRENT_LIST_DIR}/../build/freebsd)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
