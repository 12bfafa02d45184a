// The only file of this box that asks the system.
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "api/jailconf/files.h"

namespace jaild::jailconf {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Error too_large(const std::string& path, std::size_t most) {
  return {Kind::too_large, path + " is larger than " + std::to_string(most) + " bytes", 0, {}};
}

Error from_system(const std::string& path, int code) {
  return {Kind::missing, path + ": " + std::strerror(code), code, {}};
}

}  // namespace

Result<std::string> DiskFiles::read(const std::string& path, std::size_t most) {
  // O_NONBLOCK, so that a FIFO without a writer does not hold us; what is no regular file is refused below.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.number < 0) return Fail(from_system(path, errno));
  struct stat info{};
  if (::fstat(file.number, &info) != 0) return Fail(from_system(path, errno));
  if (!S_ISREG(info.st_mode)) return Fail(Kind::missing, path + ": not a regular file");
  if (static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)) > most) return Fail(too_large(path, most));
  std::string text;
  char piece[65536];
  for (;;) {
    const ssize_t got = ::read(file.number, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(from_system(path, errno));
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > most) return Fail(too_large(path, most));  // it grew since fstat
  }
}

Result<std::vector<std::string>> DiskFiles::glob(const std::string& pattern, std::size_t most) {
  glob_t found{};
  const int outcome = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths;
  const bool many = outcome == 0 && found.gl_pathc > most;
  if (outcome == 0 && !many) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (many) return Fail(Kind::too_large, pattern + " matches more than " + std::to_string(most) + " files");
  if (outcome != 0 && outcome != GLOB_NOMATCH) return Fail(Kind::missing, pattern + ": cannot be searched");
  return paths;
}

Result<std::string> TextInFront::read(const std::string& path, std::size_t most) {
  if (path != name_) return behind_.read(path, most);
  if (text_.size() > most) return Fail(too_large(name_, most));
  return text_;
}

}  // namespace jaild::jailconf
