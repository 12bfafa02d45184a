// Any bytes as a jail.conf with included files.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/jailconf_property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string complaint = jaild::test::jailconf_complaint({reinterpret_cast<const char*>(data), size});
  if (complaint.empty()) return 0;
  std::fprintf(stderr, "%s\n", complaint.c_str());
  std::abort();
}
