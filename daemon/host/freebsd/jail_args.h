// The arguments of one jail_set(2) or jail_get(2): names and values in pairs, owned for the length of the call.
#pragma once

#include <sys/types.h>

#include <sys/uio.h>

#include <deque>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/result.h"
#include "daemon/host/freebsd/jail_params.h"

namespace jaild::host {

class JailArgs {
 public:
  JailArgs();
  JailArgs(const JailArgs&) = delete;
  JailArgs& operator=(const JailArgs&) = delete;

  // By its name alone: the kernel never looks at a boolean's value.
  void flag(const std::string& name, bool on);
  void bytes(const std::string& name, std::string value);
  void number(const std::string& name, int value);
  void text(const std::string& name, const std::string& value);  // the NUL is added
  // A spec's value in the form that the kernel wants. Kind::invalid: it does not fit.
  Result<void> param(const KernelParam& param, const ParamValue& value);

  // Room for an answer; the index is for answer(). At most 512 pairs fit into one call.
  std::size_t room(const std::string& name, std::size_t size);
  [[nodiscard]] std::string answer(std::size_t index) const;
  [[nodiscard]] std::size_t size(
      std::size_t index) const;  // of the answer; where there was no room at all, of the room it needs

  // The jid. The kernel's words are in the error.
  Result<int> set(int flags, const std::string& what);
  Result<int> get(int flags, const std::string& what);

 private:
  void pair(const std::string& name, void* value, std::size_t size);
  [[nodiscard]] std::string words() const;

  std::deque<std::string> held_;  // a deque: what the vectors point to stays where it is
  std::vector<iovec> parts_;
  std::string errmsg_;
};

// Room for an address list of the jail with the lowest jid above `last`, in bytes; `flags` are those of the
// jail_get(2). At first for as many as a jail may have (security.jail.jail_max_af_ips, 255 unless somebody changed it);
// `again`, when the kernel found that too small (EINVAL): for as many as it says there are, and a few that may come
// meanwhile.
[[nodiscard]] std::size_t list_room(const KernelParam& param, int last, int flags, bool again);

// A parameter's bytes, as jail_get(2) gave them.
[[nodiscard]] ParamValue read_value(const KernelParam& param, const std::string& bytes);

}  // namespace jaild::host
