// A text in the user's editor.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "client/terminal.h"

namespace jaild::client {

// A file that only its owner may read (0600, in a directory of its own with 0700, so that an editor's back-up copies
// are as safe). Removed in the destructor unless kept.
class ScratchFile {
 public:
  // Below TMPDIR or /tmp. Kind::missing: it cannot be made.
  static Result<ScratchFile> create(const std::string& file_name, const std::string& text,
                                    const Environment& environment);
  ~ScratchFile();
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  Result<std::string> read() const;
  void keep() { directory_.clear(); }

 private:
  ScratchFile(std::string directory, std::string path) : directory_(std::move(directory)), path_(std::move(path)) {}
  std::string directory_;  // "": keep it
  std::string path_;
};

// Runs $VISUAL, else $EDITOR, else vi on `path` and waits for its end; as sh(1) understands it, so that it may carry
// options. Kind::missing: it cannot be run, or it ended with another code than 0.
Result<void> run_editor(const std::string& path, const Environment& environment);

}  // namespace jaild::client
