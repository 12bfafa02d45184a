// Parameters: reading them, who may set them to what, and how jail_get(2) shows them (freebsd-kernel.md 1.1 to 1.6).
#include <algorithm>
#include <cerrno>
#include <charconv>

#include "api/contract/ip_text.h"
#include "api/contract/param_table.h"
#include "daemon/host/sim/kernel_request.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

constexpr std::size_t addresses_max = 255;  // security.jail.jail_max_af_ips
constexpr std::size_t meta_max = 4096;      // security.jail.meta_maxbufsize
constexpr const char* release = "15.0-SIM";
constexpr std::int64_t release_date = 1'500'068;  // __FreeBSD_version of 15.0

bool is_meta(std::string_view name) {
  return name == "meta" || name == "env" || name.starts_with("meta.") || name.starts_with("env.");
}

bool no_value(const ParamValue& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list != nullptr && list->empty();
}

ParamValue default_of(const Param& param) {
  switch (param.type) {
    case ParamType::boolean: return param.otherwise == "true";
    case ParamType::integer: {
      std::int64_t number = 0;
      std::from_chars(param.otherwise.data(), param.otherwise.data() + param.otherwise.size(), number);
      return number;
    }
    case ParamType::string: return std::string(param.otherwise);
    case ParamType::list: return std::vector<std::string>();
    case ParamType::jailsys: return std::string(param.otherwise);
  }
  std::unreachable();
}

std::map<std::string, ParamValue> make_defaults() {
  std::map<std::string, ParamValue> defaults;
  for (const Param& param : param_table()) {
    if (param.origin == ParamOrigin::kernel) defaults.emplace(param.name, default_of(param));
  }
  defaults["securelevel"] = std::int64_t{-1};
  defaults["enforce_statfs"] = std::int64_t{2};
  defaults["osrelease"] = std::string(release);
  defaults["osreldate"] = release_date;
  defaults["host.hostuuid"] = std::string("00000000-0000-0000-0000-000000000000");
  return defaults;
}

// What a top-level jail has that was given nothing (freebsd-kernel.md 1.5).
const std::map<std::string, ParamValue>& defaults() {
  static const std::map<std::string, ParamValue> all = make_defaults();
  return all;
}

Result<void> check_type(const Param& param, const std::string& name, const ParamValue& value) {
  switch (param.type) {
    case ParamType::boolean: return {};  // the value of a boolean is never looked at
    case ParamType::integer:
      if (!std::holds_alternative<std::int64_t>(value)) return refuse(EINVAL, name + " is a number");
      if (number_of(value) < param.least || number_of(value) > param.most) return refuse(EINVAL, name);
      return {};
    case ParamType::string:
      if (is_meta(name) && no_value(value)) return {};  // the key is taken out
      if (!std::holds_alternative<std::string>(value)) return refuse(EINVAL, name + " is a string");
      if (is_meta(name) && text_of(value).size() > meta_max) return refuse(EFBIG, name);
      if (text_of(value).size() > static_cast<std::size_t>(param.most)) return refuse(ENAMETOOLONG, name);
      return {};
    case ParamType::list:
      if (!std::holds_alternative<std::vector<std::string>>(value)) return refuse(EINVAL, name + " is a list");
      return {};
    case ParamType::jailsys: {
      const std::string word = text_of(value);
      const bool known = word == "new" || word == "inherit" || (word == "disable" && param.least == 0);
      return known ? Result<void>{} : refuse(EINVAL, name);
    }
  }
  std::unreachable();
}

// Canonical, the first in front, the others sorted, as the kernel keeps them.
Result<std::vector<std::string>> read_addresses(const std::string& name, const ParamValue& value) {
  const bool v6 = name == "ip6.addr";
  std::vector<IpBytes> bytes;
  for (const std::string& each : list_of(value)) {
    const auto address = parse_ip(each, v6);
    if (!address) return refuse(EINVAL, name + " " + each);
    if (std::find(bytes.begin(), bytes.end(), *address) != bytes.end())
      return refuse(EINVAL, name + " " + each + " twice");
    bytes.push_back(*address);
  }
  if (bytes.size() > addresses_max) return refuse(EINVAL, name + ", more than 255 addresses");
  if (!bytes.empty()) std::sort(bytes.begin() + 1, bytes.end());
  std::vector<std::string> addresses;
  for (const IpBytes& each : bytes) addresses.push_back(ip_text(each, v6));
  return addresses;
}

}  // namespace

Result<SimKernel::Request> SimKernel::read_params(unsigned flags, const ParamList& params) const {
  Request request;
  for (const auto& [given, value] : params) {
    std::string name = given;
    const Param* param = find_param(name);
    bool on = true;
    if (param == nullptr) {
      param = find_negated(name);
      on = false;
      if (param != nullptr)
        name = param->name.ends_with(".FS") ? without_no(given).value_or(given) : std::string(param->name);
    }
    if (param == nullptr || param->origin != ParamOrigin::kernel || (param->when == ParamWhen::read)) {
      return refuse(EINVAL, "unknown parameter: " + given);
    }
    if ((flags & jail_update) != 0 && param->when == ParamWhen::create && name != "jid") {
      return refuse(EINVAL, name + " cannot be changed after creation");
    }
    if (const auto fits = check_type(*param, name, value); !fits) return Fail(fits.error());
    if (name == "jid") {
      request.jid = static_cast<int>(number_of(value));
    } else if (name == "name") {
      request.name = text_of(value);
    } else if (name == "path") {
      request.path = text_of(value);
    } else if (name == "persist") {
      request.persist = on;
    } else if (param->type == ParamType::boolean) {
      request.values[name] = on;
    } else if (name == "ip4.addr" || name == "ip6.addr") {
      auto addresses = read_addresses(name, value);
      if (!addresses) return Fail(addresses.error());
      request.values[name] = std::move(*addresses);
    } else {
      request.values[name] = value;
    }
  }
  return request;
}

ParamValue SimKernel::value_of(const Jail* jail, const std::string& name) const {
  if (jail == nullptr) {
    if (name.starts_with("allow.")) return true;
    if (name == "children.max") return std::int64_t{jid_max};
    if (name == "enforce_statfs") return std::int64_t{0};
    if (name == "ip4" || name == "ip6" || name == "vnet") return std::string("inherit");
  } else if (const auto set = jail->params.find(name); set != jail->params.end()) {
    return set->second;
  }
  const auto found = defaults().find(name);
  if (found != defaults().end()) return found->second;
  if (name.starts_with("allow.")) return false;
  return std::string();
}

Result<void> SimKernel::check_values(const Request& request, const Jail* parent, const Jail* jail) const {
  for (const auto& [name, value] : request.values) {
    if (name.starts_with("allow.")) {
      if (std::get<bool>(value) && !std::get<bool>(value_of(parent, name))) return refuse(EPERM, name);
    } else if (name == "securelevel" || name == "enforce_statfs") {
      if (number_of(value) < number_of(value_of(parent, name))) return refuse(EPERM, name);
    } else if (name == "children.max") {
      if (parent != nullptr && number_of(value) >= number_of(value_of(parent, name))) return refuse(EPERM, name);
    }
  }
  for (const bool v6 : {false, true}) {
    if (const auto fine = check_addresses(request, parent, jail, v6); !fine) return fine;
  }
  return {};
}

// The nearest jail from `jail` upwards that has addresses of its own; nullptr: none restricts it.
const Jail* SimKernel::restricting(const Jail* jail, bool v6) const {
  while (jail != nullptr) {
    if (text_of(value_of(jail, "vnet")) == "new") return nullptr;
    if (text_of(value_of(jail, v6 ? "ip6" : "ip4")) != "inherit") return jail;
    jail = find(jail->parent);
  }
  return nullptr;
}

// Whether `jail` is the jail of that jid, or a child of it at any depth.
bool SimKernel::is_within(const Jail* jail, int jid) const {
  while (jail != nullptr && jail->jid != jid) jail = find(jail->parent);
  return jail != nullptr;
}

Result<void> SimKernel::check_addresses(const Request& request, const Jail* parent, const Jail* jail, bool v6) const {
  const std::string key = v6 ? "ip6.addr" : "ip4.addr";
  const std::string mode = v6 ? "ip6" : "ip4";
  const ParamValue* given = request.find(key);
  if (given == nullptr) return {};
  const ParamValue* vnet = request.find("vnet");
  if (text_of(vnet != nullptr ? *vnet : value_of(jail, "vnet")) == "new") {
    return refuse(EINVAL, "vnet jails cannot have IP address restrictions");
  }
  if (jail != nullptr && text_of(value_of(jail, mode)) == "inherit") {
    return refuse(EINVAL, mode + " cannot be changed after creation");
  }
  const auto addresses = list_of(*given);
  const Jail* above = restricting(parent, v6);
  const auto allowed = above == nullptr ? std::vector<std::string>() : list_of(value_of(above, key));
  for (const std::string& each : addresses) {
    if (above != nullptr && std::find(allowed.begin(), allowed.end(), each) == allowed.end()) {
      return refuse(EPERM, key + " " + each + " is not the parent's");
    }
    const auto users = address_users_.find((v6 ? "6 " : "4 ") + each);
    if (users == address_users_.end()) continue;
    for (const int jid : users->second) {
      if (is_within(jail, jid) || is_within(parent, jid)) continue;
      if (jail != nullptr && is_within(find(jid), jail->jid)) continue;
      if (addresses.size() > 1 || list_of(value_of(find(jid), key)).size() > 1) {
        return refuse(EADDRINUSE, key + " " + each + " is used by jail " + find(jid)->name);
      }
    }
  }
  return {};
}

// A child jail starts with its parent's values where the table says so.
void SimKernel::inherit(Jail& jail, const Jail& parent) const {
  for (const char* name : {"securelevel", "devfs_ruleset", "osrelease", "osreldate"}) {
    if (const auto set = parent.params.find(name); set != parent.params.end()) jail.params.insert(*set);
  }
  for (const auto& [name, value] : parent.params) {
    const bool* on = std::get_if<bool>(&value);
    if (name.starts_with("allow.") && on != nullptr && !*on) jail.params.insert_or_assign(name, false);
  }
}

void SimKernel::apply(Jail& jail, const Request& request) {
  index_addresses(jail, false);
  for (const auto& [name, value] : request.values) {
    if (is_meta(name) && no_value(value)) {
      jail.params.erase(name);
      continue;
    }
    jail.params[name] = value;
    if (name.starts_with("host.")) jail.params["host"] = std::string("new");
    if (name == "allow.sysvipc") {
      for (const char* each : {"sysvmsg", "sysvsem", "sysvshm"}) {
        jail.params[each] = std::string(std::get<bool>(value) ? "inherit" : "disable");
      }
    }
    const bool* on = std::get_if<bool>(&value);
    if (name.starts_with("allow.") && on != nullptr && !*on) clear_below(jail, name);
    if (name == "securelevel" || name == "enforce_statfs") raise_below(jail, name, number_of(value));
  }
  // Reading never yields "new", and a restricted jail reads "disable" also with addresses (freebsd-kernel.md, trap 3).
  for (const bool v6 : {false, true}) {
    const auto mode = jail.params.find(v6 ? "ip6" : "ip4");
    const bool listed = request.find(v6 ? "ip6.addr" : "ip4.addr") != nullptr;
    if (mode != jail.params.end() && (listed || text_of(mode->second) == "new")) mode->second = std::string("disable");
  }
  index_addresses(jail, true);
}

void SimKernel::clear_below(const Jail& jail, const std::string& name) {
  for (const int child : jail.children) {
    Jail& each = jails_.at(child);
    each.params[name] = false;
    clear_below(each, name);
  }
}

void SimKernel::raise_below(const Jail& jail, const std::string& name, std::int64_t least) {
  for (const int child : jail.children) {
    Jail& each = jails_.at(child);
    if (number_of(value_of(&each, name)) < least) each.params[name] = least;
    raise_below(each, name, least);
  }
}

void SimKernel::index_addresses(const Jail& jail, bool add) {
  for (const bool v6 : {false, true}) {
    const auto found = jail.params.find(v6 ? "ip6.addr" : "ip4.addr");
    if (found == jail.params.end()) continue;
    for (const std::string& each : list_of(found->second)) {
      const std::string key = (v6 ? "6 " : "4 ") + each;
      auto& users = address_users_[key];
      if (add) {
        users.push_back(jail.jid);
      } else {
        std::erase(users, jail.jid);
        if (users.empty()) address_users_.erase(key);
      }
    }
  }
}

std::map<std::string, ParamValue> SimKernel::params_of(const Jail& jail) const {
  std::map<std::string, ParamValue> params = defaults();
  for (const auto& [name, value] : jail.params) params[name] = value;
  std::int64_t children = 0;
  for (const auto& child : jail.children) children += jails_.at(child).dying ? 0 : 1;
  params["jid"] = std::int64_t{jail.jid};
  params["name"] = jail.name;
  params["path"] = jail.path;
  params["parent"] = std::int64_t{jail.parent};
  params["persist"] = jail.persist;
  params["dying"] = jail.dying;
  params["children.cur"] = children;
  params["cpuset.id"] = std::int64_t{jail.jid} + 1;  // set 1 is the host's; each jail has a root set of its own
  return params;
}

}  // namespace jaild::host::sim
