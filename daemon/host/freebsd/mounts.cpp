#include "daemon/host/freebsd/mounts.h"

#include <sys/param.h>  // before the others, which use its types

#include <sys/linker.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>

#include "daemon/host/freebsd/devfs_rules.h"
#include "daemon/host/freebsd/forked.h"
#include "daemon/host/freebsd/host_path.h"
#include "daemon/host/freebsd/mount_point.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/run_program.h"

namespace jaild::host {
namespace {

using core::LedgerEntry;

// Those that nmount(2) takes as they are; others have a mount_FS(8) that knows what the kernel wants.
constexpr std::array<std::string_view, 10> plain_types = {"nullfs",  "tmpfs",     "devfs",    "fdescfs",    "procfs",
                                                          "unionfs", "linprocfs", "linsysfs", "lindebugfs", "zfs"};
// Words of fstab(5) for mount(8) and rc(8), which the kernel does not know.
constexpr std::array<std::string_view, 6> not_for_kernel = {"auto", "noauto", "late", "failok", "bg", "current"};

std::string mount_detail(const LedgerEntry& entry, const char* name) {
  const auto found = entry.detail.find(name);
  return found == entry.detail.end() ? std::string() : found->second;
}

// Of those that show a directory elsewhere; of the synthetic ones the source is but a word.
bool has_source(const std::string& type) {
  return type == "nullfs" || type == "unionfs";
}

std::vector<std::string> options_of(const LedgerEntry& entry) {
  std::vector<std::string> options;
  const std::string text = mount_detail(entry, "options");
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) options.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return options;
}

std::string id_text(const fsid_t& id) {
  return std::to_string(id.val[0]) + ":" + std::to_string(id.val[1]);
}

// Writing, set-user-id programs or programs at all, where the entry forbids them.
bool lets_more(const struct statfs& mounted, const LedgerEntry& entry) {
  constexpr std::pair<const char*, std::uint64_t> bans[] = {
      {"ro", MNT_RDONLY}, {"nosuid", MNT_NOSUID}, {"noexec", MNT_NOEXEC}};
  const auto options = options_of(entry);
  return std::ranges::any_of(bans, [&](const auto& ban) {
    return std::ranges::find(options, ban.first) != options.end() && (mounted.f_flags & ban.second) == 0;
  });
}

// The one on top at `path`, if it is of this type and source.
std::optional<struct statfs> mounted_at(const std::string& path, const LedgerEntry& entry) {
  const auto list = mounted_file_systems();
  const auto top = std::find_if(list.rbegin(), list.rend(), [&](const auto& each) { return each.f_mntonname == path; });
  if (top == list.rend() || mount_detail(entry, "fstype") != top->f_fstypename) return std::nullopt;
  if (lets_more(*top, entry)) return std::nullopt;
  if (!has_source(top->f_fstypename)) return *top;
  std::string_view from = top->f_mntfromname;
  if (from.starts_with("<above>:") || from.starts_with("<below>:")) from.remove_prefix(8);
  const auto source = real_path(mount_detail(entry, "source"), "mount source");
  if (from == mount_detail(entry, "source") || (source && from == *source)) return *top;
  return std::nullopt;
}

class MountArgs {
 public:
  MountArgs() : errmsg_(255, '\0') { pair("errmsg", errmsg_.data(), errmsg_.size()); }
  MountArgs(const MountArgs&) = delete;
  MountArgs& operator=(const MountArgs&) = delete;

  void text(const std::string& name, const std::string& value) {
    std::string& kept = held_.emplace_back(value);
    pair(name, kept.data(), kept.size() + 1);
  }
  void option(const std::string& word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      pair(word, nullptr, 0);
    } else {
      text(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  // On `point`, which is held: nmount(2) takes a name and would follow a link that a jail put there in between, so it
  // is called where the name is but ".", or that of a file in the directory that was looked at.
  Result<void> mount(const MountPoint& point, const std::string& what) {
    text("fspath", point.name);
    const auto answer = in_child(what, errmsg_.size(), [&](int output) {
      const bool failed =
          ::fchdir(point.directory.get()) != 0 || ::nmount(parts_.data(), static_cast<unsigned>(parts_.size()), 0) != 0;
      const int error = failed ? errno : 0;
      [[maybe_unused]] ssize_t wrote = ::write(output, &error, sizeof error);
      if (failed) wrote = ::write(output, errmsg_.data(), errmsg_.size());
    });
    if (!answer) return Fail(answer.error());
    int error = EIO;  // it was killed
    if (answer->size() >= sizeof error) std::memcpy(&error, answer->data(), sizeof error);
    if (error == 0) return {};
    return Fail(os_error(what, error, answer->size() > sizeof error ? answer->c_str() + sizeof error : ""));
  }

 private:
  void pair(const std::string& name, void* value, std::size_t size) {
    std::string& kept = held_.emplace_back(name);
    parts_.push_back({kept.data(), kept.size() + 1});
    parts_.push_back({value, size});
  }

  std::deque<std::string> held_;
  std::vector<iovec> parts_;
  std::string errmsg_;
};

// As mount(8): a file system may be in a module that is not loaded yet. nmount(2) tells when that does not help.
void load_module(const std::string& type) {
  xvfsconf known{};
  if (::getvfsbyname(type.c_str(), &known) != 0) ::kldload(type.c_str());
}

int unmount_id(const std::string& id, int flags) {
  return ::unmount(("FSID:" + id).c_str(), MNT_BYFSID | flags) == 0 ? 0 : errno;
}

// What came at the mount point since; or else the only one that came at all, for a jail may have moved the mount point.
// By the id: where a name leads now, a jail may have chosen. Of several elsewhere nobody can tell which one is ours,
// and then it stays: better a mount too many than another's gone.
void unmount_newcomer(const std::vector<struct statfs>& before, const std::string& type, const std::string& path) {
  std::vector<std::string> here;
  std::vector<std::string> elsewhere;
  for (const auto& each : mounted_file_systems()) {
    const auto same = [&](const struct statfs& other) { return id_text(other.f_fsid) == id_text(each.f_fsid); };
    if (type != each.f_fstypename || std::ranges::any_of(before, same)) continue;
    (path == each.f_mntonname ? here : elsewhere).push_back(id_text(each.f_fsid));
  }
  for (const std::string& id : here) unmount_id(id, MNT_FORCE);
  if (here.empty() && elsewhere.size() == 1) unmount_id(elsewhere.front(), MNT_FORCE);
}

// By mount_FS(8), which looks the names up itself.
Result<void> mount_by_program(const std::string& path, const LedgerEntry& entry) {
  std::vector<std::string> words{"/sbin/mount", "-t", mount_detail(entry, "fstype")};
  if (const std::string options = mount_detail(entry, "options"); !options.empty()) {
    words.insert(words.end(), {"-o", options});
  }
  words.insert(words.end(), {mount_detail(entry, "source"), path});
  return run_program(std::move(words));
}

Result<void> mount_by_call(const MountPoint& point, const LedgerEntry& entry, const std::string& source) {
  const std::string type = mount_detail(entry, "fstype");
  const auto options = options_of(entry);
  const int ruleset = type == "devfs" ? devfs_ruleset(options) : 0;
  if (ruleset != 0 && !has_devfs_rules(ruleset)) {
    return Fail(Kind::missing,
                "devfs ruleset " + std::to_string(ruleset) +
                    " has no rules, so the jail would see every device; load it with service devfs restart");
  }
  load_module(type);
  MountArgs args;
  args.text("fstype", type);
  args.text("from", source);
  for (const std::string& option : options) {
    if (std::ranges::find(not_for_kernel, option) == not_for_kernel.end()) args.option(option);
  }
  return args.mount(point, "mount " + type + " on " + point.path);
}

// A source is looked up by its name, and a jail that writes where it leads can put a link there in between. A nullfs
// shows its source's own file numbers, so what was mounted tells itself.
bool shows(const std::string& path, const Walked& source) {
  struct stat there{};
  struct stat wanted{};
  return ::fstat(source.fd.get(), &wanted) == 0 && ::lstat(path.c_str(), &there) == 0 && there.st_ino == wanted.st_ino;
}

// What is mounted there then.
Result<struct statfs> mount_at(const MountPoint& point, const LedgerEntry& entry, const JailTrees& trees) {
  const std::string type = mount_detail(entry, "fstype");
  const auto before = mounted_file_systems();
  std::optional<Walked> source;
  if (has_source(type)) {
    auto found = walk_past_jails(mount_detail(entry, "source"), "mount source", trees);
    if (!found) return Fail(found.error());
    source = *std::move(found);
  }
  const bool plain = std::ranges::find(plain_types, type) != plain_types.end();
  auto mounted = plain ? mount_by_call(point, entry, source ? source->real : mount_detail(entry, "source"))
                       : mount_by_program(point.path, entry);
  if (!mounted) return Fail(mounted.error());
  const auto there = mounted_at(point.path, entry);
  if (there && (type != "nullfs" || shows(point.path, *source))) return *there;
  unmount_newcomer(before, type, point.path);
  return Fail(Kind::host_refused, "mount " + type + " on " + point.path +
                                      ": the mount point or the source was replaced meanwhile, and it is unmounted "
                                      "again: a jail that can write there may have done it");
}

void record(LedgerEntry& entry, const struct statfs& mounted) {
  entry.detail["fsid"] = id_text(mounted.f_fsid);
  entry.detail["mounted_on"] = mounted.f_mntonname;
}

// What the entry made. Ids are used again after a boot, so the place has to fit too.
std::optional<struct statfs> find_made(const LedgerEntry& entry) {
  const std::string id = mount_detail(entry, "fsid");
  if (id.empty()) {
    // Made, perhaps, and not recorded any more: we died in between.
    const auto path = find_mount_point(mount_detail(entry, "root"), entry.id);
    return path ? mounted_at(*path, entry) : std::nullopt;
  }
  for (const auto& each : mounted_file_systems()) {
    if (id_text(each.f_fsid) == id && mount_detail(entry, "mounted_on") == each.f_mntonname) return each;
  }
  return std::nullopt;
}

// A mount point that is not in the jail at all may lie in another's.
Result<MountPoint> open_mount_point_of(const std::string& root, const std::string& target, const JailTrees& trees) {
  if (!is_below(root, target)) {
    if (const auto found = find_host_path(target, "mount point", trees); !found) return Fail(found.error());
  }
  return open_mount_point(root, target);
}

// Who is in the way; "" when no mount is.
std::string mounted_below(const std::string& path) {
  std::string list;
  for (const std::string& each : mount_points()) {
    if (each != path && is_below(path, each)) list += (list.empty() ? "" : ", ") + each;
  }
  return list;
}

}  // namespace

std::vector<struct statfs> mounted_file_systems() {
  constexpr int slack = 16;
  constexpr int tries_max = 8;  // the list may grow between asking for its length and reading it
  std::vector<struct statfs> list;
  for (int i = 0; i < tries_max; ++i) {
    const int count = ::getfsstat(nullptr, 0, MNT_NOWAIT);
    if (count < 0) break;
    list.resize(static_cast<std::size_t>(count + slack));
    const int got = ::getfsstat(list.data(), static_cast<long>(list.size() * sizeof(struct statfs)), MNT_NOWAIT);
    if (got < 0) break;
    if (static_cast<std::size_t>(got) < list.size()) {
      list.resize(static_cast<std::size_t>(got));
      return list;
    }
  }
  list.clear();
  return list;
}

LedgerEntry mount_entry(const std::string& root, const FstabEntry& line) {
  LedgerEntry entry;
  entry.kind = core::ResourceKind::mount;
  entry.id = line.target;
  entry.detail = {{"fstype", line.type}, {"source", line.source}, {"root", root}};
  std::string options;
  for (const std::string& option : line.options) options += (options.empty() ? "" : ",") + option;
  if (!options.empty()) entry.detail["options"] = std::move(options);
  return entry;
}

std::vector<std::string> mount_points() {
  std::vector<std::string> points;
  for (const auto& each : mounted_file_systems()) points.emplace_back(each.f_mntonname);
  return points;
}

bool has_source(const LedgerEntry& entry) {
  return has_source(mount_detail(entry, "fstype"));
}

bool is_read_only(const LedgerEntry& entry) {
  const auto options = options_of(entry);
  return std::ranges::find(options, "ro") != options.end();
}

Result<LedgerEntry> add_mount(LedgerEntry entry, SharedMounts& shared, const JailTrees& trees,
                              const std::string& user) {
  // The jail's own root may lie in another jail's.
  const auto root = find_host_path(mount_detail(entry, "root"), "path", trees);
  if (!root) return Fail(root.error());
  const auto place = open_mount_point_of(mount_detail(entry, "root"), entry.id, trees);
  if (!place) return Fail(place.error());
  const std::string& path = place->path;
  const SharedMounts::Turn turn(shared, path);
  const std::string options = mount_detail(entry, "options");
  auto there = mounted_at(path, entry);
  const bool ours = there && shared.made(id_text(there->f_fsid), path, options);
  if (there && !ours) {
    if (std::string hindrance = devfs_in_the_way(entry, path, shared); !hindrance.empty()) {
      return Fail(Kind::host_refused, std::move(hindrance));
    }
    entry.borrowed = true;
    return entry;
  }
  if (!there) {
    // Looked at again: whoever had the turn before may have mounted something there.
    const auto point = open_mount_point_of(mount_detail(entry, "root"), entry.id, trees);
    if (!point) return Fail(point.error());
    auto mounted = mount_at(*point, entry, trees);
    if (!mounted) return Fail(mounted.error());
    there = *mounted;
  }
  const std::string id = id_text(there->f_fsid);
  if (auto claimed = shared.claim(id, path, options, user); !claimed) {
    if (!ours) unmount_id(id, 0);
    return Fail(claimed.error());
  }
  record(entry, *there);
  return entry;
}

Result<void> remove_mount(const LedgerEntry& entry, bool force, SharedMounts& shared, const std::string& user) {
  const auto found = find_made(entry);
  if (!found) return {};
  const SharedMounts::Turn turn(shared, found->f_mntonname);
  const std::string id = id_text(found->f_fsid);
  if (shared.drop(id, user)) return {};
  int error = unmount_id(id, 0);
  const std::string below = error == EBUSY ? mounted_below(found->f_mntonname) : std::string();
  if (error == EBUSY && force && below.empty()) error = unmount_id(id, MNT_FORCE);
  if (error == 0 || error == ENOENT || error == EINVAL) return {};
  return Fail(os_error("unmount " + entry.id, error, below.empty() ? "" : "mounted below it: " + below));
}

std::string devfs_in_the_way(const LedgerEntry& entry, const std::string& path, const SharedMounts& shared) {
  if (mount_detail(entry, "fstype") != "devfs") return {};
  const auto there = mounted_at(path, entry);
  if (!there || shared.made(id_text(there->f_fsid), path, mount_detail(entry, "options"))) return {};
  return "a devfs is mounted on " + path +
         " already, and by which rules cannot be told: it may show every device, so unmount it first";
}

int devfs_ruleset(const std::vector<std::string>& options) {
  int ruleset = 0;
  for (const std::string& option : options) {
    constexpr std::string_view key = "ruleset=";
    if (option.starts_with(key)) std::from_chars(option.data() + key.size(), option.data() + option.size(), ruleset);
  }
  return ruleset;
}

}  // namespace jaild::host
