#include "api/jailconf/option_name.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "api/contract/param_table.h"

namespace jaild::jailconf {
namespace {

// No parameter of any kernel has more parts.
constexpr int parts_max = 8;

// Kernel parameters that jail(8) reads for itself, beside its own pseudo-parameters.
constexpr std::array<std::string_view, 16> read_by_jail{"allow.chflags",
                                                        "allow.mount",
                                                        "allow.raw_sockets",
                                                        "allow.set_hostname",
                                                        "allow.socket_af",
                                                        "allow.sysvipc",
                                                        "devfs_ruleset",
                                                        "host.hostname",
                                                        "ip4.addr",
                                                        "ip6.addr",
                                                        "jid",
                                                        "name",
                                                        "path",
                                                        "persist",
                                                        "securelevel",
                                                        "vnet"};

using Names = std::set<std::string, std::less<>>;

const Names& known_to_jail() {
  static const Names names = [] {
    Names all(read_by_jail.begin(), read_by_jail.end());
    for (const Param& row : param_table()) {
      if (row.origin == ParamOrigin::pseudo) all.emplace(row.name);
    }
    return all;
  }();
  return names;
}

// "host.nohostname" of "host.hostname".
const Names& no_forms() {
  static const Names names = [] {
    Names all;
    for (const std::string& name : known_to_jail()) {
      for (std::size_t part = 0; part != std::string::npos;) {
        all.insert(name.substr(0, part) + "no" + name.substr(part));
        const std::size_t dot = name.find('.', part);
        part = dot == std::string::npos ? dot : dot + 1;
      }
    }
    return all;
  }();
  return names;
}

}  // namespace

std::vector<std::string> without_no_prefix(std::string_view name) {
  std::vector<std::string> names;
  std::size_t part = 0;
  for (int count = 0; count < parts_max && part != std::string_view::npos; ++count) {
    const std::string_view rest = name.substr(part);
    if (rest.starts_with("no")) names.push_back(std::string(name.substr(0, part)) + std::string(rest.substr(2)));
    const std::size_t dot = name.find('.', part);
    part = dot == std::string_view::npos ? dot : dot + 1;
  }
  return names;
}

bool is_no_form(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return name.substr(dot == std::string_view::npos ? 0 : dot + 1).starts_with("no");
}

bool reserved_for_parameters(std::string_view name) {
  return known_to_jail().contains(name) || no_forms().contains(name);
}

bool is_wildcard(std::string_view block) {
  for (std::size_t from = 0; from <= block.size();) {
    const std::size_t dot = std::min(block.find('.', from), block.size());
    if (block.substr(from, dot - from) == "*") return true;
    from = dot + 1;
  }
  return false;
}

bool wildcard_matches(std::string_view wildcard, std::string_view jail) {
  for (std::size_t dot = wildcard.find('.'); dot != std::string_view::npos; dot = wildcard.find('.')) {
    const std::size_t jail_dot = jail.find('.');
    const std::string_view part = wildcard.substr(0, dot);
    if (jail_dot == std::string_view::npos || (part != "*" && part != jail.substr(0, jail_dot))) return false;
    wildcard.remove_prefix(dot + 1);
    jail.remove_prefix(jail_dot + 1);
  }
  return wildcard == "*" || wildcard == jail;
}

bool is_jid(std::string_view block) {
  if (block.starts_with('-') || block.starts_with('+')) block.remove_prefix(1);
  return !block.empty() && std::ranges::all_of(block, [](char c) { return c >= '0' && c <= '9'; }) &&
         block.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace jaild::jailconf
