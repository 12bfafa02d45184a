// The keys that leave a terminal session while its command goes on, picked out of what is typed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/contract/result.h"

namespace jaild::client {

class DetachKeys {
 public:
  // "ctrl-p,ctrl-q": keys with commas between; a key is a character, or ctrl- with a to z or one of @ [ \ ] ^ _.
  // "": none, and nothing detaches. Kind::invalid.
  static Result<DetachKeys> parse(std::string_view text);

  // What of `typed` goes on to the command. The beginning of the sequence is held back until it is clear that it is
  // none.
  std::string filter(std::string_view typed);
  [[nodiscard]] bool complete() const { return !keys_.empty() && matched_ == keys_.size(); }

 private:
  std::string keys_;
  std::size_t matched_ = 0;
};

}  // namespace jaild::client
