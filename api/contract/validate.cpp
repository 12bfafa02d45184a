#include "api/contract/validate.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "api/contract/mistakes.h"
#include "api/contract/param_table.h"
#include "api/contract/spec_rules.h"

namespace jaild {
namespace {

// A path without empty, "." and ".." parts and without a slash at its end, so that one place has one spelling.
std::string normal_form(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    const std::string_view part = path.substr(from, slash - from);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    from = slash + 1;
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

void check_absolute(const std::string& path, const std::string& pointer, Mistakes& mistakes) {
  if (!path.starts_with('/')) mistakes.add(pointer, "is not an absolute path: " + in_quotes(path));
}

// Mount points are told apart by the path below which they lie, so the jail's root has one spelling.
void check_root(const std::string& path, const std::string& pointer, Mistakes& mistakes) {
  check_absolute(path, pointer, mistakes);
  if (const std::string normal = normal_form(path); normal != path)
    mistakes.add(pointer, "is not in normal form; write " + in_quotes(normal));
}

void check_paths(const JailSpec& spec, const std::string& params, Mistakes& mistakes) {
  if (!spec.has("path")) {
    mistakes.add(pointer_to(params, "path"), "a jail needs a path");
  } else {
    check_root(spec.text("path"), pointer_to(params, "path"), mistakes);
  }
  if (spec.has("exec.consolelog"))
    check_absolute(spec.text("exec.consolelog"), pointer_to(params, "exec.consolelog"), mistakes);
  const auto files = spec.list("mount.fstab");
  for (std::size_t i = 0; i < files.size(); ++i)
    check_absolute(files[i], pointer_to(pointer_to(params, "mount.fstab"), i), mistakes);
}

void check_mounts(const JailSpec& spec, const std::string& params, Mistakes& mistakes) {
  const auto lines = spec.list("mount");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (const auto entry = parse_fstab_line(lines[i]); !entry)
      mistakes.add(pointer_to(pointer_to(params, "mount"), i), entry.error().message);
  }
}

// `seen`: what stood in this list before, and where.
void check_repeated(const std::string& what, std::size_t entry, const std::string& list,
                    std::map<std::string, std::size_t>& seen, Mistakes& mistakes) {
  const auto [first, fresh] = seen.try_emplace(what, entry);
  if (!fresh)
    mistakes.add(pointer_to(list, entry), what + " stands here twice, first as entry " + std::to_string(first->second));
}

void check_addresses(const JailSpec& spec, const std::string& params, bool v6, Mistakes& mistakes) {
  const std::string name = v6 ? "ip6.addr" : "ip4.addr";
  const std::string pointer = pointer_to(params, name);
  if (spec.has(name) && spec.text("vnet") == "new")
    mistakes.add(pointer, "a jail with vnet=new has its own network stack; its addresses are set inside it");
  const auto entries = spec.list(name);
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = parse_address(entries[i], v6);
    if (!entry) {
      mistakes.add(pointer_to(pointer, i), entry.error().message);
    } else {
      check_repeated(entry->address, i, pointer, seen, mistakes);
    }
  }
}

void check_interfaces(const JailSpec& spec, const std::string& params, Mistakes& mistakes) {
  const auto names = spec.list("vnet.interface");
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < names.size(); ++i)
    check_repeated(names[i], i, pointer_to(params, "vnet.interface"), seen, mistakes);
}

void check_network(const JailSpec& spec, const std::string& params, Mistakes& mistakes) {
  check_addresses(spec, params, false, mistakes);
  check_addresses(spec, params, true, mistakes);
  check_interfaces(spec, params, mistakes);
  if (spec.flag("ip_hostname") && spec.text("vnet") == "new")
    mistakes.add(pointer_to(params, "ip_hostname"), "adds addresses, which a jail with vnet=new cannot be given");
}

void check_depend(std::string_view name, const JailSpec& spec, const std::string& params, Mistakes& mistakes) {
  const auto others = spec.list("depend");
  for (std::size_t i = 0; i < others.size(); ++i) {
    const std::string pointer = pointer_to(pointer_to(params, "depend"), i);
    if (const auto problem = name_problem(others[i])) {
      mistakes.add(pointer, in_quotes(others[i]) + " is no jail's name: " + *problem);
    } else if (others[i] == name) {
      mistakes.add(pointer, "a jail cannot depend on itself");
    }
  }
}

// An empty string in a list of commands is skipped by jail(8), so it runs nothing.
bool runs_something(const JailSpec& spec) {
  const auto holds_command = [&](std::string_view name) {
    return std::ranges::any_of(spec.list(name), [](const std::string& line) { return !line.empty(); });
  };
  return spec.command || spec.flag("persist") || holds_command("exec.start") || holds_command("command");
}

void check_something_to_run(const JailSpec& spec, const std::string& pointer, const std::string& params,
                            Mistakes& mistakes) {
  const bool unreadable =
      mistakes.touch(pointer_to(pointer, "command")) || mistakes.touch(pointer_to(params, "exec.start")) ||
      mistakes.touch(pointer_to(params, "command")) || mistakes.touch(pointer_to(params, "persist"));
  if (!unreadable && !runs_something(spec))
    mistakes.add(pointer, "nothing keeps this jail up: give it a command, exec.start or persist");
}

void check_rules(const JailSpec& spec, const std::string& pointer, Mistakes& mistakes) {
  // Two rules of which the kernel would keep one have the same key: of denies the amount does not count.
  using Key = std::tuple<Resource, std::string, LimitPer, std::uint64_t>;
  std::map<Key, const RctlRule*> seen;
  for (std::size_t i = 0; i < spec.rctl.size(); ++i) {
    const RctlRule& rule = spec.rctl[i];
    const std::uint64_t amount = rule.action() == "deny" ? 0 : rule.amount();
    const auto [first, fresh] = seen.try_emplace(Key{rule.resource(), rule.action(), rule.per(), amount}, &rule);
    if (!fresh)
      mistakes.add(pointer_to(pointer, i),
                   "limits the same as " + in_quotes(first->second->text()) + "; keep one of them");
  }
}

}  // namespace

void check_relations(std::string_view name, const JailSpec& spec, const std::string& pointer, Mistakes& mistakes) {
  const std::string params = pointer_to(pointer, "params");
  if (!mistakes.at(params)) {
    check_paths(spec, params, mistakes);
    check_mounts(spec, params, mistakes);
    check_network(spec, params, mistakes);
    check_depend(name, spec, params, mistakes);
    check_something_to_run(spec, pointer, params, mistakes);
  }
  if (!mistakes.touch(pointer_to(pointer, "rctl"))) check_rules(spec, pointer_to(pointer, "rctl"), mistakes);
  const std::string restart = pointer_to(pointer, "restart");
  if (spec.restart.delay > spec.restart.max_delay && !mistakes.touch(restart))
    mistakes.add(pointer_to(restart, "delay_seconds"),
                 "is above max_delay_seconds, which is " + std::to_string(spec.restart.max_delay.count()));
}

void check_host(const JailSpec& spec, const HostProfile& host, const std::string& pointer, Mistakes& mistakes) {
  const auto in_kernel = [&](const std::string& name) {
    return std::ranges::find(host.kernel_params, name) != host.kernel_params.end();
  };
  for (const auto& [name, value] : spec.params) {
    if (find_param(name) != nullptr || in_kernel(name)) continue;
    if (const auto positive = without_no(name); positive && in_kernel(*positive)) continue;
    mistakes.add(pointer_to(pointer_to(pointer, "params"), name), "neither jail(8) nor this host knows this parameter");
  }
  if (spec.cpuset && !spec.cpuset->within(host.cpus))
    mistakes.add(pointer_to(pointer, "cpuset"), "names CPUs that this host does not have; it has " + host.cpus.text());
  if (!spec.rctl.empty() && !host.racct) {
    const std::string hint =
        host.racct_hint.empty() ? "put kern.racct.enable=1 into /boot/loader.conf and reboot" : host.racct_hint;
    mistakes.add(pointer_to(pointer, "rctl"), "resource accounting is off on this host, so no limit holds: " + hint);
  }
}

std::vector<FieldError> validate(std::string_view name, const JailSpec& spec, const HostProfile& host,
                                 std::string_view base) {
  const std::string pointer(base);
  Mistakes mistakes;
  check_fields(spec, pointer, mistakes);
  check_relations(name, spec, pointer, mistakes);
  check_host(spec, host, pointer, mistakes);
  return mistakes.take();
}

}  // namespace jaild
