#include "daemon/monitor/child.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "daemon/host/pass_fds.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/signals.h"
#include "daemon/monitor/terminal.h"
#include "daemon/monitor/users.h"

namespace jaild::monitor {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

Error cannot_run(const std::string& what, int code) {
  return FailErrno(Kind::host_refused, what, code).error();
}

// With the shell of the place where we are: by now the jail's, for a command in a jail.
Error run_as_script(const std::string& path, const std::vector<std::string>& argv, const Environment& environment) {
  constexpr const char* shell = "/bin/sh";
  std::vector<std::string> words{shell, path};
  words.insert(words.end(), argv.begin() + 1, argv.end());
  ::execve(shell, pointers(words).data(), pointers(environment).data());
  return cannot_run(std::string(shell) + ", which runs " + path + " for want of a line #!", errno);
}

// As execvp(3), with which jail(8) and jexec(8) run everything: a file that is no program for the kernel (ENOEXEC) is a
// script for the shell; a name without a slash is searched for in PATH, which is the cleaned one for jail(8)'s child by
// then, and so it is for ours.
Result<void> exec_in(const std::string& program, const std::vector<std::string>& argv, const Environment& environment) {
  std::string path = "/bin:/usr/bin";
  for (const std::string& entry : environment) {
    if (entry.starts_with("PATH=")) path = entry.substr(5);
  }
  const auto arguments = pointers(argv);
  const auto variables = pointers(environment);
  if (program.find('/') != std::string::npos) {
    ::execve(program.c_str(), arguments.data(), variables.data());
    if (errno == ENOEXEC) return Fail(run_as_script(program, argv, environment));
    return Fail(cannot_run(program, errno));
  }
  int refusal = ENOENT;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string directory = path.substr(begin, end - begin);
    const std::string file = (directory.empty() ? "." : directory) + "/" + program;
    ::execve(file.c_str(), arguments.data(), variables.data());
    if (errno == ENOEXEC) return Fail(run_as_script(file, argv, environment));
    if (errno != ENOENT && errno != ENOTDIR) refusal = errno;
    begin = end + 1;
  }
  return Fail(cannot_run(program, refusal));
}

Result<UniqueFd> open_host_null() {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return FailErrno(Kind::host_refused, "open /dev/null", errno);
  return null;
}

Result<void> set_stdio(const Stdio& stdio, bool in_jail) {
  std::array<int, 3> sources{stdio.in, stdio.out, stdio.err};
  UniqueFd none;
  if (std::ranges::find(sources, -1) != sources.end()) {
    auto opened = in_jail ? ended_pipe() : open_host_null();
    if (!opened) return Fail(opened.error());
    none = std::move(*opened);
    std::ranges::replace(sources, -1, none.get());
  }
  std::array<int, 3> high{};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    high[i] = ::fcntl(sources[i], F_DUPFD_CLOEXEC, 10);  // above 0 to 2, so that no dup2 below overwrites a source
    if (high[i] < 0) return FailErrno(Kind::host_refused, "dup", errno);
  }
  for (std::size_t i = 0; i < high.size(); ++i) {
    if (::dup2(high[i], static_cast<int>(i)) < 0) return FailErrno(Kind::host_refused, "dup", errno);
  }
  return {};
}

// A descriptor kept open reaches out of the jail, and jail_attach(2) refuses any open directory. Those that stay are
// close-on-exec; -1 stands for none.
void close_all_but(std::array<int, 3> kept) {
  std::ranges::sort(kept);
  unsigned first = 3;
  for (const int fd : kept) {
    if (fd < 3) continue;
    if (static_cast<unsigned>(fd) > first) ::close_range(first, static_cast<unsigned>(fd) - 1, 0);
    first = static_cast<unsigned>(fd) + 1;
  }
  ::close_range(first, ~0U, 0);
}

struct Identity {
  bool switches = false;  // to another user
  std::optional<User> user;
};

Result<Identity> look_up(const CommandRequest& command, UserSource now) {
  const bool from_host = !command.in_jail || command.system_user;
  const bool wanted = command.clean || !command.user.empty();
  Identity identity;
  if (!wanted || from_host != (now == UserSource::host)) return identity;
  const auto user = look_up_user(command.user, now);
  if (!user) return Fail(user.error());
  identity.user = *user;
  identity.switches = !command.user.empty();
  return identity;
}

// What jexec(8) -l gives; what was asked for comes over it.
Environment by_hand_environment(const ExecCommand& exec, const std::optional<User>& user) {
  Environment environment = make_environment({}, true, user, std::nullopt);
  set_variable(environment, "PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin");
  if (exec.terminal) set_variable(environment, "TERM", "xterm");
  return environment;
}

Result<void> enter_directory(const ExecCommand& exec, const std::optional<User>& user) {
  if (exec.directory.empty()) {
    // As login(1): without its home a shell begins in the root, where we are.
    const bool login = exec.argv.empty() && user;
    [[maybe_unused]] const int entered = login ? ::chdir(user->home.c_str()) : 0;
    return {};
  }
  if (::chdir(exec.directory.c_str()) == 0) return {};
  Error refused = FailErrno(Kind::missing, "chdir " + exec.directory, errno).error();
  refused.os_errno = 0;  // ENOENT would say that the program is missing
  return Fail(std::move(refused));
}

Result<void> get_terminal(const Launch& launch, uid_t owner) {
  auto terminal = open_terminal();
  if (!terminal) return Fail(terminal.error());
  const auto taken = take_terminal(*terminal, *launch.exec->terminal, owner);
  if (!taken) return taken;
  if (send_with_fds(launch.lifeline, "t", 1, std::array{terminal->master.get()}, 0) != 1) {
    return FailErrno(Kind::unavailable, "hand on the terminal", errno);
  }
  const int slave = terminal->slave.get();
  return set_stdio({slave, slave, slave}, true);
}

// From inside the jail to the exec of what somebody runs there by hand.
Result<void> run_by_hand(const Launch& launch, const Jail& jail, const Identity& identity) {
  const ExecCommand& exec = *launch.exec;
  const auto& user = identity.user;
  if (exec.terminal) {
    const auto got = get_terminal(launch, user ? user->uid : 0);
    if (!got) return got;
  }
  Environment environment = by_hand_environment(exec, user);
  if (user) {
    User member = *user;
    const bool named = !exec.login_class.empty();
    if (named) member.login_class = exec.login_class;
    const auto classed = apply_login_class(member, identity.switches || named, environment);
    if (!classed) return classed;
  }
  for (const std::string& entry : exec.environment) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) set_variable(environment, entry.substr(0, equals), entry.substr(equals + 1));
  }
  if (identity.switches) {
    const auto became = become(*user);
    if (!became) return became;
  }
  const auto entered = enter_directory(exec, user);
  if (!entered) return entered;
  const auto sealed = jail.seal();
  if (!sealed) return sealed;
  if (!exec.argv.empty()) return exec_in(exec.argv[0], exec.argv, environment);
  const std::string shell = user ? user->shell : "/bin/sh";
  return exec_in(shell, {"-" + shell.substr(shell.rfind('/') + 1)}, environment);
}

// Everything up to exec. Returns only with the reason why not.
Result<void> run_child(const Launch& launch, const Jail& jail, int report) {
  const CommandRequest& command = launch.command;
  ::setsid();
  Signals::reset_in_child();
  unprotect_child();
  ::umask(022);
  if (command.in_jail) {
    show_as("jaild-entry");
    const auto limited = jail.enter_limits(command.fib);
    if (!limited) return limited;
  }
  auto identity = look_up(command, UserSource::host);
  if (!identity) return Fail(identity.error());
  const auto described = set_stdio(launch.stdio, command.in_jail);
  if (!described) return described;
  close_all_but({report, jail.attach_fd(), launch.lifeline});

  if (command.in_jail) {
    const auto attached = jail.attach();
    if (!attached) return attached;
  }
  if (!identity->user) identity = look_up(command, UserSource::jail);
  if (!identity) return Fail(identity.error());
  if (launch.exec != nullptr) return run_by_hand(launch, jail, *identity);

  const std::optional<JailVariables> variables =
      command.in_jail ? std::nullopt : std::optional<JailVariables>(launch.jail_variables);
  Environment environment = make_environment(launch.inherited, command.clean, identity->user, variables);
  if (identity->user) {
    const auto classed = apply_login_class(*identity->user, identity->switches, environment);
    if (!classed) return classed;
  }
  if (identity->switches) {
    const auto became = become(*identity->user);
    if (!became) return became;
    if (command.clean && ::chdir(identity->user->home.c_str()) != 0) {
      return FailErrno(Kind::host_refused, "chdir " + identity->user->home, errno);
    }
  }
  if (command.in_jail) {
    const auto sealed = jail.seal();
    if (!sealed) return sealed;
  }
  return exec_in(launch.argv[0], launch.argv, environment);
}

}  // namespace

Result<UniqueFd> ended_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FailErrno(Kind::overloaded, "pipe", errno);
  const UniqueFd writer(ends[1]);
  return UniqueFd(ends[0]);
}

std::string encode_report(const Error& error) {
  constexpr std::size_t message_max = 400;  // with the numbers below PIPE_BUF everywhere (512), so it is written whole
  return std::to_string(static_cast<int>(error.kind)) + " " + std::to_string(error.os_errno) + " " +
         error.message.substr(0, message_max);
}

Error decode_report(const std::string& bytes) {
  Error error{Kind::internal, bytes, 0, {}};
  const std::size_t first = bytes.find(' ');
  const std::size_t second = first == std::string::npos ? first : bytes.find(' ', first + 1);
  if (second == std::string::npos) return error;
  error.kind = static_cast<Kind>(std::strtol(bytes.c_str(), nullptr, 10));
  error.os_errno = static_cast<int>(std::strtol(bytes.c_str() + first, nullptr, 10));
  error.message = bytes.substr(second + 1);
  return error;
}

Result<Child> launch(const Launch& launch, Jail& jail) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return FailErrno(Kind::overloaded, "pipe", errno);
  UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  const SignalsBlocked blocked;
  auto forked = jail.fork_child(launch.command.in_jail, launch.fate);
  if (!forked) return Fail(forked.error());
  if (forked->pid == 0) {
    const auto refused = run_child(launch, jail, writer.get());
    const std::string text = encode_report(refused.error());
    [[maybe_unused]] const auto wrote = ::write(writer.get(), text.data(), text.size());
    ::_exit(127);
  }
  return Child{forked->pid, std::move(forked->born), std::move(reader)};
}

}  // namespace jaild::monitor
