#include "api/server/header_scan.h"

#include <string>
#include <utility>

namespace jaild::server {

Result<std::size_t> HeaderScan::find_end(std::string_view text) {
  while (seen_ < text.size()) {
    const Fault fault = take(text[seen_++]);
    if (fault != Fault::none) return Fail(error_of(fault));
    if (ended_) return seen_;
    if (seen_ >= bytes_most_) {
      return Fail(Kind::header_too_large,
                  "the request line and header may have " + std::to_string(bytes_most_) + " bytes");
    }
  }
  return 0;
}

HeaderScan::Fault HeaderScan::take(char c) {
  if (after_return_) {
    after_return_ = false;
    if (c != '\n') return Fault::lone_return;
    if (line_length_ == 0 && lines_ == 0) {
      empty_bytes_ = seen_;
      return Fault::none;
    }
    ended_ = line_length_ == 0;
    ++lines_;
    line_length_ = 0;
    return lines_ <= fields_most_ + 1 || ended_ ? Fault::none : Fault::too_many_fields;
  }
  if (c == '\r') {
    after_return_ = true;
    return Fault::none;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n') return Fault::lone_feed;
  if ((byte < 0x20 && c != '\t') || byte == 0x7f) return Fault::control_character;
  const bool begins_line = line_length_++ == 0;
  return begins_line && (c == ' ' || c == '\t') ? Fault::folded_line : Fault::none;
}

// Apart from take(), which runs for every byte and must not carry a sentence with it.
Error HeaderScan::error_of(Fault fault) const {
  switch (fault) {
    case Fault::none: break;
    case Fault::lone_return: return {Kind::bad_request, "the header has a carriage return that ends no line", 0, {}};
    case Fault::too_many_fields:
      return {Kind::header_too_large, "the header may have " + std::to_string(fields_most_) + " fields", 0, {}};
    case Fault::lone_feed: return {Kind::bad_request, "a line of the header ends without a carriage return", 0, {}};
    case Fault::control_character: return {Kind::bad_request, "the header has a control character", 0, {}};
    case Fault::folded_line:
      return {Kind::bad_request, "a line of the header begins with a blank: folded lines are not taken", 0, {}};
  }
  std::unreachable();
}

}  // namespace jaild::server
