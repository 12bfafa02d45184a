#include "daemon/monitor/safe_path.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {
namespace {

// O_NONBLOCK, so that a fifo without a reader is an error and not a wait; taken back once it is open.
constexpr int console_flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

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
    UniqueFd next(last ? ::openat(directory.get(), parts[i].c_str(), console_flags | O_NOFOLLOW, 0666)
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
  UniqueFd file(::open(path.c_str(), console_flags, 0666));
  if (!file) return FailErrno(Kind::host_refused, "open " + path, errno);
  return file;
}

}  // namespace

Result<UniqueFd> open_console_file(const std::string& path, const std::string& jail_path) {
  std::string base = jail_path;
  while (base.ends_with('/')) base.pop_back();
  const bool below = !base.empty() && path.starts_with(base + "/");
  auto file = below ? open_below(base, std::string_view(path).substr(base.size())) : open_trusted(path);
  if (file) ::fcntl(file->get(), F_SETFL, O_APPEND);
  return file;
}

}  // namespace jaild::monitor
