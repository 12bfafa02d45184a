// Reads the console log of one jail from its files, page by page, while its monitor writes and rotates them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/log_line.h"
#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::runtime {

// NAME.log is written to; NAME.log.1 to .3 are older (daemon/monitor/console_log.h).
constexpr int log_generations = 3;

// Every call reads files and may take as long as the disk does: for the query pool. One call at a time, any thread.
// Memory: one page, at most `page_bytes` and a line.
class LogReader {
 public:
  LogReader(std::string path, LogQuery query);

  // At most `scan_bytes` are looked at for one page, so a page may be empty and yet not the end. Kind::host_refused: a
  // file that is there cannot be read.
  Result<LogPage> next();

  static constexpr std::size_t page_bytes = 64 * 1024;
  static constexpr std::size_t scan_bytes = 4 * 1024 * 1024;

 private:
  struct File {
    UniqueFd fd;
    ino_t inode = 0;
  };
  using EachLine = std::function<bool(std::string_view line, std::size_t file, off_t offset)>;

  [[nodiscard]] Result<std::vector<File>> open_all() const;  // oldest first
  Result<void> find_begin();
  // From the last line to the first, until `each` returns false.
  Result<void> walk_back(const EachLine& each) const;
  // What follows in the present file; `false`: nothing there now.
  Result<bool> read_piece();
  void take_lines(LogPage& page);
  void take_line(std::string_view line, LogPage& page);
  // The file after the present one, also one that came by a rotation meanwhile. False: the present one is the last.
  Result<bool> go_on();

  const std::string path_;
  const LogQuery query_;
  std::string since_;        // as lines have it
  std::uint64_t start_ = 0;  // 0: all
  bool begun_ = false;
  bool none_ = false;  // there is no such start
  bool over_ = false;  // a later start than the wanted one was met
  std::vector<File> files_;
  std::size_t present_ = 0;
  off_t offset_ = 0;  // in the present file, of what `text_` ends with
  std::string text_;  // read, not yet taken
};

}  // namespace jaild::runtime
