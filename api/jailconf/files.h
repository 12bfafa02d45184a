// Where the reader gets its files from: a disk, or memory in tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/contract/result.h"

namespace jaild::jailconf {

class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  // The text of a regular file. Kind::missing: it is not there or cannot be read, with the system's words;
  // Kind::too_large: it has more than `most` bytes.
  virtual Result<std::string> read(const std::string& path, std::size_t most) = 0;

  // The paths that match a glob(3) pattern, sorted; none is no error. Kind::too_large: more than `most`.
  virtual Result<std::vector<std::string>> glob(const std::string& pattern, std::size_t most) = 0;
};

// The host's file system. May block.
class DiskFiles : public Files {
 public:
  Result<std::string> read(const std::string& path, std::size_t most) override;
  Result<std::vector<std::string>> glob(const std::string& pattern, std::size_t most) override;
};

// One text under a name, in front of other files: standard input, or what an editor holds. Both outlive it.
class TextInFront : public Files {
 public:
  TextInFront(std::string name, const std::string& text, Files& behind)
      : name_(std::move(name)), text_(text), behind_(behind) {}
  Result<std::string> read(const std::string& path, std::size_t most) override;
  Result<std::vector<std::string>> glob(const std::string& pattern, std::size_t most) override {
    return behind_.glob(pattern, most);
  }

 private:
  std::string name_;
  const std::string& text_;
  Files& behind_;
};

}  // namespace jaild::jailconf
