#include "daemon/host/sim/resolve.h"

#include <algorithm>

#include "api/contract/param_table.h"

namespace jaild::host::sim {
namespace {

using core::LedgerEntry;
using core::ResourceKind;

constexpr std::size_t fstab_lines_max = 10'000;

std::string joined(const std::vector<std::string>& parts, char between) {
  std::string text;
  for (const std::string& each : parts) text += (text.empty() ? "" : std::string(1, between)) + each;
  return text;
}

class Resolver {
 public:
  Resolver(const SimKernel& kernel, const JailSpec& spec)
      : kernel_(kernel), spec_(spec), prepares_(!spec.list("exec.prepare").empty()) {}

  core::Resolved all() && {
    root();
    addresses("ip4.addr", false);
    addresses("ip6.addr", true);
    for (const std::string& line : spec_.list("mount")) fstab_line(line, "mount");
    for (const std::string& file : spec_.list("mount.fstab")) fstab(file);
    file_systems();
    datasets();
    interfaces();
    return std::move(resolved_);
  }

 private:
  void missing(std::string what) { resolved_.missing.push_back(std::move(what)); }

  void need_path(const std::string& path, const char* what) {
    if (!prepares_ && !kernel_.paths.exists(path)) missing(std::string(what) + " " + path + " does not exist");
  }

  void root() {
    if (spec_.has("path")) need_path(spec_.text("path"), "path");
  }

  void addresses(const char* param, bool v6) {
    for (const std::string& text : spec_.list(param)) {
      const auto entry = parse_address(text, v6);
      if (!entry) {
        missing(std::string(param) + ": " + entry.error().message);
        continue;
      }
      const std::string interface = entry->interface.empty() ? spec_.text("interface") : entry->interface;
      if (interface.empty()) continue;  // the address is given to the kernel and to no interface
      if (!prepares_ && !kernel_.network.on_host(interface)) missing("interface " + interface + " is not there");
      const std::string length = std::to_string(entry->prefix_length);
      LedgerEntry alias;
      alias.kind = ResourceKind::alias;
      alias.id = interface + "|" + entry->address + "/" + length;
      alias.detail = {{"interface", interface},
                      {"address", entry->address},
                      {"prefix_length", length},
                      {"family", v6 ? "inet6" : "inet"}};
      if (!entry->words.empty()) alias.detail["words"] = joined(entry->words, ' ');
      alias.borrowed = kernel_.network.find_alias(interface, entry->address) != nullptr;
      resolved_.before_create.push_back(std::move(alias));
    }
  }

  void fstab(const std::string& file) {
    if (file.empty()) return;
    const auto content = kernel_.paths.read(file);
    if (!content) {
      if (!prepares_) missing("mount.fstab " + file + " cannot be read");
      return;
    }
    std::string_view rest = *content;
    for (std::size_t number = 1; !rest.empty() && number <= fstab_lines_max; ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      line = line.substr(0, line.find('#'));
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      fstab_line(std::string(line), file + " line " + std::to_string(number));
    }
    if (!rest.empty()) missing("mount.fstab " + file + " has more than " + std::to_string(fstab_lines_max) + " lines");
  }

  void fstab_line(const std::string& line, const std::string& where) {
    if (line.empty()) return;
    const auto entry = parse_fstab_line(line);
    if (!entry) {
      missing(where + ": " + entry.error().message);
      return;
    }
    if (entry->type == "nullfs" || entry->type == "unionfs") need_path(entry->source, "mount source");
    mount(entry->target, entry->type, entry->source, joined(entry->options, ','));
  }

  void mount(const std::string& target, const std::string& type, const std::string& source, std::string options) {
    need_path(target, "mount point");
    LedgerEntry entry;
    entry.kind = ResourceKind::mount;
    entry.id = target;
    entry.detail = {{"fstype", type}, {"source", source}};
    if (!options.empty()) entry.detail["options"] = std::move(options);
    const Mount* there = kernel_.mounts().newest_at(target);
    entry.borrowed = there != nullptr && there->type == type && there->source == source;
    resolved_.before_create.push_back(std::move(entry));
  }

  void file_systems() {
    std::string root = spec_.text("path", "/");
    if (root == "/") root.clear();
    if (spec_.flag("mount.devfs")) {
      const auto ruleset = static_cast<int>(spec_.number("devfs_ruleset", 4));
      if (!prepares_ && ruleset != 0 && !kernel_.devfs_rulesets.contains(ruleset)) {
        missing("devfs ruleset " + std::to_string(ruleset) + " has no rules");
      }
      mount(root + "/dev", "devfs", "devfs", "ruleset=" + std::to_string(ruleset));
    }
    if (spec_.flag("mount.fdescfs")) mount(root + "/dev/fd", "fdescfs", "fdesc", "");
    if (spec_.flag("mount.procfs")) mount(root + "/proc", "procfs", "proc", "");
  }

  void datasets() {
    for (const std::string& name : spec_.list("zfs.dataset")) {
      if (!prepares_ && !kernel_.datasets.exists(name)) missing("dataset " + name + " does not exist");
      if (const int jid = kernel_.datasets.jail_of(name); jid != 0) {
        missing("dataset " + name + " is in jail " + std::to_string(jid));
      }
      resolved_.after_create.push_back(LedgerEntry{ResourceKind::dataset, name, {}, false});
    }
  }

  void interfaces() {
    const bool made_by_hooks = prepares_ || !spec_.list("exec.prestart").empty() || !spec_.list("exec.created").empty();
    for (const std::string& name : spec_.list("vnet.interface")) {
      const int where = kernel_.network.where(name);
      if (where > 0) missing("interface " + name + " is in jail " + std::to_string(where));
      if (where < 0 && !made_by_hooks) missing("interface " + name + " is not there");
      resolved_.after_create.push_back(LedgerEntry{ResourceKind::interface, name, {}, false});
    }
  }

  const SimKernel& kernel_;
  const JailSpec& spec_;
  const bool prepares_;  // exec.prepare may make what is not there yet
  core::Resolved resolved_;
};

}  // namespace

Result<core::Resolved> resolve(const SimKernel& kernel, const core::Resolve& what) {
  if (const Jail* jail = kernel.find_alive(what.name)) {
    return Fail(Kind::conflict,
                "jail " + what.name + " is in the kernel already, with jid " + std::to_string(jail->jid));
  }
  return Resolver(kernel, what.spec).all();
}

}  // namespace jaild::host::sim
