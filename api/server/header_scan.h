// Where a request's header ends, and whether its bytes can be read in one way only.
#pragma once

#include <cstddef>
#include <string_view>

#include "api/contract/result.h"

namespace jaild::server {

// One header, as it arrives. What this lets pass goes to Beast's parser, which accepts some forms (line folding, for
// one) that a proxy in front may read otherwise: the two would then disagree on what a request says.
class HeaderScan {
 public:
  HeaderScan(std::size_t bytes_most, std::size_t fields_most) : bytes_most_(bytes_most), fields_most_(fields_most) {}

  // `text` is all that came so far; it only ever grows. The size of the header with its empty line, or 0: more has to
  // come. Kind::bad_request at the first byte that is wrong, Kind::header_too_large.
  Result<std::size_t> find_end(std::string_view text);

  // Of that size, the empty lines in front of the request line: old clients send one after a body, and it means nothing
  // (RFC 9112, 2.2).
  [[nodiscard]] std::size_t empty_bytes() const { return empty_bytes_; }

 private:
  enum class Fault { none, lone_return, too_many_fields, lone_feed, control_character, folded_line };
  Fault take(char c);
  [[nodiscard]] Error error_of(Fault fault) const;

  const std::size_t bytes_most_;
  const std::size_t fields_most_;
  std::size_t seen_ = 0;
  std::size_t lines_ = 0;        // that are whole, the request line among them
  std::size_t line_length_ = 0;  // of the one under way
  std::size_t empty_bytes_ = 0;
  bool after_return_ = false;  // CR came, LF must follow
  bool ended_ = false;
};

}  // namespace jaild::server
