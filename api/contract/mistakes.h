// The mistakes of one request, collected so that all are reported at once, each at its place.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/contract/result.h"

namespace jaild {

// JSON Pointers (RFC 6901) one step below `base`; ~ and / in a key are escaped.
[[nodiscard]] std::string pointer_to(std::string_view base, std::string_view key);
[[nodiscard]] std::string pointer_to(std::string_view base, std::size_t index);

// `text` in double quotes for a message: control characters replaced, at most 64 bytes of it.
[[nodiscard]] std::string in_quotes(std::string_view text);

// `text` when it has at most `most` bytes, else its first and its last half with "..." between them: what a client
// sends may be a megabyte long, and what it is told of it is not. `most` is 16 or more.
[[nodiscard]] std::string in_short(std::string_view text, std::size_t most);

// One place is reported once: what a later rule says of it is mostly an echo of the first mistake. A place whose
// pointer would be longer than 512 bytes, for the names in it are the client's, is reported at what it is a part of.
class Mistakes {
 public:
  void add(std::string pointer, std::string detail);
  // From now on, what rules say of `rule_place` is reported at `written_place`: a rule speaks of the normalised spec, a
  // report of the document as it was written.
  void relocate(std::string rule_place, std::string written_place);

  // Whether something at `pointer` itself was reported.
  [[nodiscard]] bool at(const std::string& pointer) const { return places_.contains(written(pointer)); }
  // Whether something at `pointer` or below it was reported.
  [[nodiscard]] bool touch(const std::string& pointer) const;
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] std::vector<FieldError> take() { return std::move(list_); }
  // All of them as one Error; the message is the first with the number of the others.
  [[nodiscard]] Error error() const;

 private:
  [[nodiscard]] const std::string& written(const std::string& rule_place) const;

  std::vector<FieldError> list_;  // at most 1000: more help nobody
  std::set<std::string> places_;
  std::map<std::string, std::string> relocated_;
};

}  // namespace jaild
