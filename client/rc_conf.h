// What rc.conf(5) says about jails: which rc.d/jail starts at boot, and in which order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jaild::client {

// An assignment as it stands in a file, so that a message can say what to remove.
struct RcLine {
  std::string file;
  std::size_t line = 0;
  std::string text;  // up to the end of its last line
  std::string value;
};

// The variables of rc.conf(5) that rc.d/jail reads. The later assignment holds; all of them are kept.
class RcConf {
 public:
  // Reads NAME=VALUE lines as sh(1) would, without expansions; anything else is passed over.
  void read(const std::string& file, std::string_view text);

  [[nodiscard]] bool enabled() const;                                        // jail_enable
  [[nodiscard]] std::vector<std::string> list() const;                       // jail_list; empty: all jails
  [[nodiscard]] bool parallel() const;                                       // jail_parallel_start
  [[nodiscard]] const std::vector<RcLine>& lines() const { return lines_; }  // of jail_enable and jail_list

  // What boot makes of the jail: nullopt when there is no order. `priority` as in a spec, 0 to 99.
  [[nodiscard]] bool autostart(const std::string& jail) const;
  [[nodiscard]] std::optional<int> priority(const std::string& jail) const;

 private:
  std::string enable_;
  std::string list_;
  std::string parallel_;
  std::vector<RcLine> lines_;
};

}  // namespace jaild::client
