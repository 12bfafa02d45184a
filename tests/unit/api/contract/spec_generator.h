// Random valid specs from a seed, for property tests and as a start for broken ones.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/param_table.h"

namespace jaild::test {

class SpecGenerator {
 public:
  explicit SpecGenerator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(unsigned one_in) { return below(one_in) == 0; }

  // Something for each field, so that validate() on a host with CPUs 0-3 and RACCT finds nothing.
  JailSpec spec() {
    JailSpec spec;
    for (const Param& row : param_table()) {
      if (param_refusal(row.name).empty() && chance(3)) spec.params[std::string(row.name)] = value_of(row);
    }
    spec.params["path"] = "/jail/" + word(20);
    spec.params["persist"] = true;
    spec.params["meta." + word(8)] = text(30);
    if (spec.text("vnet") == "new") {
      for (const char* name : {"ip4.addr", "ip6.addr", "ip_hostname"}) spec.params.erase(name);
    }
    if (chance(2)) spec.command = "/bin/" + word(9) + " " + text(40);
    add_rules(spec);
    constexpr const char* cpus[] = {"0", "0-3", "3,1", "0-1,1-2", "0,0"};
    if (chance(2)) spec.cpuset = *CpuList::parse(cpus[below(5)]);
    add_settings(spec);
    for (std::uint64_t i = below(4); i > 0; --i) spec.labels[word(10)] = text(20);
    return spec;
  }

 private:
  std::chrono::seconds duration(std::int64_t least, std::int64_t most) {
    return std::chrono::seconds(least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1))));
  }

  std::string word(std::size_t most) {
    std::string out;
    for (std::size_t i = 1 + below(most); i > 0; --i) out += "abcdefghijklmnopqrstuvwxyz_"[below(27)];
    return out;
  }

  // With what JSON escapes and what takes several bytes, but no control characters.
  std::string text(std::size_t most) {
    constexpr const char* pieces[] = {"a", "Z", "0", " ", "/", "~", "\"", "\\", "=", "\xc3\xa4", "\xf0\x9f\x90\xa1",
                                      "$", "{"};
    std::string out;
    for (std::size_t i = below(most); i > 0; --i) out += pieces[below(13)];
    return out;
  }

  // The entries of `name` are distinct by `index`.
  std::string entry_of(const Param& row, std::size_t index) {
    const std::string n = std::to_string(index);
    if (row.name == "ip4.addr") return (chance(2) ? "em0|10.0.0." : "10.0.0.") + n + (chance(2) ? "/24 vhid 1" : "");
    if (row.name == "ip6.addr") return (chance(2) ? "lo1|2001:db8::" : "2001:DB8:0::") + n + (chance(2) ? "/64" : "");
    if (row.name == "mount") return "/src" + n + " /jail/" + n + " nullfs ro,nosuid 0 0";
    if (row.name == "mount.fstab") return "/etc/fstab." + n;
    if (row.name == "depend") return "dep-" + n;
    if (row.name == "vnet.interface") return "epair" + n + "b";
    return row.least > 0 ? word(12) : text(40);
  }

  ParamValue value_of(const Param& row) {
    switch (row.type) {
      case ParamType::boolean: return chance(2);
      case ParamType::integer: {
        const auto span = static_cast<std::uint64_t>(row.most) - static_cast<std::uint64_t>(row.least);
        return row.least + static_cast<std::int64_t>(below(std::min<std::uint64_t>(span, 1'000'000) + 1));
      }
      case ParamType::string:
        if (row.name == "exec.consolelog") return "/var/log/" + word(9);
        return word(static_cast<std::size_t>(std::min<std::int64_t>(row.most, 30)));
      case ParamType::list: {
        std::vector<std::string> entries;
        for (std::size_t i = 0; i < 1 + below(4); ++i) entries.push_back(entry_of(row, i + 1));
        return entries;
      }
      case ParamType::jailsys:
        return std::string(row.least > 0 || chance(2) ? (chance(2) ? "new" : "inherit") : "disable");
    }
    std::unreachable();
  }

  void add_rules(JailSpec& spec) {
    constexpr const char* amounts[] = {"0", "1", "500", "2g", "64M", "1K"};
    for (const Resource resource : all_resources()) {
      if (!chance(4)) continue;
      const std::string name(to_string(resource));
      spec.rctl.push_back(*RctlRule::parse(name + ":log=" + amounts[below(6)]));
      if (auto deny = RctlRule::parse(name + ":deny=" + amounts[below(6)] + (chance(2) ? "/user" : "")))
        spec.rctl.push_back(*deny);
    }
  }

  void add_settings(JailSpec& spec) {
    constexpr std::int64_t year = 31'536'000;
    spec.restart.policy = static_cast<RestartPolicy>(below(3));
    spec.restart.delay = duration(1, 1000);
    spec.restart.max_delay = duration(1000, year);
    spec.restart.limit = static_cast<int>(below(1001));
    spec.restart.window = duration(1, year);
    spec.autostart = chance(2);
    spec.priority = static_cast<int>(below(100));
    if (chance(3)) return;
    HealthSettings& health = spec.health.emplace();
    health.kind = static_cast<HealthKind>(below(3));
    constexpr const char* targets[] = {"/bin/test -e /ready", "[::1]:80", "http://127.0.0.1:8080/ready?x=1"};
    health.target = targets[static_cast<std::size_t>(health.kind)];
    if (health.kind == HealthKind::http) health.expect_status = static_cast<int>(100 + below(500));
    health.interval = duration(1, year);
    health.timeout = duration(1, year);
    health.start_period = duration(0, year);
    health.failures = static_cast<int>(1 + below(1000));
    health.successes = static_cast<int>(1 + below(1000));
    health.on_failure = static_cast<HealthAction>(below(2));
  }

  std::mt19937_64 random_;
};

}  // namespace jaild::test
