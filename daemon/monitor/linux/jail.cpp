#include "daemon/monitor/jail.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <map>
#include <set>
#include <utility>

#include "api/contract/json.h"
#include "daemon/host/pass_fds.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/child.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/linux/capabilities.h"
#include "daemon/monitor/linux/entry.h"
#include "daemon/monitor/linux/limits.h"
#include "daemon/monitor/linux/namespaces.h"
#include "daemon/monitor/linux/pid1.h"
#include "daemon/monitor/linux/pidfd.h"
#include "daemon/monitor/linux/seccomp.h"

namespace jaild::monitor {

struct Jail::State {
  enum class Phase { none, creating, up, gone };

  Options options;
  Phase phase = Phase::none;
  CreateRequest request;  // path and net are kept; the lists go once pid 1 has them
  std::uint64_t capabilities = 0;
  std::vector<std::string> cgroups;
  Rlimits rlimits;
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  UniqueFd pidfd;
  bool adopted = false;  // pid 1 is not our child: its end shows on `pidfd`, and it does not speak with us
  UniqueFd channel;
  std::set<int> consoles;  // what pid 1 holds
  pid_t* born = nullptr;   // in a child that enters: Forked::born
  std::vector<JailEvent> events;
  Error failure;

  Result<void> write_jail_record() const;
  void gone();
};

Jail::Jail(const Options& options) : state_(std::make_unique<State>()) {
  state_->options = options;
}
Jail::~Jail() = default;

Result<void> Jail::prepare() {
  return make_private_directory(state_->options.staging_path());
}

Result<void> Jail::State::write_jail_record() const {
  // `jail`: what a later monitor needs to put processes into it as we do.
  const nlohmann::json jail{{"path", request.path},
                            {"net", net_word(request.net)},
                            {"caps", request.caps},
                            {"socket_af", request.any_socket}};
  const nlohmann::json record{{"pid", pid},         {"start_time", start_time}, {"name", options.name},
                              {"run", options.run}, {"path", request.path},     {"jail", jail}};
  return write_record(options.jail_record_path(), to_text(record) + "\n");
}

Result<void> Jail::begin_create(const CreateRequest& request) {
  State& state = *state_;
  if (state.phase != State::Phase::none) return Fail(Kind::conflict, "this run has made its jail already");
  const auto capabilities = jail_capabilities(request.caps);
  if (!capabilities) return Fail(capabilities.error());
  const auto limits = set_limits(request.limits);
  if (!limits) return limits;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return FailErrno(Kind::overloaded, "socketpair", errno);
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  auto cloned = clone_into_namespaces(request.net);
  if (!cloned) return Fail(cloned.error());
  if (cloned->pid == 0) run_pid1(request, state.options.staging_path(), theirs.get());

  state.request = request;
  state.capabilities = *capabilities;
  state.pid = cloned->pid;
  state.pidfd = std::move(cloned->pidfd);
  state.channel = std::move(ours);
  state.start_time = start_time_of(state.pid);
  state.phase = State::Phase::creating;
  const auto recorded = state.write_jail_record();
  const char go = static_cast<char>(Pid1Message::go);
  if (!recorded) {
    state.failure = recorded.error();
    cancel_create();
  } else if (::send(state.channel.get(), &go, 1, MSG_NOSIGNAL) != 1) {
    state.failure = Error{Kind::internal, "pid 1 of the jail does not listen", errno, {}};
    cancel_create();
  }
  return {};
}

void Jail::cancel_create() {
  if (state_->phase != State::Phase::creating) return;
  if (state_->failure.message.empty()) state_->failure = Error{Kind::timeout, "making the jail took too long", 0, {}};
  ::kill(state_->pid, SIGKILL);  // our child, not yet reaped: the pid is still its own
}

Result<void> Jail::adopt(int jid) {
  State& state = *state_;
  if (state.phase != State::Phase::none) return Fail(Kind::conflict, "this run has its jail already");
  constexpr std::size_t record_max = 64 * 1024;
  const auto gone = Fail(Kind::not_found, "jail " + std::to_string(jid) + " of this run is gone");
  const auto text = read_small_file(state.options.jail_record_path(), record_max);
  const auto record = text ? parse_json(*text) : Result<nlohmann::json>(Fail(text.error()));
  if (!record || !record->is_object()) return gone;
  if (record->value("name", nlohmann::json()) != state.options.name ||
      record->value("run", nlohmann::json()) != state.options.run || record->value("pid", nlohmann::json()) != jid) {
    return gone;
  }
  UniqueFd pidfd = open_pidfd(jid);
  // After the descriptor was opened: whoever has this number and this time now is the jail's pid 1, and stays it.
  const std::uint64_t start_time = start_time_of(jid);
  if (!pidfd || start_time == 0 || record->value("start_time", nlohmann::json()) != start_time) return gone;
  auto request = parse_create(record->value("jail", nlohmann::json()));
  if (!request) return Fail(request.error().in("the record of jail " + std::to_string(jid)));
  const auto capabilities = jail_capabilities(request->caps);
  if (!capabilities) return Fail(capabilities.error());
  state.request = std::move(*request);
  state.capabilities = *capabilities;
  state.pid = jid;
  state.start_time = start_time;
  state.pidfd = std::move(pidfd);
  state.adopted = true;
  state.phase = State::Phase::up;
  return {};
}

Result<void> Jail::set_limits(const LimitsRequest& limits) {
  if (limits.rlimits) {
    const auto known = check_rlimits(*limits.rlimits);
    if (!known) return known;
    state_->rlimits = *limits.rlimits;
  }
  if (limits.cgroups) state_->cgroups = *limits.cgroups;
  return {};
}

Result<void> Jail::remove() {
  if (state_->phase != State::Phase::up && state_->phase != State::Phase::creating) return {};
  if (!signal_pidfd(state_->pidfd, SIGKILL) && errno != ESRCH)
    return FailErrno(Kind::host_refused, "kill pid 1", errno);
  return {};
}

bool Jail::exists() const {
  return state_->phase == State::Phase::up;
}
bool Jail::gone() const {
  return state_->phase == State::Phase::gone;
}

std::optional<int> Jail::jid() const {
  if (!exists() && !gone()) return std::nullopt;
  return state_->pid;
}

std::optional<std::uint64_t> Jail::start_time() const {
  if (!exists() && !gone()) return std::nullopt;
  return state_->start_time;
}

std::vector<pid_t> Jail::processes(const std::vector<pid_t>& ours) const {
  if (!exists()) return {};
  auto pids = state_->cgroups.empty() ? processes_in_namespace(state_->pid) : processes_in_cgroup(state_->cgroups[0]);
  pids.insert(pids.end(), ours.begin(), ours.end());
  std::ranges::sort(pids);
  pids.erase(std::ranges::unique(pids).begin(), pids.end());
  std::erase(pids, state_->pid);
  return pids;
}

// Who has a number while we hold a descriptor of its process, and is in the jail then, is that process.
std::size_t Jail::terminate(const std::vector<pid_t>& ours, std::set<pid_t>& told) const {
  constexpr std::size_t held_max = 256;  // descriptors at once; the rest is for the next look
  std::map<pid_t, UniqueFd> held;
  for (const pid_t pid : processes(ours)) {
    if (held.size() == held_max) break;
    if (told.contains(pid)) continue;
    UniqueFd process = open_pidfd(pid);
    if (process) held.emplace(pid, std::move(process));
  }
  const auto present = processes(ours);
  for (const pid_t pid : present) {
    const auto process = held.find(pid);
    if (process == held.end()) continue;
    told.insert(pid);
    signal_pidfd(process->second, SIGTERM);
  }
  return present.size();
}

void Jail::ask_whether_empty() {
  if (!exists()) return;
  if (state_->adopted && processes({}).empty()) state_->events.push_back(JailEvent::empty);
  if (!state_->channel) return;
  const char query = static_cast<char>(Pid1Message::query);
  // Full: an earlier question is still to be answered, and its answer will be as new.
  [[maybe_unused]] const auto sent = ::send(state_->channel.get(), &query, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Jail::keep_console(int reader) {
  State& state = *state_;
  if (!state.channel || !state.consoles.insert(reader).second) return;
  const char kind = static_cast<char>(Pid1Message::console);
  // Lost: then this pipe ends with us, as on FreeBSD.
  [[maybe_unused]] const auto sent = send_with_fds(state.channel.get(), &kind, 1, std::array{reader}, MSG_DONTWAIT);
}

int Jail::event_fd() const {
  return state_->adopted ? state_->pidfd.get() : state_->channel.get();
}

void Jail::State::gone() {
  // Best effort: a record of a process that is gone is recognised by its start time.
  [[maybe_unused]] const auto removed = remove_record(options.jail_record_path());
  phase = Phase::gone;
  events.push_back(JailEvent::gone);
  channel.reset();
  pidfd.reset();
}

void Jail::on_readable() {
  State& state = *state_;
  if (state.adopted) return state.gone();  // a pidfd is readable once its process has ended
  std::array<char, 1024> packet{};
  const ssize_t got = ::recv(state.channel.get(), packet.data(), packet.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return state.channel.reset();  // its death comes as an exit
  switch (static_cast<Pid1Message>(packet[0])) {
    case Pid1Message::ready:
      state.phase = State::Phase::up;
      state.request.mounts = {};
      state.events.push_back(JailEvent::created);
      return;
    case Pid1Message::failed:
      state.failure = decode_report(std::string(packet.data() + 1, static_cast<std::size_t>(got) - 1));
      return;  // told when it has exited, so that nothing is left then
    case Pid1Message::empty: state.events.push_back(JailEvent::empty); return;
    case Pid1Message::go:
    case Pid1Message::query:
    case Pid1Message::console:
    case Pid1Message::occupied: return;
  }
}

bool Jail::on_exit(pid_t pid, int /*status*/) {
  State& state = *state_;
  if (pid != state.pid || gone() || state.phase == State::Phase::none) return false;
  // Its last words: a few packets, then the end of the channel.
  constexpr int packets_max = 8;
  for (int i = 0; i < packets_max && state.channel && state.phase == State::Phase::creating; ++i) on_readable();
  if (state.phase == State::Phase::up) {
    state.gone();
  } else {
    [[maybe_unused]] const auto removed = remove_record(state.options.jail_record_path());
    if (state.failure.message.empty()) state.failure = Error{Kind::host_refused, "pid 1 of the jail ended", 0, {}};
    state.phase = State::Phase::none;
    state.events.push_back(JailEvent::failed);
  }
  state.channel.reset();
  state.pidfd.reset();
  return true;
}

std::vector<ChildExit> Jail::take_exits() {
  return {};  // all of them are wait(2)'s
}
std::vector<JailEvent> Jail::take_events() {
  return std::exchange(state_->events, {});
}
Error Jail::take_failure() {
  return std::exchange(state_->failure, {});
}

// Of what runs inside pid 1 takes care; the order is not that of who is born there. A switch to another user
// (exec.system_user) lifts the order to die again.
Result<Forked> Jail::fork_child(bool inside, AtMonitorsDeath fate) {
  Forked forked;
  if (inside) {
    forked.born = SharedPid::make();
    if (!forked.born) return FailErrno(Kind::overloaded, "shared memory", errno);
  }
  const pid_t monitor = ::getpid();
  forked.pid = ::fork();
  if (forked.pid < 0) return FailErrno(Kind::overloaded, "fork", errno);
  if (forked.pid > 0) return forked;
  state_->born = forked.born.place();
  if (inside || fate == AtMonitorsDeath::dies) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != monitor) ::_exit(127);
  }
  return forked;
}

Result<void> Jail::enter_limits(int fib) const {
  if (fib != 0) return Fail(Kind::invalid, "exec.fib is not available on Linux");
  return join_uncounted_groups(state_->cgroups);
}

Result<void> Jail::attach() const {
  return enter_jail(
      {state_->pidfd.get(), state_->request.net, state_->capabilities, state_->cgroups, state_->rlimits, state_->born});
}

int Jail::attach_fd() const {
  return state_->pidfd.get();
}

Result<void> Jail::seal() const {
  constexpr std::uint64_t net_raw = std::uint64_t{1} << 13;  // CAP_NET_RAW
  return refuse_system_calls({state_->request.any_socket, (state_->capabilities & net_raw) != 0});
}

}  // namespace jaild::monitor
