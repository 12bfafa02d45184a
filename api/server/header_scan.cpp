#include "api/server/header_scan.h"

#include <string>

namespace jaild::server {

Result<std::size_t> HeaderScan::find_end(std::string_view text) {
  while (seen_ < text.size()) {
    const Result<void> good = take(text[seen_++]);
    if (!good) return Fail(good.error());
    if (ended_) return seen_;
    if (seen_ >= bytes_most_) {
      return Fail(Kind::header_too_large,
                  "the request line and header may have " + std::to_string(bytes_most_) + " bytes");
    }
  }
  return 0;
}

Result<void> HeaderScan::take(char c) {
  if (after_return_) {
    after_return_ = false;
    if (c != '\n') return Fail(Kind::bad_request, "the header has a carriage return that ends no line");
    ended_ = line_length_ == 0 && lines_ > 0;
    if (line_length_ == 0 && lines_ == 0) return Fail(Kind::bad_request, "the request line is empty");
    ++lines_;
    line_length_ = 0;
    if (lines_ <= fields_most_ + 1 || ended_) return {};
    return Fail(Kind::header_too_large, "the header may have " + std::to_string(fields_most_) + " fields");
  }
  if (c == '\r') {
    after_return_ = true;
    return {};
  }
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n') return Fail(Kind::bad_request, "a line of the header ends without a carriage return");
  if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
    return Fail(Kind::bad_request, "the header has a control character");
  }
  const bool begins_line = line_length_++ == 0;
  if (begins_line && (c == ' ' || c == '\t')) {
    return Fail(Kind::bad_request, "a line of the header begins with a blank: folded lines are not taken");
  }
  return {};
}

}  // namespace jaild::server
