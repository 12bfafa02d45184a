#include "daemon/monitor/safe_path.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {
namespace {

// O_NONBLOCK, so that a fifo without a reader is an error and not a wait.
constexpr int console_flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

constexpr mode_t console_mode = 0600;
constexpr mode_t program_bits = S_ISUID | S_ISGID | S_IXUSR | S_IXGRP | S_IXOTH;

// A jail that once had the file open may have made a program of it; what we append then were its code.
Result<void> make_no_program(int file, const std::string& path) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return FailErrno(Kind::host_refused, "look at " + path, errno);
  if (!S_ISREG(status.st_mode) || (status.st_mode & program_bits) == 0) return {};
  const mode_t harmless = status.st_mode & (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
  if (::fchmod(file, harmless) != 0) return FailErrno(Kind::host_refused, "change the mode of " + path, errno);
  return {};
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

Result<UniqueFd> open_below(const std::string& base, std::string_view rest) {
  UniqueFd directory(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return FailErrno(Kind::missing, "open " + base, errno);
  const auto parts = components(rest);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "..") return Fail(Kind::invalid, "exec.consolelog has \"..\" below the jail's path");
    const bool last = i + 1 == parts.size();
    UniqueFd next(last ? ::openat(directory.get(), parts[i].c_str(), console_flags | O_NOFOLLOW, console_mode)
                       : ::openat(directory.get(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!next)
      return FailErrno(Kind::host_refused, "open " + parts[i] + " of exec.consolelog, no links allowed", errno);
    directory = std::move(next);
  }
  struct stat status{};
  if (::fstat(directory.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Fail(Kind::invalid, "exec.consolelog below the jail's path is not a regular file");
  }
  return directory;
}

Result<UniqueFd> open_trusted(const std::string& path) {
  UniqueFd file(::open(path.c_str(), console_flags, console_mode));
  if (!file) return FailErrno(Kind::host_refused, "open " + path, errno);
  return file;
}

}  // namespace

Result<UniqueFd> open_console_file(const std::string& path, const std::string& jail_path) {
  std::string base = jail_path;
  while (base.ends_with('/')) base.pop_back();
  const bool below = !base.empty() && path.starts_with(base + "/");
  auto file = below ? open_below(base, std::string_view(path).substr(base.size())) : open_trusted(path);
  if (!file) return file;
  const auto harmless = make_no_program(file->get(), path);
  if (!harmless) return Fail(harmless.error());
  return file;
}

}  // namespace jaild::monitor
