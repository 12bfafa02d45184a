// Every parameter of jail(8), kernel and pseudo, in one table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/jail_spec.h"

namespace jaild {

enum class ParamType { boolean, integer, string, list, jailsys };  // jailsys: disable, new, inherit
enum class ParamWhen { create, change, read };                     // create-only, changeable later, read-only
enum class ParamOrigin { kernel, pseudo };

struct Param {
  std::string_view name;
  ParamType type;
  ParamWhen when;
  ParamOrigin origin;
  std::string_view otherwise;  // the default, as jail.conf(5) text; "" where there is none
  std::string_view since;      // the first FreeBSD that has it: "13", "14", "15"
  // Bounds: of the number; of the length in bytes of a string or of one entry of a list; of the kernel's number of a
  // jailsys value (disable 0, new 1, inherit 2).
  std::int64_t least = 0;
  std::int64_t most = 0;
};

[[nodiscard]] std::span<const Param> param_table();

// The row of `name`; also of families: meta.KEY, env.KEY, allow.mount.FS. nullptr: not in the table (a newer kernel's
// parameter may still be known to the host: HostProfile::kernel_params).
[[nodiscard]] const Param* find_param(std::string_view name);

// "allow.noraw_sockets" -> "allow.raw_sockets"; nullptr unless `name` is the no-form of a boolean in the table.
[[nodiscard]] const Param* find_negated(std::string_view name);

// A no-form without its "no", which follows the last dot: "allow.mount.nozfs" -> "allow.mount.zfs", "nopersist" ->
// "persist". nullopt: not a no-form.
[[nodiscard]] std::optional<std::string> without_no(std::string_view name);

// Why a spec may not hold the parameter `name` although jail(8) knows it (name, jid, allow.dying, what is read-only):
// one sentence; "" when it may.
[[nodiscard]] std::string_view param_refusal(std::string_view name);

// An address entry as jail(8) takes it in ip4.addr and ip6.addr: [IF|]ADDR[/MASK or /LEN] [ifconfig words]. Equal
// addresses have equal `address`, however they were written. Kind::invalid says what is wrong.
struct AddressEntry {
  std::string interface;  // "" when not given
  std::string address;    // canonical text
  int prefix_length = 0;  // 32 or 128 when not given
  bool has_mask = false;
  std::vector<std::string> words;
};
Result<AddressEntry> parse_address(std::string_view text, bool v6);

// One fstab(5) line: fs_spec, fs_file, fs_vfstype, fs_mntops; octal escapes resolved, further fields ignored.
// Kind::invalid for fewer than three fields (so also for a blank line), a target that is not absolute, a bad escape.
struct FstabEntry {
  std::string source;
  std::string target;
  std::string type;
  std::vector<std::string> options;
};
Result<FstabEntry> parse_fstab_line(std::string_view line);

}  // namespace jaild
