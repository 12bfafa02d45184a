// The version of all three programs. JAILD_VERSION is CMake's project version.
#pragma once

namespace jaild {

constexpr const char* version_text = JAILD_VERSION;

}  // namespace jaild
