// One rctl(8) rule without its subject: resource:action=amount[/per].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/result.h"

namespace jaild {

// The kernel's resources, in its own order (sys/racct.h), so that tables may be indexed by them.
enum class Resource {
  cputime,
  datasize,
  stacksize,
  coredumpsize,
  memoryuse,
  memorylocked,
  maxproc,
  openfiles,
  vmemoryuse,
  pseudoterminals,
  swapuse,
  nthr,
  msgqqueued,
  msgqsize,
  nmsgq,
  nsem,
  nsemop,
  nshm,
  shmsize,
  wallclock,
  pcpu,
  readbps,
  writebps,
  readiops,
  writeiops,
};
constexpr int resource_count = 25;

enum class LimitUnit { bytes, seconds, percent, count, per_second };
enum class LimitPer { process, user, loginclass, jail };

[[nodiscard]] std::string_view to_string(Resource resource);
[[nodiscard]] const std::vector<Resource>& all_resources();
[[nodiscard]] LimitUnit unit_of(Resource resource);
[[nodiscard]] std::string_view to_string(LimitUnit unit);
[[nodiscard]] std::string_view to_string(LimitPer per);

class RctlRule {
 public:
  // Kind::invalid names the part that is wrong and what would be right. Refuses what the kernel refuses: deny on
  // cputime, wallclock or the four I/O rates, throttle on anything but those four, /process on resources without a
  // per-process figure, an unknown signal, a negative or overflowing amount.
  static Result<RctlRule> parse(std::string_view text);

  [[nodiscard]] Resource resource() const { return resource_; }
  // "deny", "log", "devctl", "throttle", "sigterm"...
  [[nodiscard]] const std::string& action() const { return action_; }
  // In the unit of the resource; suffixes resolved.
  [[nodiscard]] std::uint64_t amount() const { return amount_; }
  [[nodiscard]] LimitPer per() const { return per_; }
  [[nodiscard]] const std::string& text() const { return text_; }  // as written
  // As the kernel prints it for `jail`: "jail:NAME:memoryuse:deny=2147483648", "/per" only where it is not jail.
  [[nodiscard]] std::string kernel_text(std::string_view jail) const;
  // Whether the kernel drops `other` when this rule is added: a deny replaces a deny of another amount, any other
  // action only the very same rule.
  [[nodiscard]] bool replaces(const RctlRule& other) const {
    const bool same_limit = resource_ == other.resource_ && action_ == other.action_ && per_ == other.per_;
    return same_limit && (action_ == "deny" || amount_ == other.amount_);
  }
  bool operator==(const RctlRule& other) const {  // the same rule, however it is spelled
    return resource_ == other.resource_ && action_ == other.action_ && amount_ == other.amount_ && per_ == other.per_;
  }

 private:
  Resource resource_{};
  std::string action_;
  std::uint64_t amount_ = 0;
  LimitPer per_ = LimitPer::jail;
  std::string text_;
};

}  // namespace jaild
