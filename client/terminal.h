// Where jailctl reads and writes: the three streams, what they are, and the environment. Tests pass strings.
#pragma once

#include <iosfwd>
#include <map>
#include <streambuf>
#include <string>

namespace jaild::client {

using Environment = std::map<std::string, std::string>;

// "" for a variable that is absent or empty; jailctl never tells the two apart.
[[nodiscard]] std::string variable(const Environment& environment, const std::string& name);

struct Style {
  bool colour = false;
  bool utf8 = false;
  std::size_t columns = 0;  // that a line has before it wraps; 0: as many as it takes
};

// The streams are not owned and outlive it.
struct Terminal {
  std::istream& in;
  std::ostream& out;  // what was asked for
  std::ostream& err;  // messages, progress, questions
  bool in_tty = false;
  bool out_tty = false;
  bool err_tty = false;
  bool utf8 = false;
  Environment environment;
  int in_descriptor = -1;       // of `in`, for who reads more than lines; -1 there is none
  std::size_t out_columns = 0;  // of a terminal at `out`; 0: it has none or does not say

  // Colours need a terminal, and NO_COLOR (no-color.org) and TERM=dumb forbid them.
  [[nodiscard]] Style out_style() const;
  [[nodiscard]] Style err_style() const;
  [[nodiscard]] bool can_ask() const { return in_tty && err_tty; }
  // Asks on err and reads a line from in. An empty line is `otherwise`, the end of input is no.
  bool ask(const std::string& question, bool otherwise);
};

// A stream buffer over a descriptor that it does not own. Unlike std::cout's it keeps the errno of the first write that
// failed, so that a closed pipe can be told from a full disk.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor);
  ~DescriptorBuffer() override;
  DescriptorBuffer(const DescriptorBuffer&) = delete;
  DescriptorBuffer& operator=(const DescriptorBuffer&) = delete;
  [[nodiscard]] int write_errno() const { return write_errno_; }  // 0: none failed

 protected:
  int_type overflow(int_type character) override;
  int sync() override;

 private:
  bool flush_buffer();

  int descriptor_;
  int write_errno_ = 0;
  char buffer_[8192];
};

}  // namespace jaild::client
