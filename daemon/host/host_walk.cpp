#include "daemon/host/host_walk.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace jaild::host {
namespace {

constexpr int links_max = 40;  // as Linux has it

std::deque<std::string> parts_of(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return parts;
}

UniqueFd open_path(int directory, const std::string& name) {
  return UniqueFd(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

class Walk {
 public:
  Walk(const std::string& path, const std::string& what, const IsTree& is_tree)
      : path_(path), what_(what), is_tree_(is_tree), parts_(parts_of(path)) {}

  Result<Walked> to_the_end(LastPart last) {
    if (!path_.starts_with('/')) return Fail(Kind::invalid, what_ + " " + path_ + " is not absolute");
    if (auto begun = begin(); !begun) return Fail(begun.error());
    while (!parts_.empty()) {
      const std::string name = std::exchange(parts_.front(), {});
      parts_.pop_front();
      UniqueFd next = open_path(here_.get(), name);
      if (!next && errno == ENOENT && parts_.empty() && last == LastPart::may_be_missing) {
        return end(name, UniqueFd());
      }
      struct stat status{};
      if (!next || ::fstat(next.get(), &status) != 0) return Fail(refused(errno));
      if (name == "..") {
        if (auto up = go_up(std::move(next)); !up) return Fail(up.error());
      } else if (S_ISLNK(status.st_mode)) {
        if (auto followed = follow(name); !followed) return Fail(followed.error());
      } else if (parts_.empty()) {
        return end(name, std::move(next));
      } else if (S_ISDIR(status.st_mode)) {
        go_down(name, std::move(next));
      } else {
        return Fail(refused(ENOTDIR));
      }
    }
    return Walked{std::move(here_), {}, {}, real_, in_tree_};
  }

 private:
  Result<void> begin() {
    here_.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    real_ = "/";
    if (!here_) return Fail(refused(errno));
    return {};
  }

  void go_down(const std::string& name, UniqueFd next) {
    real_ = below(name);
    here_ = std::move(next);
    in_tree_ = in_tree_ || is_tree_(real_);
  }

  // Only from outside of all trees, so that its parent is outside too.
  Result<void> go_up(UniqueFd next) {
    if (in_tree_) {
      return Fail(Kind::host_refused,
                  what_ + " " + path_ + " holds \"..\" below " + real_ + ", where a jail can write: write it without");
    }
    here_ = std::move(next);
    real_.resize(std::max<std::size_t>(real_.rfind('/'), 1));
    return {};
  }

  Result<void> follow(const std::string& name) {
    if (in_tree_) {
      return Fail(Kind::host_refused, what_ + " " + path_ + " leads through the symbolic link " + below(name) +
                                          ", which a jail may have planted: put a directory in its place");
    }
    if (++links_ > links_max) return Fail(refused(ELOOP));
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlinkat(here_.get(), name.c_str(), target.data(), target.size());
    if (size < 0) return Fail(refused(errno));
    const std::string_view text(target.data(), static_cast<std::size_t>(size));
    auto more = parts_of(text);
    parts_.insert(parts_.begin(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
    return text.starts_with('/') ? begin() : Result<void>();
  }

  Walked end(const std::string& name, UniqueFd fd) {
    return Walked{std::move(fd), std::move(here_), name, below(name), in_tree_};
  }

  [[nodiscard]] std::string below(const std::string& name) const { return (real_ == "/" ? "" : real_) + "/" + name; }

  [[nodiscard]] Error refused(int code) const {
    if (code == ENOENT) {
      return Error{Kind::missing, what_ + " " + path_ + " does not exist: make it or correct it", code, {}};
    }
    return Error{Kind::host_refused, what_ + " " + path_ + ": " + std::generic_category().message(code), code, {}};
  }

  const std::string& path_;
  const std::string& what_;
  const IsTree& is_tree_;
  std::deque<std::string> parts_;  // still to go
  UniqueFd here_;
  std::string real_;
  bool in_tree_ = false;
  int links_ = 0;
};

}  // namespace

Result<Walked> walk_host_path(const std::string& path, const std::string& what, const IsTree& is_tree, LastPart last) {
  return Walk(path, what, is_tree).to_the_end(last);
}

}  // namespace jaild::host
