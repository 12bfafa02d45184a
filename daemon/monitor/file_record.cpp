#include "daemon/monitor/file_record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/host/unique_fd.h"

namespace jaild::monitor {
namespace {

Result<void> write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return Fail(errno == ENOSPC ? Kind::storage_full : Kind::host_refused, std::strerror(errno), errno);
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(fd) != 0) return Fail(Kind::host_refused, std::strerror(errno), errno);
  return {};
}

}  // namespace

std::unexpected<Error> FailErrno(Kind kind, const std::string& what, int os_errno) {
  return Fail(kind, what + ": " + std::strerror(os_errno), os_errno);
}

Result<void> write_record(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  {
    const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return FailErrno(Kind::host_refused, "open " + temporary, errno);
    const auto written = write_all(file.get(), text);
    if (!written) {
      ::unlink(temporary.c_str());
      return Fail(written.error().in("write " + temporary));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return FailErrno(Kind::host_refused, "rename " + path, errno);
  const UniqueFd directory(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return FailErrno(Kind::host_refused, "sync " + path, errno);
  return {};
}

Result<void> remove_record(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return FailErrno(Kind::host_refused, "unlink " + path, errno);
  return {};
}

Result<void> make_private_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return FailErrno(Kind::host_refused, "mkdir " + path, errno);
  return {};
}

Result<std::string> read_small_file(const std::string& path, std::size_t size_max) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return FailErrno(Kind::missing, "open " + path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return FailErrno(Kind::host_refused, "stat " + path, errno);
  if (!S_ISREG(status.st_mode)) return Fail(Kind::invalid, path + " is not a regular file");
  std::string text(size_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(Kind::host_refused, "read " + path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > size_max) return Fail(Kind::too_large, path + " is larger than " + std::to_string(size_max) + " bytes");
  text.resize(size);
  return text;
}

}  // namespace jaild::monitor
