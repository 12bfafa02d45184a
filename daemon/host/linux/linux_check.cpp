#include "daemon/host/linux/linux_check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "api/contract/param_table.h"
#include "daemon/host/linux/jail_mounts.h"
#include "daemon/host/linux/limits.h"
#include "daemon/host/linux/network.h"

namespace jaild::host {
namespace {

// Honoured whatever their value. Pseudo-parameters are the monitor's and the core's business; those that are not are
// in `choosy` below.
constexpr std::array<std::string_view, 12> honoured = {"path",
                                                       "persist",
                                                       "vnet",
                                                       "ip4",
                                                       "ip6",
                                                       "ip4.addr",
                                                       "ip6.addr",
                                                       "allow.raw_sockets",
                                                       "allow.reserved_ports",
                                                       "allow.chflags",
                                                       "allow.mlock",
                                                       "allow.socket_af"};

bool is(const ParamValue& value, std::string_view text) {
  const auto* held = std::get_if<std::string>(&value);
  return held != nullptr && *held == text;
}
std::int64_t number(const ParamValue& value) {
  const auto* held = std::get_if<std::int64_t>(&value);
  return held == nullptr ? 0 : *held;
}
bool on(const ParamValue& value) {
  const auto* held = std::get_if<bool>(&value);
  return held != nullptr && *held;
}

constexpr std::size_t host_name_max = 64;  // bytes, __NEW_UTS_LEN
bool fits_uts(const ParamValue& value) {
  const auto* held = std::get_if<std::string>(&value);
  return held == nullptr || held->size() <= host_name_max;
}

// Parameters of which Linux can give some values.
struct Choosy {
  std::string_view name;
  bool (*served)(const ParamValue&);
  std::string_view why;
};
constexpr std::array choosy = {
    Choosy{"securelevel", [](const ParamValue& value) { return number(value) <= 0; }, "Linux has no secure levels"},
    Choosy{"children.max", [](const ParamValue& value) { return number(value) == 0; }, "Linux has no jails in jails"},
    Choosy{"enforce_statfs", [](const ParamValue& value) { return number(value) <= 1; },
           "a jail on Linux sees its own mounts, which is enforce_statfs=1"},
    Choosy{"devfs_ruleset", [](const ParamValue& value) { return number(value) == 0 || number(value) == 4; },
           "Linux has no device rulesets; mount.devfs gives harmless devices only"},
    Choosy{"host.hostname", fits_uts, "is longer than the 64 bytes that Linux takes"},
    Choosy{"host.domainname", fits_uts, "is longer than the 64 bytes that Linux takes"},
    Choosy{"host", [](const ParamValue& value) { return is(value, "new"); },
           "a jail on Linux always has a host name of its own"},
    Choosy{"sysvmsg", [](const ParamValue& value) { return is(value, "new"); },
           "a jail on Linux always has System V objects of its own"},
    Choosy{"sysvsem", [](const ParamValue& value) { return is(value, "new"); },
           "a jail on Linux always has System V objects of its own"},
    Choosy{"sysvshm", [](const ParamValue& value) { return is(value, "new"); },
           "a jail on Linux always has System V objects of its own"},
    Choosy{"allow.set_hostname", [](const ParamValue& value) { return !on(value); },
           "a jail on Linux cannot change its host name"},
    Choosy{"exec.fib", [](const ParamValue& value) { return number(value) == 0; },
           "Linux has no routing table numbers"},
    Choosy{"ip_hostname", [](const ParamValue& value) { return !on(value); }, "not on Linux: list the addresses"},
    Choosy{"zfs.dataset", [](const ParamValue&) { return false; }, "Linux cannot give a dataset to a jail"},
};

// The value as jail.conf(5) text, to compare with the table's default.
std::string text_of(const ParamValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return {};
}

// Why `name` cannot have `value` here.
std::optional<std::string> param_problem(const std::string& name, const ParamValue& value) {
  if (std::find(honoured.begin(), honoured.end(), name) != honoured.end()) return std::nullopt;
  const auto row = std::find_if(choosy.begin(), choosy.end(), [&](const Choosy& one) { return one.name == name; });
  if (row != choosy.end()) {
    if (row->served(value)) return std::nullopt;
    return std::string(row->why);
  }
  const Param* param = find_param(name);
  if (param != nullptr && param->origin == ParamOrigin::pseudo) return std::nullopt;
  // What the table says holds without a word is what Linux does too: nothing allowed, nothing set.
  if (param != nullptr && !param->otherwise.empty() && text_of(value) == param->otherwise) return std::nullopt;
  return "Linux cannot enforce " + name;
}

class Check {
 public:
  Check(const JailSpec& spec, const std::string& base) : spec_(spec), base_(base) {}

  void params() {
    for (const auto& [name, value] : spec_.params) {
      if (auto problem = param_problem(name, value)) add("/params/" + name, *problem);
    }
  }

  void addresses(bool v6) {
    const std::string name = v6 ? "ip6.addr" : "ip4.addr";
    const auto list = spec_.list(name);
    if (!list.empty() && network_stack(spec_) == NetworkStack::host) {
      add("/params/" + name, "a jail with the host's network has all its addresses: leave " + name + " or inherit out");
      return;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto address = parse_address(list[i], v6);
      if (!address) continue;  // reported as a malformed address already
      const std::string pointer = "/params/" + name + "/" + std::to_string(i);
      if (address->interface.empty() && !spec_.has("interface"))
        add(pointer, "needs a bridge on Linux: BRIDGE|ADDR/LEN");
      if (!address->words.empty()) add(pointer, "Linux takes no ifconfig words here");
    }
  }

  void network() {
    addresses(false);
    addresses(true);
    const auto refused = [&](const char* name) { return spec_.has(name) && spec_.text(name) != "inherit"; };
    if (network_stack(spec_) == NetworkStack::host) {
      for (const char* name : {"ip4", "ip6"}) {
        if (refused(name)) add("/params/" + std::string(name), "Linux shares both ip4 and ip6 with the host, or none");
      }
    }
    if (!spec_.list("vnet.interface").empty() && spec_.text("vnet") != "new") {
      add("/params/vnet.interface", "needs vnet");
    }
  }

  void mounts() {
    const auto list = spec_.list("mount");
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto entry = parse_fstab_line(list[i]);
      if (!entry) continue;  // reported as a malformed line already
      if (auto problem = mount_problem(*entry, spec_.text("path", "/"))) {
        add("/params/mount/" + std::to_string(i), *problem);
      }
    }
    if (spec_.flag("mount.fdescfs") && !(spec_.flag("mount.procfs") && spec_.flag("mount.devfs"))) {
      add("/params/mount.fdescfs", "needs mount.devfs and mount.procfs on Linux");
    }
  }

  void rules(const CgroupTree& tree) {
    for (std::size_t i = 0; i < spec_.rctl.size(); ++i) {
      if (auto problem = rule_problem(spec_.rctl[i], tree)) add("/rctl/" + std::to_string(i), *problem);
    }
  }

  void cpus(const CgroupTree& tree) {
    if (spec_.cpuset && !tree.has(Controller::cpuset)) {
      add("/cpuset", "the control group controller cpuset is not available here");
    }
  }

  void add(const std::string& pointer, const std::string& detail) { mistakes_.push_back({base_ + pointer, detail}); }
  [[nodiscard]] std::vector<FieldError>& mistakes() { return mistakes_; }

 private:
  const JailSpec& spec_;
  const std::string& base_;
  std::vector<FieldError> mistakes_;
};

}  // namespace

std::vector<FieldError> check_on_linux(const std::string& name, const JailSpec& spec, const std::string& base,
                                       const CgroupTree& tree) {
  Check check(spec, base);
  if (name.find('.') != std::string::npos) {
    const std::string beside = base.ends_with("/spec") ? base.substr(0, base.size() - 5) : base;
    check.mistakes().push_back({beside + "/name", "Linux has no jails in jails"});
  }
  check.params();
  check.network();
  check.mounts();
  check.rules(tree);
  check.cpus(tree);
  return std::move(check.mistakes());
}

std::vector<std::string> linux_params() {
  std::vector<std::string> names(honoured.begin(), honoured.end());
  for (const Choosy& one : choosy) {
    const Param* param = find_param(one.name);
    if (param != nullptr && param->origin == ParamOrigin::kernel) names.emplace_back(one.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> linux_live_params() {
  return {"host.domainname", "host.hostname", "persist"};
}

}  // namespace jaild::host
