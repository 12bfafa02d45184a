#include "client/editor.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "client/declaration_file.h"

extern char** environ;

namespace jaild::client {

namespace {

std::string why_it_failed(int error) {
  return std::generic_category().message(error);
}

bool write_private(const std::string& path, const std::string& text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return false;
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t step = ::write(descriptor, text.data() + written, text.size() - written);
    if (step < 0 && errno != EINTR) break;
    if (step > 0) written += static_cast<std::size_t>(step);
  }
  const int error = errno;
  const bool closed = ::close(descriptor) == 0;
  if (closed) errno = error;
  return closed && written == text.size();
}

// Interrupt and quit keys are the editor's while it runs.
class IgnoredKeys {
 public:
  IgnoredKeys() : interrupt_(std::signal(SIGINT, SIG_IGN)), quit_(std::signal(SIGQUIT, SIG_IGN)) {}
  ~IgnoredKeys() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGQUIT, quit_);
  }
  IgnoredKeys(const IgnoredKeys&) = delete;
  IgnoredKeys& operator=(const IgnoredKeys&) = delete;

 private:
  void (*interrupt_)(int);
  void (*quit_)(int);
};

// Starts sh -c 'EDITOR "$1"' with the signals that we ignore back at their defaults. An errno on failure.
int spawn_editor(const std::string& editor, const std::string& path, pid_t& child) {
  std::string script = editor + " \"$1\"";
  std::string shell = "sh";
  std::string option = "-c";
  std::string file = path;
  std::vector<char*> arguments{shell.data(), option.data(), script.data(), shell.data(), file.data(), nullptr};
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) sigaddset(&defaults, number);
  posix_spawnattr_t attributes;
  if (const int error = posix_spawnattr_init(&attributes); error != 0) return error;
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawn(&child, "/bin/sh", nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

Result<ScratchFile> ScratchFile::create(const std::string& file_name, const std::string& text,
                                        const Environment& environment) {
  const std::string base = variable(environment, "TMPDIR");
  std::string directory = (base.empty() ? "/tmp" : base) + "/jailctl-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    return Fail(Kind::missing, "cannot make a directory like " + directory + ": " + why_it_failed(errno));
  }
  ScratchFile file(directory, directory + "/" + file_name);
  if (!write_private(file.path_, text)) {
    return Fail(Kind::missing, "cannot write " + file.path_ + ": " + why_it_failed(errno));
  }
  return file;
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : directory_(std::move(other.directory_)), path_(std::move(other.path_)) {
  other.directory_.clear();
}

ScratchFile::~ScratchFile() {
  if (directory_.empty()) return;
  std::error_code ignored;  // nobody can be told here; what stays is private and in the system's place for such
  std::filesystem::remove_all(directory_, ignored);
}

Result<std::string> ScratchFile::read() const {
  std::ifstream unused;
  Result<SourceText> source = read_source(path_, unused);
  if (!source) return Fail(source.error());
  return std::move(source->text);
}

Result<void> run_editor(const std::string& path, const Environment& environment) {
  std::string editor = variable(environment, "VISUAL");
  if (editor.empty()) editor = variable(environment, "EDITOR");
  if (editor.empty()) editor = "vi";
  const IgnoredKeys ignored;
  pid_t child = 0;
  if (const int error = spawn_editor(editor, path, child); error != 0) {
    return Fail(Kind::missing, "cannot run " + editor + ": " + why_it_failed(error));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Fail(Kind::missing, "cannot wait for " + editor + ": " + why_it_failed(errno));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFEXITED(status) ? "ended with code " + std::to_string(WEXITSTATUS(status))
                                            : "was ended by signal " + std::to_string(WTERMSIG(status));
  return Fail(Kind::missing, editor + " " + how);
}

}  // namespace jaild::client
