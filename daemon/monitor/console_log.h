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
  static constexpr std::size_t batch_max = 64 * 1024;

  // `start`: the run that all lines from here belong to.
  ConsoleLog(std::string path, std::uint64_t start, std::uint64_t size_max = size_max_default);

  // A line more for the next flush(), which happens by itself once `batch_max` bytes have gathered. `partial`: the line
  // goes on in the next one of its phase and stream. Control characters but tab are replaced, so that a jail cannot
  // forge a line. How many bytes of the file it takes.
  std::size_t add(std::string_view phase, LogStream stream, std::string_view text,
                  std::chrono::system_clock::time_point now, bool partial = false);
  // Into the file that has the log's name by now: a log that was removed or renamed, alone or with its directory, is
  // begun anew. Lines that cannot be written are counted; the count is told in a line of its own as soon as one can be
  // written again.
  void flush();
  // Why the last write failed, an errno; 0: it did not.
  [[nodiscard]] int error() const { return error_; }
  // Lost before they came here; told by whoever lost them.
  void count_lost(std::uint64_t lines) { lost_ += lines; }
  [[nodiscard]] std::uint64_t lost_lines() const { return lost_; }

 private:
  void set_head(std::string_view phase, LogStream stream, std::chrono::system_clock::time_point now, bool partial);
  [[nodiscard]] std::string lost_notice() const;
  std::size_t write_out(std::string_view text);
  bool look_at_file();
  bool open();
  void rotate();

  std::string path_;
  std::uint64_t start_;
  std::uint64_t size_max_;
  UniqueFd file_;
  bool writable_ = false;  // what look_at_file() said when the batch began
  int error_ = 0;
  std::uint64_t size_ = 0;  // of the file, without the batch
  std::string batch_;
  std::uint64_t batch_lines_ = 0;
  bool half_line_ = false;        // the disk filled up within a line
  std::uint64_t lost_ = 0;        // since the start
  std::uint64_t unreported_ = 0;  // of these, not yet told in the log

  // What the last line began with, and of what: a burst of lines has one time.
  std::string head_;
  std::string head_phase_;
  LogStream head_stream_ = LogStream::out;
  bool head_partial_ = false;
  std::chrono::system_clock::time_point head_time_;
};

}  // namespace jaild::monitor
