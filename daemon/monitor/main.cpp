// jaild-monitor: stands beside one running jail, and outlives jaild. How it is started and spoken to: protocol.h.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <cerrno>
#include <cstdio>

#include "api/contract/standard_fds.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/monitor.h"
#include "daemon/monitor/protocol.h"

extern char** environ;

namespace {

using namespace jaild;
using namespace jaild::monitor;

int complain(const Error& error) {
  std::fprintf(stderr, "jaild-monitor: %s\n", error.message.c_str());
  switch (error.kind) {
    case Kind::invalid: return 2;
    case Kind::exists: return exit_already_running;
    default: return 1;
  }
}

Result<void> make_directories(const Options& options) {
  for (const auto& path : {options.run_dir + "/monitors", options.run_dir + "/jails", options.state_dir + "/exits",
                           options.console_dir()}) {
    const auto made = make_private_directory(path);
    if (!made) return made;
  }
  return {};
}

// What a large request took goes back at once, instead of staying in our megabyte as room for the next one.
void keep_memory_small() {
#if defined(__GLIBC__)
  constexpr int large = 64 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, large);
  ::mallopt(M_TRIM_THRESHOLD, large);
#endif
}

// The parent's exit is the word that we listen, so everything that can fail has been done.
Result<void> leave_parent() {
  const pid_t pid = ::fork();
  if (pid < 0) return FailErrno(Kind::overloaded, "fork", errno);
  if (pid > 0) ::_exit(0);
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  if (null > 2) ::close(null);
  return {};
}

Result<void> serve(const Options& options) {
  const auto made = make_directories(options);
  if (!made) return made;
  auto signals = Signals::install();
  if (!signals) return Fail(signals.error());
  auto server = Server::listen(options.socket_path());
  if (!server) return Fail(server.error());
  Monitor monitor(options, std::move(*server), std::move(*signals));
  const auto prepared = monitor.prepare();
  if (!prepared) return prepared;
  const auto left = leave_parent();
  if (!left) return left;
  // From here on nobody reads what we would say; what failed shows as a refused request.
  const auto protected_now = protect_this_process();
  if (!protected_now) return protected_now;
  const auto reaper = become_reaper();
  if (!reaper) return reaper;
  monitor.run();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_fds();
  const auto options = parse_options({argv + 1, argv + argc});
  if (!options) return complain(options.error());
  const auto sealed = seal_program(argv, environ);
  if (!sealed) return complain(sealed.error());
  keep_memory_small();
  ::close_range(3, ~0U, 0);
  ::umask(022);
  if (::chdir("/") != 0) return complain(Error{Kind::internal, "chdir /", errno, {}});
  const auto served = serve(*options);
  return served ? 0 : complain(served.error());
}
