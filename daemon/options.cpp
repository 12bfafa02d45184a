#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "api/contract/version.h"

namespace jaild {
namespace {

#ifdef __FreeBSD__
constexpr const char* state_dir_default = "/var/db/jaild";
constexpr const char* run_dir_default = "/var/run/jaild";
#else
constexpr const char* state_dir_default = "/var/lib/jaild";
constexpr const char* run_dir_default = "/run/jaild";
#endif
constexpr const char* log_dir_default = "/var/log/jaild";

}  // namespace

std::variant<DaemonOptions, EarlyExit> parse_command_line(int argc, const char* const* argv) {
  DaemonOptions options;
  options.state_dir = state_dir_default;
  options.run_dir = run_dir_default;
  options.log_dir = log_dir_default;
  int start_timeout = static_cast<int>(options.start_timeout.count());
  int stop_timeout = static_cast<int>(options.stop_timeout.count());
  int shutdown_timeout = static_cast<int>(options.shutdown_timeout.count());

  CLI::App app{"jaild: keeps jails as they were declared. Stays in the foreground; rc.d starts it under daemon(8)."};
  app.set_version_flag("--version", std::string("jaild ") + version_text);
  app.add_option("--state-dir", options.state_dir, "the database and exit records")->capture_default_str();
  app.add_option("--run-dir", options.run_dir, "sockets of jaild and its monitors")->capture_default_str();
  auto* log_dir =
      app.add_option("--log-dir", options.log_dir, "consoles of the jails; when given, jaild's own log goes there too")
          ->capture_default_str();
  app.add_flag("--syslog", options.syslog, "log to syslog(3) instead of standard error");
  app.add_option("--log-level", options.log_level, "error, warning, info or debug")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->capture_default_str();
  app.add_option("--host", options.host, "the host implementation: freebsd, linux or sim; default: this system's own")
      ->check(CLI::IsMember({"freebsd", "linux", "sim"}));
  app.add_option("--listen", options.listen,
                 "where the API listens: unix:PATH; default unix:RUN_DIR/jaild.sock; repeatable");
  app.add_option("--metrics-listen", options.metrics_listen,
                 "loopback ADDRESS:PORT that serves /metrics, /livez and /readyz without a token");
  app.add_option("--monitor", options.monitor, "path of jaild-monitor; default: beside jaild, else in ../libexec");
  app.add_option("--parallel-starts", options.parallel_starts, "jails that start at the same time; 0: one for each CPU")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--start-timeout", start_timeout,
                 "seconds for a command of a start without exec.timeout; 0: unlimited")
      ->check(CLI::Range(0, 31'536'000))
      ->capture_default_str();
  app.add_option("--stop-timeout", stop_timeout, "seconds for a command of a stop without exec.timeout; 0: unlimited")
      ->check(CLI::Range(0, 31'536'000))
      ->capture_default_str();
  app.add_option("--shutdown-timeout", shutdown_timeout,
                 "seconds for stopping all jails when the host goes down (SIGUSR2)")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    return EarlyExit{code == 0 ? 0 : 2, code == 0 ? out.str() : "jaild: " + err.str()};
  }
  options.log_to_file = log_dir->count() > 0;
  options.start_timeout = std::chrono::seconds{start_timeout};
  options.stop_timeout = std::chrono::seconds{stop_timeout};
  options.shutdown_timeout = std::chrono::seconds{shutdown_timeout};
  return options;
}

}  // namespace jaild
