// What jaild makes in the world, as values: the names by which it finds its things again after any crash.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace jaild::core {

// One run of one jail. `run` counts starts over all jails and is never reused, so that an action planned for one run
// cannot touch the next of the same name. `jid` is 0 until the kernel gave one.
struct JailKey {
  std::string name;
  std::uint64_t run = 0;
  int jid = 0;
  bool operator==(const JailKey&) const = default;
};

enum class ResourceKind { alias, mount, interface, dataset, cgroup };

// A thing that a run needs and jaild makes and removes. It is in the store before it is made and out of it after it is
// gone. `id` identifies it within its kind on the host: "em0|203.0.113.5/24", "/jail/www/dev", "jd12a".
struct LedgerEntry {
  ResourceKind kind = ResourceKind::mount;
  std::string id;
  std::map<std::string, std::string> detail;  // what making and removing it needs: fstype, options, source, fsid...
  bool borrowed = false;                      // was there before jaild; used, never removed
  bool operator==(const LedgerEntry&) const = default;
};

std::string_view to_string(ResourceKind kind);

}  // namespace jaild::core
