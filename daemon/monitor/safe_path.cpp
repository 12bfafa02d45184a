#include "daemon/monitor/safe_path.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {
namespace {

// O_NONBLOCK, so that a fifo without a reader is an error and not a wait. O_NOFOLLOW: the links were followed already.
constexpr int console_flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
constexpr mode_t console_mode = 0600;
constexpr mode_t program_bits = S_ISUID | S_ISGID | S_IXUSR | S_IXGRP | S_IXOTH;

// A jail that once had the file open may have made a program of it; what we append then were its code.
Result<void> make_no_program(int file, const struct stat& status) {
  if (!S_ISREG(status.st_mode) || (status.st_mode & program_bits) == 0) return {};
  const mode_t harmless = status.st_mode & (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
  if (::fchmod(file, harmless) != 0) return FailErrno(Kind::host_refused, "change its mode", errno);
  return {};
}

}  // namespace

Result<UniqueFd> open_console_file(const std::string& path, const host::IsTree& is_tree) {
  const auto found = host::walk_host_path(path, "exec.consolelog", is_tree, host::LastPart::may_be_missing);
  if (!found) return Fail(found.error());
  if (!found->directory) return Fail(Kind::invalid, "exec.consolelog " + path + " is a directory");
  UniqueFd file(::openat(found->directory.get(), found->name.c_str(), console_flags, console_mode));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return FailErrno(Kind::host_refused, "open exec.consolelog " + path, errno);
  }
  if (found->in_tree && (!S_ISREG(status.st_mode) || status.st_nlink != 1)) {
    return Fail(Kind::host_refused,
                "exec.consolelog " + path + " is no regular file of one name, and a jail can write there");
  }
  const auto harmless = make_no_program(file.get(), status);
  if (!harmless) return Fail(harmless.error().in("exec.consolelog " + path));
  return file;
}

}  // namespace jaild::monitor
