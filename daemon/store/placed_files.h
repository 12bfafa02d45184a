// Whether the database is still under its name. A file that somebody removed or replaced takes every commit as before,
// and all of them are lost with the process.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

#include "api/contract/result.h"

namespace jaild::store {

// The database and its write-ahead log. One thread at a time.
class PlacedFiles {
 public:
  // `file` was just opened. One that has no name in the file system (a test's own disk) is not watched.
  explicit PlacedFiles(std::string file);

  // Kind::storage_full: nothing that is written now would be found by the next jaild. Two stat(2) calls.
  Result<void> check();

 private:
  struct Watched {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
    bool met = false;  // the log appears with the first commit, and stays until the database is closed
  };
  static bool is_in_place(Watched& file);

  std::array<Watched, 2> files_;
};

}  // namespace jaild::store
