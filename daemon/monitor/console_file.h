// exec.consolelog: the bytes of a jail's commands as they are, in a file of the host. Only the monitor has it open: a
// jail that held it could make it a program of root's, or fill the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

class ConsoleFile {
 public:
  using Clock = std::chrono::steady_clock;
  using Open = std::function<Result<UniqueFd>()>;

  ConsoleFile(std::string path, Open open) : path_(std::move(path)), open_(std::move(open)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  // For a command that begins to write: anew, so that it hears what is wrong with the file.
  Result<void> reopen(Clock::time_point now);
  // What does not get in is lost: how many lines of it. A file that was renamed or removed meanwhile is made again, a
  // second later at most.
  std::uint64_t write(std::string_view bytes, Clock::time_point now);
  [[nodiscard]] int error() const { return error_; }  // why the last write failed, an errno; 0: it did not

 private:
  std::string path_;
  Open open_;
  UniqueFd file_;
  Clock::time_point opened_;
  int error_ = 0;
};

}  // namespace jaild::monitor
