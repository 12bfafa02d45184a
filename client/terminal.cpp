#include "client/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <istream>
#include <ostream>

namespace jaild::client {

std::string variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

namespace {

bool colours_wanted(const Environment& environment) {
  return variable(environment, "NO_COLOR").empty() && variable(environment, "TERM") != "dumb";
}

}  // namespace

Style Terminal::out_style() const {
  return {out_tty && colours_wanted(environment), utf8, out_tty ? out_columns : 0};
}

Style Terminal::err_style() const {
  return {err_tty && colours_wanted(environment), utf8};
}

bool Terminal::ask(const std::string& question, bool otherwise) {
  out.flush();
  err << question << (otherwise ? " [Y/n] " : " [y/N] ") << std::flush;
  std::string line;
  if (!std::getline(in, line)) {
    err << '\n';
    return false;
  }
  if (line.empty()) return otherwise;
  return line[0] == 'y' || line[0] == 'Y';
}

DescriptorBuffer::DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
  setp(buffer_, buffer_ + sizeof buffer_);
}

DescriptorBuffer::~DescriptorBuffer() {
  flush_buffer();
}

bool DescriptorBuffer::flush_buffer() {
  const char* next = pbase();
  while (write_errno_ == 0 && next < pptr()) {
    const ssize_t written = ::write(descriptor_, next, static_cast<std::size_t>(pptr() - next));
    if (written >= 0) {
      next += written;
    } else if (errno != EINTR) {
      write_errno_ = errno;
    }
  }
  setp(buffer_, buffer_ + sizeof buffer_);
  return write_errno_ == 0;
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type character) {
  if (!flush_buffer()) return traits_type::eof();
  if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
  *pptr() = traits_type::to_char_type(character);
  pbump(1);
  return character;
}

int DescriptorBuffer::sync() {
  return flush_buffer() ? 0 : -1;
}

}  // namespace jaild::client
