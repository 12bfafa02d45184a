#include "daemon/store/placed_files.h"

#include <sys/stat.h>

#include <utility>

namespace jaild::store {

PlacedFiles::PlacedFiles(std::string file) : files_{Watched{file}, Watched{file + "-wal"}} {
  for (Watched& each : files_) is_in_place(each);
}

bool PlacedFiles::is_in_place(Watched& file) {
  struct stat there{};
  if (::lstat(file.path.c_str(), &there) != 0) return !file.met;
  if (!std::exchange(file.met, true)) {
    file.device = there.st_dev;
    file.inode = there.st_ino;
  }
  return file.device == there.st_dev && file.inode == there.st_ino;
}

Result<void> PlacedFiles::check() {
  for (Watched& each : files_) {
    if (is_in_place(each)) continue;
    return Fail(
        Kind::storage_full,
        each.path +
            " was removed or replaced while jaild had it open: nothing is written any more, as it would be lost "
            "with this jaild. Put the same file back; or save with jailctl export what jaild still knows, start "
            "jaild again and apply it");
  }
  return {};
}

}  // namespace jaild::store
