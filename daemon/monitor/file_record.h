// Small files that a reader finds whole or not at all.
#pragma once

#include <sys/types.h>

#include <string>

#include "api/contract/result.h"

namespace jaild::monitor {

// PATH.tmp, fsync, rename, fsync of the directory. 0600.
Result<void> write_record(const std::string& path, const std::string& text);

// Gone already is success.
Result<void> remove_record(const std::string& path);

// mkdir 0700; there already is success.
Result<void> make_private_directory(const std::string& path);

// The whole of a small regular file, at most `size_max` bytes; never blocks on a fifo that someone planted.
Result<std::string> read_small_file(const std::string& path, std::size_t size_max);

// "open /x: No such file or directory", with errno.
[[nodiscard]] std::unexpected<Error> FailErrno(Kind kind, const std::string& what, int os_errno);

}  // namespace jaild::monitor
