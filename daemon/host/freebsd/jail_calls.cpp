#include "daemon/host/freebsd/jail_calls.h"

#include <sys/param.h>  // before jail.h, which uses its types

#include <sys/jail.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "api/contract/param_table.h"
#include "daemon/host/freebsd/beyond_parent.h"
#include "daemon/host/freebsd/host_path.h"
#include "daemon/host/freebsd/jail_args.h"
#include "daemon/host/freebsd/jail_descriptor.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/processes.h"

namespace jaild::host {
namespace {

using core::JailFacts;

constexpr std::size_t name_size = 256;  // a whole dotted name with its NUL (sys/jail.h: MAXHOSTNAMELEN)

bool is_pseudo(const std::string& name) {
  const Param* row = find_param(name);
  return row != nullptr && row->origin == ParamOrigin::pseudo;
}

// What jaild answers for itself and never hands through.
bool is_ours(std::string_view name) {
  return name == "name" || name == "jid" || name == "persist";
}

void append(ParamValue& value, const std::vector<std::string>& more) {
  auto* list = std::get_if<std::vector<std::string>>(&value);
  if (list != nullptr) list->insert(list->end(), more.begin(), more.end());
}

std::map<std::string, ParamValue> kernel_params(const JailSpec& spec, const std::vector<std::string>& more_ip4,
                                                const std::vector<std::string>& more_ip6) {
  std::map<std::string, ParamValue> params;
  for (const auto& [name, value] : spec.params) {
    if (!is_ours(name) && !is_pseudo(name)) params.emplace(name, value);
  }
  const auto extend = [&](const char* name, const std::vector<std::string>& more) {
    if (!more.empty()) append(params.try_emplace(name, std::vector<std::string>()).first->second, more);
  };
  extend("ip4.addr", more_ip4);
  extend("ip6.addr", more_ip6);
  return params;
}

Result<void> add_params(const ParamCatalog& catalog, const std::map<std::string, ParamValue>& params, JailArgs& args) {
  for (const auto& [name, value] : params) {
    const auto param = catalog.find_or_load(name);
    if (!param) return Fail(Kind::invalid, "this kernel has no jail parameter " + name, EINVAL);
    if (auto added = args.param(*param, value); !added) return added;
  }
  return {};
}

// What a spec may hold of what a jail shows.
bool is_settable(const KernelParam& param) {
  return !param.read_only && !is_ours(param.name) && param.name != "path";
}

enum class Asked { names_only, all, all_again };  // again: for the kernel found the room for a list too small

std::size_t room_for(const KernelParam& param, int last, Asked asked) {
  const bool list = param.form == ParamForm::ip4_list || param.form == ParamForm::ip6_list;
  return list ? list_room(param, last, JAIL_DYING, asked == Asked::all_again) : param.size;
}

// A jail restricted to addresses reads back as if it had none allowed; the list tells.
void correct_stacks(std::map<std::string, ParamValue>& params) {
  for (const auto& [stack, list] : {std::pair("ip4", "ip4.addr"), std::pair("ip6", "ip6.addr")}) {
    const auto addresses = params.find(list);
    if (addresses == params.end()) continue;
    if (std::get<std::vector<std::string>>(addresses->second).empty()) {
      params.erase(addresses);
    } else {
      params[stack] = std::string("new");
    }
  }
}

// The jail with the lowest jid above `last`. Kind::not_found: none is left.
Result<JailFacts> next_jail(const ParamCatalog& catalog, int last, Asked asked) {
  JailArgs args;
  args.number("lastjid", last);
  const std::size_t name = args.room("name", name_size);
  const std::size_t path = args.room("path", MAXPATHLEN);
  const std::size_t dying = args.room("dying", sizeof(int));
  std::vector<std::pair<const KernelParam*, std::size_t>> rooms;
  if (asked != Asked::names_only) {
    for (const auto& [key, param] : catalog.all()) {
      if (is_settable(param)) rooms.emplace_back(&param, args.room(key, room_for(param, last, asked)));
    }
  }
  const auto jid = args.get(JAIL_DYING, "jail_get");
  if (!jid) {
    Error error = jid.error();
    if (error.os_errno == ENOENT) error.kind = Kind::not_found;
    return Fail(std::move(error));
  }
  JailFacts facts;
  facts.jid = *jid;
  facts.name = args.answer(name).c_str();
  facts.path = args.answer(path).c_str();
  facts.dying = std::get<bool>(read_value({"dying", ParamForm::boolean, sizeof(int), true}, args.answer(dying)));
  for (const auto& [param, room] : rooms) facts.params.emplace(param->name, read_value(*param, args.answer(room)));
  correct_stacks(facts.params);
  return facts;
}

// What the kernel leaves to the reader; "" when there is nothing to add.
std::string why_not_allowed(const ParamCatalog& catalog, const std::string& name,
                            const std::map<std::string, ParamValue>& wanted) {
  const std::string parent = parent_name(name);
  if (parent.empty()) return {};
  const auto jails = all_jails(catalog, true);
  if (!jails) return {};
  const auto found =
      std::ranges::find_if(*jails, [&](const JailFacts& jail) { return !jail.dying && jail.name == parent; });
  return found == jails->end() ? std::string() : beyond_parent(*found, wanted);
}

// jail_set(2) follows links, and one may have been planted since we looked. Nothing runs in the jail yet.
Result<int> check_root(int jid, const std::string& meant) {
  JailArgs args;
  args.number("jid", jid);
  const std::size_t path = args.room("path", MAXPATHLEN);
  if (auto read = args.get(0, "jail_get of jail " + std::to_string(jid)); !read) return read;
  const std::string root = args.answer(path).c_str();
  if (root == meant) return jid;
  ::jail_remove(jid);
  return Fail(Kind::host_refused, "path " + meant + " led to " + root + " when the jail was made: it is removed again");
}

// What the kernel's words leave out.
Error explained(Error refused) {
  if (refused.os_errno == EFBIG) {
    refused.message += ": meta and env hold at most security.jail.meta_maxbufsize bytes each";
  }
  return refused;
}

std::vector<int> family_of(const ParamCatalog& catalog, const std::string& name, int jid) {
  std::vector<int> jids{jid};
  auto jails = all_jails(catalog, false);
  if (!jails) return jids;
  for (const JailFacts& jail : *jails) {
    if (jail.name.starts_with(name + ".")) jids.push_back(jail.jid);
  }
  return jids;
}

}  // namespace

Result<int> create_jail(const ParamCatalog& catalog, const std::string& name, const JailSpec& spec,
                        const std::vector<std::string>& more_ip4, const std::vector<std::string>& more_ip6,
                        const JailTrees& trees) {
  JailArgs args;
  args.text("name", name);
  auto params = kernel_params(spec, more_ip4, more_ip6);
  const auto root = find_host_path(spec.text("path"), "path", trees);
  if (!root) return Fail(root.error());
  params["path"] = *root;
  if (auto added = add_params(catalog, params, args); !added) return Fail(added.error());
  args.flag("persist", true);
  auto jid = args.set(JAIL_CREATE, "jail_set of jail " + name);
  if (jid) return check_root(*jid, *root);
  Error refused = explained(jid.error());
  if (refused.os_errno != EPERM) return Fail(std::move(refused));
  if (const std::string why = why_not_allowed(catalog, name, params); !why.empty()) refused.message += ": " + why;
  return Fail(std::move(refused));
}

Result<void> update_jail(const ParamCatalog& catalog, int jid, const std::map<std::string, ParamValue>& params) {
  std::map<std::string, ParamValue> changes;
  for (const auto& [name, value] : params) {
    // The name only to give a jail that somebody renamed its own back.
    if (name == "name" || (!is_ours(name) && !is_pseudo(name))) changes.emplace(name, value);
  }
  if (changes.empty()) return {};
  JailArgs args;
  args.number("jid", jid);
  if (auto added = add_params(catalog, changes, args); !added) return added;
  auto set = args.set(JAIL_UPDATE, "jail_set of jail " + std::to_string(jid));
  if (!set) return Fail(explained(set.error()));
  return {};
}

std::optional<int> find_jail(const std::string& name) {
  JailArgs args;
  args.text("name", name);
  const auto jid = args.get(0, "jail_get");
  return jid ? std::optional<int>(*jid) : std::nullopt;
}

std::optional<std::string> jail_name(int jid, bool dying) {
  JailArgs args;
  args.number("jid", jid);
  const std::size_t name = args.room("name", name_size);
  if (jid <= 0 || !args.get(dying ? JAIL_DYING : 0, "jail_get")) return std::nullopt;
  return std::string(args.answer(name).c_str());
}

std::optional<std::string> root_of_jail(const std::string& name, int jid) {
  JailArgs args;
  args.number("jid", jid);
  const std::size_t its_name = args.room("name", name_size);
  const std::size_t path = args.room("path", MAXPATHLEN);
  if (jid <= 0 || !args.get(0, "jail_get") || args.answer(its_name).c_str() != name) return std::nullopt;
  return std::string(args.answer(path).c_str());
}

Result<std::vector<JailFacts>> all_jails(const ParamCatalog& catalog, bool params) {
  std::vector<JailFacts> jails;
  for (int last = 0;;) {
    auto next = next_jail(catalog, last, params ? Asked::all : Asked::names_only);
    const auto refused = [&] { return params && !next && next.error().os_errno == EINVAL; };
    if (refused()) next = next_jail(catalog, last, Asked::all_again);
    // A module was unloaded, and a parameter with it: what every kernel has will do.
    if (refused()) next = next_jail(catalog, last, Asked::names_only);
    if (!next && next.error().kind == Kind::not_found) return jails;
    if (!next) return Fail(next.error());
    if (next->jid <= last) return jails;
    last = next->jid;
    jails.push_back(std::move(*next));
  }
}

Result<void> remove_jail(const ParamCatalog& catalog, const core::JailKey& key, const UniqueFd& descriptor,
                         std::chrono::milliseconds patience) {
  // JIDs are used again, so the name has to fit, unless a descriptor tells that it is the jail that was meant, which
  // somebody has renamed. A dying one may still have processes to wait for.
  const auto name = jail_name(key.jid, true);
  if (!name || (*name != key.name && !descriptor)) return {};
  const std::vector<int> family = family_of(catalog, *name, key.jid);
  const int error = descriptor ? remove_jail_of(descriptor) : ::jail_remove(key.jid) == 0 ? 0 : errno;
  if (error != 0 && error != EINVAL && error != ENOENT) return Fail(os_error("jail_remove of jail " + key.name, error));
  if (error != 0 && *name != key.name) return {};  // another one has its jid by now
  if (wait_for_processes(family, patience)) return {};
  return Fail(Kind::timeout, "the processes of jail " + key.name + " did not end within " +
                                 std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) +
                                 " s of its removal");
}

}  // namespace jaild::host
