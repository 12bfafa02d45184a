#include "daemon/app.h"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "api/contract/version.h"
#include "api/server/server.h"
#include "daemon/command_environment.h"
#include "daemon/ending.h"
#include "daemon/entrance.h"
#include "daemon/files.h"
#include "daemon/host/make_host.h"
#include "daemon/log.h"
#include "daemon/metrics/metrics.h"
#include "daemon/reload.h"
#include "daemon/runtime/asio_loop.h"
#include "daemon/runtime/asio_prober.h"
#include "daemon/runtime/engine.h"
#include "daemon/runtime/health_checks.h"
#include "daemon/runtime/jail_service.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/upkeep.h"

extern char** environ;

namespace jaild {
namespace {

// What the daemon is made of, in the order in which it is built; destroyed in reverse.
struct Parts {
  UniqueFd state_lock;
  UniqueFd lock;  // of the run directory
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<host::Host> host;
};

// With 16 nobody could be answered: some twenty are open before the first client comes.
constexpr rlim_t descriptors_min = 24;

Result<void> check_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= descriptors_min) return {};
  return Fail(Kind::unavailable, "the limit of open files is " + std::to_string(files.rlim_cur) +
                                     ", too low to serve " + "anybody: raise it to " + std::to_string(descriptors_min) +
                                     " at least, and by two for each jail and client (ulimit -n)");
}

Result<void> prepare_places(const DaemonOptions& options) {
  if (auto made = ensure_directory(options.run_dir, 0755); !made) return made;
  if (auto made = ensure_directory(options.state_dir, 0700); !made) return made;
  if (auto made = ensure_directory(options.log_dir, 0750); !made) return made;
  return ensure_directory(options.log_dir / "jails", 0750);
}

Result<Parts> build(const DaemonOptions& options, const WrapHost& wrap_host) {
  Parts parts;
  if (auto places = prepare_places(options); !places) return Fail(places.error());
  auto lock = lock_directory(options.run_dir);
  if (!lock) return Fail(lock.error());
  parts.lock = std::move(*lock);
  std::error_code unlike;
  if (!std::filesystem::equivalent(options.run_dir, options.state_dir, unlike)) {
    auto state_lock = lock_directory(options.state_dir);  // two of us would undo each other's jails
    if (!state_lock) return Fail(state_lock.error());
    parts.state_lock = std::move(*state_lock);
  }

  host::HostOptions host_options;
  host_options.name = options.host;
  host_options.run_dir = options.run_dir.string();
  host_options.state_dir = options.state_dir.string();
  host_options.log_dir = options.log_dir.string();
  host_options.log_rate = options.log_rate;
  if (options.host != "sim") {
    auto monitor = find_monitor(options.monitor);
    if (!monitor) return Fail(monitor.error());
    host_options.monitor_path = monitor->string();
    auto environment = command_environment(options.pass_env, environ);
    if (!environment) return Fail(environment.error());
    host_options.environment = std::move(*environment);
  }
  auto host = host::make_host(host_options);
  if (!host) return Fail(host.error());
  parts.host = wrap_host ? wrap_host(std::move(*host)) : std::move(*host);

  store::SqliteStoreOptions store_options;
  store_options.file = options.state_dir / "jaild.db";
  auto store = store::SqliteStore::open(store_options);
  if (!store) return Fail(store.error());
  parts.store = std::move(*store);
  return parts;
}

int parallel_starts(const DaemonOptions& options, const HostProfile& profile) {
  return options.parallel_starts > 0 ? options.parallel_starts : static_cast<int>(profile.cpus.ids().size());
}

core::SupervisorOptions supervisor_options(const DaemonOptions& options, const HostProfile& profile) {
  core::SupervisorOptions result;
  result.timeouts = {options.start_timeout, options.stop_timeout};
  result.parallel_starts = parallel_starts(options, profile);
  result.boot_id = profile.boot_id;
  result.seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) ^
                static_cast<std::uint64_t>(::getpid());
  return result;
}

// SIGHUP. All outlive the signals.
void reload_on(boost::asio::signal_set& hangups, DaemonOptions& present, const ApplyLive& apply) {
  hangups.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    reload(present, apply);
    reload_on(hangups, present, apply);
  });
}

Result<void> run_until_signal(const DaemonOptions& options, const Entrance& entrance, boost::asio::io_context& context,
                              Parts& parts, runtime::Engine& engine, runtime::JailService& service) {
  const HostProfile& profile = parts.host->profile();
  server::Server server(context, service, entrance.options);
  if (auto started = engine.start(); !started) return started;
  service.load_tokens(engine.take_tokens());
  if (auto open = open_entrance(entrance, server); !open) return open;
  Ending ending(context, engine, server, options.shutdown_timeout);
  ending.wait();
  DaemonOptions present = options;
  boost::asio::signal_set hangups(context, SIGHUP);
  const ApplyLive apply = [&](const DaemonOptions& live) {
    set_log_level(live.log_level);
    engine.set_pace({live.start_timeout, live.stop_timeout}, parallel_starts(live, profile));
    ending.set_budget(live.shutdown_timeout);
  };
  reload_on(hangups, present, apply);
  Upkeep upkeep(context, options.run_dir, parts.lock, server, *parts.store, service);
  upkeep.begin();
  // Nobody unwinds what served until now: an exception ends the process here, with a word in the log.
  [&]() noexcept { context.run(); }();
  return {};
}

Result<void> serve(const DaemonOptions& options, const Entrance& entrance, Parts& parts) {
  boost::asio::io_context context{1};
  runtime::AsioLoop loop(context);
  metrics::Metrics metrics(options.state_dir / "jaild.db");
  const HostProfile& profile = parts.host->profile();
  runtime::Engine engine(loop, *parts.host, *parts.store, supervisor_options(options, profile));
  runtime::JailService service(loop, engine, *parts.host, *parts.store, metrics, options.log_dir / "jails");
  runtime::AsioProber prober(context);
  runtime::HealthChecks health(loop, engine, prober);
  service.set_first_listener([&](const JailEvent& event) {
    log_event(event);
    health.on_event(event);
  });
  service.set_stall_warning(log_warning);
  auto served = run_until_signal(options, entrance, context, parts, engine, service);
  engine.stop();
  loop.stop();
  parts.store.reset();  // its last answers still go through the loop, to nobody
  return served;
}

}  // namespace

int check_options(const DaemonOptions& options) {
  std::vector<std::string> mistakes;
  make_entrance(options, mistakes);
  for (const std::string& warning : options.warnings) std::fprintf(stderr, "jaild: %s\n", warning.c_str());
  for (const std::string& mistake : mistakes) std::fprintf(stderr, "jaild: %s\n", mistake.c_str());
  if (!mistakes.empty()) return 2;
  std::printf("%s is right\n", options.config.empty() ? "the command line" : options.config.c_str());
  return 0;
}

int run_daemon(const DaemonOptions& options, const WrapHost& wrap_host) {
  std::signal(SIGPIPE, SIG_IGN);
  log_uncaught_exceptions();
  const auto refused = [](const Error& error) {
    log_start_error(error.message);
    return 1;
  };
  if (auto may = host::check_rights(options.host); !may) return refused(may.error());
  if (auto enough = check_descriptors(); !enough) return refused(enough.error());
  if (options.log_to_file) {
    if (auto made = ensure_directory(options.log_dir, 0750); !made) return refused(made.error());
  }
  if (auto log = open_log(options); !log) return refused(log.error());
  for (const std::string& warning : options.warnings) log_warning(warning);
  std::vector<std::string> mistakes;
  const Entrance entrance = make_entrance(options, mistakes);
  for (const std::string& mistake : mistakes) log_start_error(mistake);
  if (!mistakes.empty()) return 1;
  try {
    auto parts = build(options, wrap_host);
    if (!parts) return refused(parts.error());
    const auto& profile = parts->host->profile();
    log_info(std::string("starts version=") + version_text + " host=" + profile.host +
             " os=" + log_value(profile.release) + " racct=" + (profile.racct ? "on" : "off"));
    if (auto served = serve(options, entrance, *parts); !served) return refused(served.error());
  } catch (const std::system_error& error) {  // a thread that cannot be made; all are made before jaild serves
    return refused({Kind::unavailable, std::string("cannot start all threads: ") + error.what(), 0, {}});
  }
  return 0;
}

}  // namespace jaild
