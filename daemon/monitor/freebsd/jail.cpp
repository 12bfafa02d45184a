#include "daemon/monitor/jail.h"

#include <sys/param.h>  // before the others, which use its types

#include <fcntl.h>
#include <sys/cpuset.h>
#include <sys/event.h>
#include <sys/jail.h>
#include <sys/procdesc.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <ranges>
#include <string_view>
#include <utility>

#include "daemon/host/unique_fd.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/freebsd/login_class.h"
#include "daemon/monitor/freebsd/processes.h"

namespace jaild::monitor {
namespace {

constexpr cpusetid_t set_of_host = 1;            // cpuset(2): the set in which every process of the host begins
constexpr std::intptr_t children_glance = 1000;  // ms; the end of a child jail is no event on every kernel
constexpr int looks_max = 3;                     // at a jail whose processes all end while they are looked at

iovec part(const void* data, std::size_t size) {
  return {const_cast<void*>(data), size};
}

Result<std::string> name_of_jail(int jid, int flags) {
  std::array<char, 256> name{};  // sys/jail.h: a whole dotted name is below 256
  std::array<iovec, 4> parts{part("jid", sizeof "jid"), part(&jid, sizeof jid), part("name", sizeof "name"),
                             part(name.data(), name.size())};
  if (::jail_get(parts.data(), parts.size(), flags) < 0) {
    return FailErrno(errno == ENOENT ? Kind::not_found : Kind::host_refused, "jail " + std::to_string(jid), errno);
  }
  return std::string(name.data());
}

// As the kernel counts: a child jail that lives keeps its parent alive, whether processes are in it or not.
bool has_child_jail(const std::string& parent) {
  constexpr int jails_max = 1'000'000;  // jids end at 999999 (sys/jail.h, JAIL_MAX)
  int last = 0;
  for (int i = 0; i < jails_max; ++i) {
    std::array<char, 256> name{};
    std::array<iovec, 4> parts{part("lastjid", sizeof "lastjid"), part(&last, sizeof last), part("name", sizeof "name"),
                               part(name.data(), name.size())};
    const int jid = ::jail_get(parts.data(), parts.size(), 0);
    if (jid <= last) return false;
    if (std::string_view(name.data()).starts_with(parent + ".")) return true;
    last = jid;
  }
  return false;
}

}  // namespace

struct Jail::State {
  Options options;
  int jid = 0;  // 0: not adopted yet
  std::vector<JailEvent> events;
  // Made by the first child: a kqueue is not inherited, and we fork once ourselves before there is any.
  UniqueFd queue;
  // By process descriptor: what ends is told with its status, its pid is nobody else's before we let go of it, and the
  // kernel ends what must not outlive us.
  std::map<pid_t, UniqueFd> children;
  std::vector<ChildExit> exits;
  // A process of the jail whose end will be told: until then the jail is not empty, whoever else comes and goes.
  bool inhabitant_watched = false;

  // JIDs are used again, so before anything is done by jid. JAIL_DYING: a dying one is still ours.
  [[nodiscard]] bool is_ours(int flags) const {
    const auto name = name_of_jail(jid, flags);
    return name && *name == options.name;
  }

  Result<void> open_queue() {
    if (queue) return {};
    queue.reset(::kqueue());
    if (!queue || ::fcntl(queue.get(), F_SETFD, FD_CLOEXEC) != 0) {
      return FailErrno(Kind::overloaded, "kqueue", errno);
    }
    return {};
  }

  [[nodiscard]] bool tell_of(std::uintptr_t what, short filter, void* tag) const {
    struct kevent change{};
    EV_SET(&change, what, filter, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, tag);
    return ::kevent(queue.get(), &change, 1, nullptr, 0, nullptr) == 0;
  }

  // Asks once more whether it is empty.
  [[nodiscard]] bool look_again_soon() const {
    struct kevent change{};
    EV_SET(&change, 0, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, children_glance, nullptr);
    return ::kevent(queue.get(), &change, 1, nullptr, 0, nullptr) == 0;
  }

  // From the last, which is the oldest and likely to stay: each end costs a look at all processes of the host.
  [[nodiscard]] bool watch_one_of(const std::vector<pid_t>& pids) const {
    for (const pid_t pid : pids | std::views::reverse) {
      if (tell_of(static_cast<std::uintptr_t>(pid), EVFILT_PROC, nullptr)) return true;
    }
    return false;
  }
};

Jail::Jail(const Options& options) : state_(std::make_unique<State>()) {
  state_->options = options;
}
Jail::~Jail() = default;

Result<void> Jail::prepare() {
  return load_login_classes();
}

Result<void> Jail::begin_create(const CreateRequest& /*request*/) {
  return Fail(Kind::invalid, "create is for Linux; here it is adopt");
}
void Jail::cancel_create() {}

Result<void> Jail::adopt(int jid) {
  const auto name = name_of_jail(jid, 0);
  if (!name) return Fail(name.error());
  if (*name != state_->options.name) return Fail(Kind::conflict, "jail " + std::to_string(jid) + " is named " + *name);
  state_->jid = jid;
  return {};
}

Result<void> Jail::set_limits(const LimitsRequest& /*limits*/) {
  return Fail(Kind::invalid, "limits are set by rctl(8) and cpuset(1) here");
}
Result<void> Jail::remove() {
  return Fail(Kind::invalid, "jails are removed by jail_remove(2) here");
}

bool Jail::exists() const {
  return state_->jid != 0;
}
bool Jail::gone() const {
  return false;
}  // jaild removes it, and asks us for nothing inside afterwards
std::optional<int> Jail::jid() const {
  return state_->jid == 0 ? std::nullopt : std::optional<int>(state_->jid);
}
std::optional<std::uint64_t> Jail::start_time() const {
  return std::nullopt;
}

std::vector<pid_t> Jail::processes(const std::vector<pid_t>& /*ours*/) const {
  return exists() && state_->is_ours(JAIL_DYING) ? processes_in_jail(state_->jid) : std::vector<pid_t>();
}

// The kernel has no descriptor for a process that is not our child.
std::size_t Jail::terminate(const std::vector<pid_t>& ours, std::set<pid_t>& told) const {
  const auto present = processes(ours);
  for (const pid_t pid : present) {
    if (told.insert(pid).second && jail_of(pid) == state_->jid) ::kill(pid, SIGTERM);
  }
  return present.size();
}

// Not only our own may be in it: jexec(8) brings others, and an adopted jail had its processes before us.
void Jail::ask_whether_empty() {
  if (!exists() || state_->inhabitant_watched || !state_->open_queue()) return;
  for (int look = 0; look < looks_max; ++look) {
    const auto pids = processes_in_jail(state_->jid);
    if (pids.empty() && has_child_jail(state_->options.name) && state_->look_again_soon()) return;
    if (pids.empty()) return state_->events.push_back(JailEvent::empty);
    state_->inhabitant_watched = state_->watch_one_of(pids);
    if (state_->inhabitant_watched) return;
  }
}

void Jail::keep_console(int /*reader*/) {}

int Jail::event_fd() const {
  return state_->queue.get();
}

void Jail::on_readable() {
  std::array<struct kevent, 16> events{};  // what is more comes next time
  const timespec at_once{};
  const int count = ::kevent(state_->queue.get(), nullptr, 0, events.data(), events.size(), &at_once);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.filter == EVFILT_TIMER) {
      ask_whether_empty();
    } else if (event.filter == EVFILT_PROC) {
      state_->inhabitant_watched = false;
      ask_whether_empty();
    } else {
      const auto pid = static_cast<pid_t>(reinterpret_cast<std::intptr_t>(event.udata));
      state_->children.erase(pid);  // reaps it
      state_->exits.push_back({pid, static_cast<int>(event.data)});
    }
  }
}

bool Jail::on_exit(pid_t /*pid*/, int /*status*/) {
  return false;
}
std::vector<ChildExit> Jail::take_exits() {
  return std::exchange(state_->exits, {});
}
std::vector<JailEvent> Jail::take_events() {
  return std::exchange(state_->events, {});
}
Error Jail::take_failure() {
  return {};
}

Result<Forked> Jail::fork_child(bool /*inside*/, AtMonitorsDeath fate) {
  if (auto opened = state_->open_queue(); !opened) return Fail(opened.error());
  int descriptor = -1;
  const pid_t pid = ::pdfork(&descriptor, PD_CLOEXEC | (fate == AtMonitorsDeath::lives_on ? PD_DAEMON : 0));
  if (pid < 0) return FailErrno(Kind::overloaded, "pdfork", errno);
  if (pid == 0) return Forked{};
  UniqueFd held(descriptor);
  void* tag = reinterpret_cast<void*>(static_cast<std::intptr_t>(pid));
  if (!state_->tell_of(static_cast<std::uintptr_t>(descriptor), EVFILT_PROCDESC, tag)) {
    const int refused = errno;
    ::pdkill(descriptor, SIGKILL);
    return FailErrno(Kind::overloaded, "watch a command", refused);
  }
  state_->children.emplace(pid, std::move(held));
  return Forked{pid, {}};
}

Result<void> Jail::enter_limits(int fib) const {
  if (fib != 0 && ::setfib(fib) != 0) return FailErrno(Kind::host_refused, "exec.fib", errno);
  // jaild's own, perhaps narrower set must not limit the jail. Only a process of the host's own set takes over the
  // jail's when it attaches; any other, of the root set too, gets one of its own there, and that is never widened
  // again.
  if (::cpuset_setid(CPU_WHICH_PID, -1, set_of_host) != 0) return FailErrno(Kind::host_refused, "cpuset 1", errno);
  return {};
}

Result<void> Jail::attach() const {
  // Not by descriptor: jail_attach_jd(2) of FreeBSD 15.1 leaves a reference behind that keeps the jail dying for ever.
  if (!state_->is_ours(0)) return Fail(Kind::not_running, "the jail is gone");
  if (::jail_attach(state_->jid) != 0) return FailErrno(Kind::host_refused, "jail_attach", errno);
  if (::chdir("/") != 0) return FailErrno(Kind::host_refused, "chdir / in the jail", errno);
  return {};
}

int Jail::attach_fd() const {
  return -1;
}
Result<void> Jail::seal() const {
  return {};
}

}  // namespace jaild::monitor
