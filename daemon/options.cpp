#include "daemon/options.h"

#include <algorithm>
#include <CLI/CLI.hpp>
#include <sstream>
#include <system_error>

#include "api/contract/version.h"
#include "daemon/config_file.h"

namespace jaild {
namespace {

#ifdef __FreeBSD__
constexpr const char* state_dir_default = "/var/db/jaild";
constexpr const char* run_dir_default = "/var/run/jaild";
constexpr const char* config_default = "/usr/local/etc/jaild.conf";
#else
constexpr const char* state_dir_default = "/var/lib/jaild";
constexpr const char* run_dir_default = "/run/jaild";
constexpr const char* config_default = "/etc/jaild.conf";
#endif
constexpr const char* log_dir_default = "/var/log/jaild";

std::string not_empty(const std::string& text) {
  return text.empty() ? "needs a directory" : "";
}

// For CLI11: "" means that nothing is wrong.
std::string variable_name_problem(const std::string& name) {
  constexpr const char* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  const bool good = !name.empty() && std::string(letters).find(name.front()) != std::string::npos &&
                    name.find_first_not_of(std::string(letters) + "0123456789") == std::string::npos;
  return good ? "" : "\"" + name + "\" is not the name of an environment variable";
}

void add_role_options(CLI::App& app, DaemonOptions& options) {
  const auto add = [&app](const std::string& role, MemberNames& names, const std::string& may) {
    app.add_option("--" + role + "-user", names.users, "user that may " + may + "; repeatable")->type_name("USER");
    app.add_option("--" + role + "-group", names.groups, "group that may " + may + "; repeatable")->type_name("GROUP");
  };
  add("viewer", options.roles.viewer, "look at jails over the Unix socket");
  add("operator", options.roles.operator_, "also start and stop declared jails");
  add("admin", options.roles.admin, "do everything, which is as good as being root");
  app.add_option("--socket-group", options.socket_group,
                 "group that may connect to the Unix socket at all; default: group 0 (wheel)")
      ->type_name("GROUP");
  app.add_option("--http-host", options.http_hosts,
                 "name that the Host field may have over TCP, beside localhost: that of a proxy; repeatable")
      ->type_name("NAME");
  // The least lets one user declare a jail with a body of 1 MiB and read a page of a list.
  app.add_option(
         "--http-bytes", options.http_bytes,
         "bytes of requests and answers that are held at once: half by one user or token, a quarter kept for admins")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{16} << 20, std::int64_t{1} << 40).description(""))
      ->capture_default_str();
}

// Options and what they write to, which must not move while they are parsed.
struct Parser {
  DaemonOptions options;
  int start_timeout = static_cast<int>(options.start_timeout.count());
  int stop_timeout = static_cast<int>(options.stop_timeout.count());
  int shutdown_timeout = static_cast<int>(options.shutdown_timeout.count());
  CLI::App app{"jaild: keeps jails as they were declared. Stays in the foreground; rc.d starts it under daemon(8)."};
  CLI::Option* log_dir = nullptr;
  CLI::Option* config = nullptr;

  Parser() {
    options.state_dir = state_dir_default;
    options.run_dir = run_dir_default;
    options.log_dir = log_dir_default;
    options.config = config_default;
    add_options();
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void add_options();
  void resolve_paths();
  DaemonOptions finish(std::vector<std::string> arguments);
};

void Parser::add_options() {
  config = app.add_option("--config", options.config,
                          "settings, which are these options with _ for -; see jaild.conf(5); \"\": none")
               ->capture_default_str();
  app.add_flag("--check", options.check_only, "check the options and the configuration file, and end");
  app.set_version_flag("--version", std::string("jaild ") + version_text);
  const auto add_directory = [this](const std::string& name, std::filesystem::path& path, const std::string& about) {
    return app.add_option(name, path, about)->type_name(path_type)->check(not_empty)->capture_default_str();
  };
  add_directory("--state-dir", options.state_dir, "the database and exit records");
  add_directory("--run-dir", options.run_dir, "sockets of jaild and its monitors");
  log_dir =
      add_directory("--log-dir", options.log_dir, "consoles of the jails; when given, jaild's own log goes there too");
  constexpr std::uint64_t log_rate_min = 4096;
  constexpr std::uint64_t log_rate_max = 1024 * 1024 * 1024;
  app.add_option("--log-rate", options.log_rate,
                 "bytes a second that one jail may add to its console log; what is beyond is dropped and counted")
      ->check(CLI::Range(log_rate_min, log_rate_max))
      ->capture_default_str();
  app.add_flag("--syslog", options.syslog, "log to syslog(3) instead of standard error");
  app.add_option("--log-level", options.log_level, "error, warning, info or debug")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->capture_default_str();
  app.add_option("--host", options.host, "the host implementation: freebsd, linux or sim; default: this system's own")
      ->check(CLI::IsMember({"freebsd", "linux", "sim"}));
  app.add_option("--listen", options.listen,
                 "where the API listens: unix:PATH, 127.0.0.1:PORT or [::1]:PORT (TCP needs a token: jailctl token "
                 "create); default unix:RUN_DIR/jaild.sock; limits follow as ,NAME=NUMBER (jaild(8)); repeatable");
  app.add_option("--metrics-listen", options.metrics_listen,
                 "loopback ADDRESS:PORT that serves /metrics, /livez and /readyz without a token");
  add_role_options(app, options);
  app.add_option("--monitor", options.monitor, "path of jaild-monitor; default: beside jaild, else in ../libexec")
      ->type_name(path_type);
  app.add_option("--pass-env", options.pass_env,
                 "variable of jaild's own environment that hooks and commands get, unless exec.clean; repeatable")
      ->type_name("NAME")
      ->check(CLI::Validator(variable_name_problem, "NAME"));
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
}

// As the shell that gave them would. Those of a file are absolute: see config_file.h.
void Parser::resolve_paths() {
  for (auto* path : {&options.state_dir, &options.run_dir, &options.log_dir, &options.monitor}) {
    std::error_code no_directory;  // then it stays as it is, and using it says what is wrong
    const auto whole = path->empty() ? *path : std::filesystem::absolute(*path, no_directory).lexically_normal();
    if (!no_directory) *path = whole;
  }
}

DaemonOptions Parser::finish(std::vector<std::string> arguments) {
  options.log_to_file = log_dir->count() > 0;
  options.start_timeout = std::chrono::seconds{start_timeout};
  options.stop_timeout = std::chrono::seconds{stop_timeout};
  options.shutdown_timeout = std::chrono::seconds{shutdown_timeout};
  options.arguments = std::move(arguments);
  for (const CLI::Option* option : app.get_options()) {
    std::string name = option->get_name().substr(2);
    if (name == "help" || name == "version" || name == "check" || name == "config") continue;
    std::ranges::replace(name, '-', '_');
    std::string& text = options.settings[name];
    for (const std::string& value : option->results()) text += (text.empty() ? "" : ", ") + value;
  }
  return std::move(options);
}

EarlyExit refused(const std::vector<std::string>& mistakes) {
  EarlyExit exit{2, ""};
  for (const std::string& mistake : mistakes) exit.text += "jaild: " + mistake + '\n';
  return exit;
}

// Settings go to a parser of their own first, so that those which the command line hides are checked too.
std::variant<ConfigFileReport, EarlyExit> read_config_file(Parser& parser) {
  const std::string path = parser.options.config.string();
  std::error_code missing;
  if (path.empty() || (parser.config->count() == 0 && !std::filesystem::exists(path, missing))) {
    parser.options.config.clear();
    return ConfigFileReport{};
  }
  if (!std::filesystem::exists(path, missing)) return refused({"--config: " + path + ": No such file or directory"});
  TrustedFiles files;
  Parser alone;
  const ConfigFileReport judged = apply_config_file(alone.app, path, files);
  if (!judged.mistakes.empty()) return refused(judged.mistakes);
  ConfigFileReport report = apply_config_file(parser.app, path, files);
  if (!report.mistakes.empty()) return refused(report.mistakes);
  return report;
}

}  // namespace

std::variant<DaemonOptions, EarlyExit> parse_command_line(std::vector<std::string> arguments) {
  Parser parser;
  try {
    parser.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ExtrasError&) {  // whose text has them in reverse order
    const std::string word = parser.app.remaining().front();
    const std::string what = word.starts_with('-') ? "there is no option " : "one word too many: ";
    return EarlyExit{2, "jaild: " + what + word + "; `jaild --help` lists the options\n"};
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = parser.app.exit(error, out, err);
    return EarlyExit{code == 0 ? 0 : 2, code == 0 ? out.str() : "jaild: " + err.str()};
  }
  parser.resolve_paths();
  auto file = read_config_file(parser);
  if (auto* wrong = std::get_if<EarlyExit>(&file)) return std::move(*wrong);
  parser.options.warnings = std::get<ConfigFileReport>(file).warnings;
  return parser.finish(std::move(arguments));
}

std::variant<DaemonOptions, EarlyExit> parse_command_line(int argc, const char* const* argv) {
  return parse_command_line(std::vector<std::string>(argv + 1, argv + argc));
}

}  // namespace jaild
