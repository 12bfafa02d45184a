#include "daemon/host/linux/jail_mounts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/user_file.h"

namespace jaild::host {
namespace {

constexpr std::size_t fstab_max = 1024 * 1024;
constexpr std::size_t entries_max = 1000;

bool is_bind(const FstabEntry& entry) {
  return entry.type == "nullfs" || entry.type == "bind";
}

bool known_option(const FstabEntry& entry, std::string_view option) {
  static constexpr std::array<std::string_view, 9> all = {"ro",   "rw",      "nosuid", "suid", "noexec",
                                                          "exec", "noatime", "atime",  "late"};
  static constexpr std::array<std::string_view, 5> tmpfs = {"size=", "mode=", "uid=", "gid=", "nr_inodes="};
  if (std::find(all.begin(), all.end(), option) != all.end()) return true;
  return entry.type == "tmpfs" &&
         std::any_of(tmpfs.begin(), tmpfs.end(), [&](std::string_view prefix) { return option.starts_with(prefix); });
}

// "/jail/www/mnt" -> "/mnt" for a jail at "/jail/www"; nullopt when it is not below.
std::optional<std::string> inside(const std::string& target, std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path == "/") return target;
  if (!target.starts_with(path + "/")) return std::nullopt;
  return target.substr(path.size());
}

Result<void> take_line(const std::string& line, const std::string& path, JailMounts& mounts) {
  auto entry = parse_fstab_line(line);
  if (!entry) return Fail(entry.error());
  if (const auto problem = mount_problem(*entry, path)) return Fail(Kind::invalid, "mount '" + line + "': " + *problem);
  if (is_bind(*entry) && ::access(entry->source.c_str(), F_OK) != 0) {
    mounts.missing.push_back("mount source " + entry->source + " does not exist");
  }
  if (mounts.entries.size() >= entries_max) return Fail(Kind::invalid, "more than 1000 mounts");
  entry->target = inside(entry->target, path).value_or(entry->target);
  std::erase(entry->options, "late");  // when to mount at boot: jaild mounts when the jail starts
  mounts.entries.push_back(std::move(*entry));
  return {};
}

Result<void> take_file(const std::string& file, const std::string& path, const IsTree& is_tree, JailMounts& mounts) {
  auto text = read_user_file(file, "mount.fstab", is_tree, fstab_max);
  if (!text) {
    const bool none = text.error().kind == Kind::missing;
    mounts.missing.push_back(none ? "mount.fstab " + file + " does not exist" : text.error().message);
    return {};
  }
  for (const std::string& line : split(*text, '\n')) {
    const std::string plain = trim(line.substr(0, line.find('#')));
    if (plain.empty()) continue;
    if (auto taken = take_line(plain, path, mounts); !taken) return Fail(taken.error().in(file));
  }
  return {};
}

}  // namespace

std::optional<std::string> mount_problem(const FstabEntry& entry, const std::string& path) {
  if (!is_bind(entry) && entry.type != "tmpfs") {
    return "Linux mounts nullfs and tmpfs into a jail, not " + entry.type;
  }
  if (!inside(entry.target, path)) return "the mount point " + entry.target + " is not below the jail's path";
  for (const std::string& option : entry.options) {
    if (!known_option(entry, option)) return "the option " + option + " is not known on Linux";
  }
  return std::nullopt;
}

Result<JailMounts> collect_mounts(const JailSpec& spec, const IsTree& is_tree) {
  JailMounts mounts;
  const std::string path = spec.text("path", "/");
  for (const std::string& line : spec.list("mount")) {
    if (auto taken = take_line(line, path, mounts); !taken) return Fail(taken.error());
  }
  for (const std::string& file : spec.list("mount.fstab")) {
    if (auto taken = take_file(file, path, is_tree, mounts); !taken) return Fail(taken.error());
  }
  return mounts;
}

}  // namespace jaild::host
