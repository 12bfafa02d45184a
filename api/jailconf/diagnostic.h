// What is wrong, or will surprise, and where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jaild::jailconf {

// `file` is an index into the reader's list of files; line and column count from 1, columns in bytes.
struct Place {
  std::uint32_t file = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  bool operator==(const Place&) const = default;
};

// syntax: the file as a whole is refused, as jail(8) does. error: this jail is refused. warning: the file is read with
// the meaning of FreeBSD 15, which somebody may not expect.
enum class Severity { syntax, error, warning };

struct Diagnostic {
  Severity severity = Severity::syntax;
  std::string file;
  Place place;
  std::string token;    // what stands there, at most 40 bytes of it; "" at the end of a file
  std::string jail;     // the block's name, where the mistake is one jail's
  std::string message;  // one sentence without the place
};

// "FILE:3:14: error: jail web: MESSAGE".
[[nodiscard]] std::string to_text(const Diagnostic& diagnostic);

// Collects the diagnostics of one reading. Reading goes on until full(): what comes after so many mistakes is mostly
// their echo.
class Diagnostics {
 public:
  explicit Diagnostics(std::size_t most) : most_(most) {}

  // Returns the number under which places name this file.
  std::uint32_t add_file(std::string path);
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

  void syntax(Place place, std::string token, std::string message);
  void error(Place place, std::string token, const std::string& jail, std::string message);
  void warning(Place place, std::string token, const std::string& jail, std::string message);

  [[nodiscard]] bool full() const { return mistakes_ >= most_; }
  [[nodiscard]] bool syntax_errors() const { return syntax_errors_; }
  [[nodiscard]] std::vector<Diagnostic> take() { return std::move(list_); }

 private:
  void add(Severity severity, Place place, std::string token, std::string jail, std::string message);

  std::vector<std::string> files_;
  std::vector<Diagnostic> list_;
  std::size_t most_;
  std::size_t mistakes_ = 0;
  std::size_t warnings_ = 0;
  bool syntax_errors_ = false;
};

}  // namespace jaild::jailconf
