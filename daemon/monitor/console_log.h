// The log file of one jail: a line each, as log_line.h says; bounded in size; a full disk costs lines and nothing
// else.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/contract/log_line.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

class ConsoleLog {
 public:
  static constexpr std::uint64_t size_max_default = 10 * 1024 * 1024;
  static constexpr int generations = 3;  // NAME.log.1 to .3

  // `start`: the run that all lines from here belong to.
  ConsoleLog(std::string path, std::uint64_t start, std::uint64_t size_max = size_max_default);

  // A line that cannot be written is counted; the count is told in a line of its own as soon as one can be written
  // again. Control characters but tab are replaced, so that a jail cannot forge a line.
  void write(std::string_view phase, LogStream stream, std::string_view text,
             std::chrono::system_clock::time_point now);
  // Lost before they came here.
  void count_lost(std::uint64_t lines) {
    unreported_ += lines;
    lost_ += lines;
  }
  [[nodiscard]] std::uint64_t lost_lines() const { return lost_; }

 private:
  bool append(std::string_view phase, LogStream stream, std::string_view text,
              std::chrono::system_clock::time_point now);
  bool open();
  void rotate();

  std::string path_;
  std::uint64_t start_;
  std::uint64_t size_max_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
  bool half_line_ = false;        // the disk filled up within a line
  std::uint64_t lost_ = 0;        // since the start
  std::uint64_t unreported_ = 0;  // of these, not yet told in the log
};

}  // namespace jaild::monitor
