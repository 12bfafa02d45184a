#include "daemon/host/freebsd/vnet.h"

#include <sys/types.h>  // before the others, which use its types

#include <sys/socket.h>

#include <net/if.h>
#include <net/if_mib.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>

#include "daemon/host/freebsd/forked.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/run_program.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

using core::LedgerEntry;
using Name = std::array<char, IFNAMSIZ>;

// What an interface keeps through every move and renaming; an index is used again when an interface was destroyed.
struct Seen {
  int index = 0;                  // of the whole kernel
  std::array<char, 64> driver{};  // with its unit, "epair0"
  std::int64_t epoch = 0;         // uptime at which it was made or moved here, in seconds
  Name name{};
};

// Plain system calls only: a child in the jail calls it.
bool look_at(int index, Seen& seen) {
  std::array<int, 6> mib{CTL_NET, PF_LINK, NETLINK_GENERIC, IFMIB_IFDATA, index, IFDATA_GENERAL};
  ifmibdata general{};
  std::size_t size = sizeof general;
  if (::sysctl(mib.data(), mib.size(), &general, &size, nullptr, 0) != 0) return false;
  mib[5] = IFDATA_DRIVERNAME;
  size = seen.driver.size() - 1;
  if (::sysctl(mib.data(), mib.size(), seen.driver.data(), &size, nullptr, 0) != 0) return false;
  seen.index = index;
  seen.epoch = general.ifmd_data.ifi_epoch;
  std::memcpy(seen.name.data(), general.ifmd_name, seen.name.size());
  return true;
}

int move_interface(unsigned long request_code, const Name& name, int jid) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_jid = jid;
  const UniqueFd socket(::socket(AF_LOCAL, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::ioctl(socket.get(), request_code, &request) == 0 ? 0 : errno;
}

// Plain system calls only.
bool rename_interface(const Name& from, Name to) {
  ifreq request{};
  std::memcpy(request.ifr_name, from.data(), from.size());
  request.ifr_data = to.data();
  const int socket = ::socket(AF_LOCAL, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool renamed = ::ioctl(socket, SIOCSIFNAME, &request) == 0;
  ::close(socket);
  return renamed;
}

std::optional<Name> as_name(const std::string& text) {
  Name name{};
  if (text.empty() || text.size() >= name.size()) return std::nullopt;
  std::memcpy(name.data(), text.c_str(), text.size());
  return name;
}

std::int64_t uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

struct Lent {
  int index = 0;
  std::array<char, 64> driver{};
  std::int64_t from = 0;  // it was moved into the jail in these seconds, so whatever has its index since then
  std::int64_t to = 0;    // was made later
};

// nullopt: lent by a jaild that did not note it.
std::optional<Lent> lent(const LedgerEntry& entry) {
  const auto number = [&](const char* key, auto& value) {
    const auto found = entry.detail.find(key);
    if (found == entry.detail.end()) return false;
    const char* end = found->second.data() + found->second.size();
    const auto [stop, error] = std::from_chars(found->second.data(), end, value);
    return error == std::errc{} && stop == end;
  };
  Lent lent;
  const auto driver = entry.detail.find("driver");
  if (driver == entry.detail.end() || driver->second.size() >= lent.driver.size()) return std::nullopt;
  std::memcpy(lent.driver.data(), driver->second.c_str(), driver->second.size());
  if (!number("index", lent.index) || !number("lent_from", lent.from) || !number("lent_to", lent.to))
    return std::nullopt;
  return lent;
}

bool is_it(const Seen& seen, const Lent& lent) {
  return seen.index == lent.index && std::strcmp(seen.driver.data(), lent.driver.data()) == 0;
}

// In the jail: gives it its old name if that is free there, else one that is nobody's. Writes the name that it has
// then; nothing, when it is not there any more.
void find_inside(int answer, const Lent& lent, const Name& name, const Name& spare) {
  Seen seen;
  if (!look_at(lent.index, seen) || !is_it(seen, lent) || seen.epoch < lent.from || seen.epoch > lent.to) return;
  Name found = seen.name;
  if (found != name) found = rename_interface(found, name) ? name : rename_interface(found, spare) ? spare : found;
  [[maybe_unused]] const auto wrote = ::write(answer, found.data(), found.size());
}

std::optional<Seen> on_host(const Name& name) {
  Seen seen;
  const unsigned index = ::if_nametoindex(name.data());
  return index != 0 && look_at(static_cast<int>(index), seen) ? std::optional(seen) : std::nullopt;
}

}  // namespace

Result<LedgerEntry> lend_interface(LedgerEntry entry, int jid) {
  const std::string what = "give interface " + entry.id + " to jail " + std::to_string(jid);
  const auto name = as_name(entry.id);
  if (!name) return Fail(Kind::invalid, entry.id + " is no name of an interface");
  const auto seen = on_host(*name);
  const std::int64_t before = uptime();
  const int error = move_interface(SIOCSIFVNET, *name, jid);
  if (error == 0 && seen) {
    // The kernel's seconds may lag behind ours by one.
    entry.detail["index"] = std::to_string(seen->index);
    entry.detail["driver"] = seen->driver.data();
    entry.detail["lent_from"] = std::to_string(before - 1);
    entry.detail["lent_to"] = std::to_string(uptime());
  }
  if (error == 0) return entry;
  Error refused = os_error(what, error);
  if (error == ENXIO) {
    refused.kind = Kind::missing;
    refused.message = "interface " + entry.id + " is not on the host";
  }
  return Fail(std::move(refused));
}

Result<void> take_interface_back(const LedgerEntry& entry, int jid) {
  const auto name = as_name(entry.id);
  if (!name) return {};
  const std::string what = "take interface " + entry.id + " back from jail " + std::to_string(jid);
  const auto known = lent(entry);
  Name present = *name;
  if (known) {
    Name spare{};  // that no jail can have taken before
    std::snprintf(spare.data(), spare.size(), "jaild%08x", ::arc4random());
    const auto answer = in_jail(jid, what, IFNAMSIZ, [&](int output) { find_inside(output, *known, *name, spare); });
    if (!answer) return Fail(answer.error());
    if (answer->size() != present.size()) return {};
    std::memcpy(present.data(), answer->data(), present.size());
  }
  const int error = move_interface(SIOCSIFRVNET, present, jid);
  if (error == ENXIO) return {};
  if (error != 0) return Fail(os_error(what, error));
  if (!known) return {};
  // The jail's root may have exchanged the names in between: what it made is not for the host.
  if (const auto back = on_host(present); !back || !is_it(*back, *known)) {
    move_interface(SIOCSIFVNET, present, jid);
    return {};
  }
  if (present != *name) rename_interface(present, *name);
  return {};
}

Result<void> attach_dataset(const std::string& name, int jid) {
  return run_program({"/sbin/zfs", "jail", std::to_string(jid), name});
}

Result<void> detach_dataset(const std::string& name, int jid) {
  if (!jail_name(jid, true)) return {};  // the attachment went with it
  return run_program({"/sbin/zfs", "unjail", std::to_string(jid), name});
}

}  // namespace jaild::host
