#include <cstdio>
#include <variant>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "api/contract/standard_fds.h"
#include "daemon/app.h"

namespace {

// glibc takes each large block that comes back as a sign to keep more the next time, in an arena for each thread: after
// some scrapes of a thousand jails it held 90 MB. With bounds of our own it gives back. FreeBSD's allocator does so by
// itself.
void give_memory_back() {
#if defined(__GLIBC__)
  constexpr int large = 128 * 1024;  // glibc's first choice, for both
  ::mallopt(M_MMAP_THRESHOLD, large);
  ::mallopt(M_TRIM_THRESHOLD, large);
  ::mallopt(M_ARENA_MAX, 2);  // one for the loop, one for the threads that read
#endif
}

}  // namespace

int main(int argc, char** argv) {
  jaild::open_standard_fds();
  give_memory_back();
  const auto parsed = jaild::parse_command_line(argc, argv);
  if (const auto* early = std::get_if<jaild::EarlyExit>(&parsed)) {
    std::fputs(early->text.c_str(), early->code == 0 ? stdout : stderr);
    return early->code;
  }
  const auto& options = std::get<jaild::DaemonOptions>(parsed);
  return options.check_only ? jaild::check_options(options) : jaild::run_daemon(options, {});
}
