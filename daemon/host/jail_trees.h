// The directories that jails can write, or could once: whoever is root in a jail may have planted symbolic links there,
// for the host to follow to where the jail cannot reach. A path of the host that leads through one is walked without
// following any (host_walk.h). Kept in a file, because a tree stays when its jail is stopped, renamed or deleted; jaild
// writes it and monitors read it.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/contract/result.h"

namespace jaild::host {

[[nodiscard]] inline std::string jail_trees_file(const std::string& state_dir) {
  return state_dir + "/jail-trees";
}

// Any thread.
class JailTrees {
 public:
  // Reads `file`; none, or one that cannot be read, is an empty list. "": kept in memory only.
  explicit JailTrees(std::string file = "");
  JailTrees(const JailTrees&) = delete;
  JailTrees& operator=(const JailTrees&) = delete;

  // The path of a jail that is declared. Never blocks; it is taken up by the next add().
  void declare(std::string path);
  // From here on these are trees, under the names that they have without links. What does not exist is none. They are
  // in the file when it returns; Kind::host_refused: it cannot be written. Touches the disk.
  Result<void> add(std::vector<std::string> paths);
  // The same for one who only reads the file.
  void include(const std::string& path);
  // `real`: an absolute path without links. True too of another name of a tree that was moved or is mounted a second
  // time, where the file system tells when a directory was made. Never true of "/": a jail that has all of the host
  // needs no links.
  [[nodiscard]] bool contains(const std::string& real) const;

 private:
  // What a directory is, whatever its name: device, inode, and the time it was made, since inodes are used again. In
  // the file a line of these, which begins with "@".
  using Identity = std::string;
  [[nodiscard]] static std::optional<Identity> identity_of(const std::string& real);
  [[nodiscard]] bool knows(const std::string& real) const;
  bool keep(const std::string& real);  // true: it is news
  void forget_gone();
  [[nodiscard]] Result<void> write() const;

  const std::string file_;
  mutable std::mutex mutex_;  // of trees_, identities_ and the file
  std::set<std::string> trees_;
  std::set<Identity> identities_;
  std::mutex declared_mutex_;
  std::set<std::string> declared_;
};

}  // namespace jaild::host
