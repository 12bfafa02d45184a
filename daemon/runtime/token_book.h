// The bearer tokens: who holds which, as the store remembers them. All are in memory, so that a request is never held
// up by the disk; what changes is durable before it is answered.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/server/service.h"
#include "daemon/core/input.h"
#include "daemon/runtime/loop.h"

namespace jaild::runtime {

// A use is noted this often, so that a busy token costs one small commit a minute.
constexpr std::chrono::minutes token_use_noted{1};

// Loop thread only.
class TokenBook {
 public:
  // Makes something durable, then calls back, on the loop: Engine::record().
  using Record = std::function<void(core::RecordRequested, std::function<void(Result<void>)>)>;

  TokenBook(Loop& loop, Record record);  // the loop outlives it
  ~TokenBook();
  TokenBook(const TokenBook&) = delete;
  TokenBook& operator=(const TokenBook&) = delete;

  void load(std::vector<core::TokenRecord> records);  // once, before the first question

  // The token behind `secret`. Kind::unauthorized: none of ours, deleted, or expired, which look alike to a stranger.
  Result<Token> authenticate(std::string_view secret);
  [[nodiscard]] std::vector<Token> list() const;  // oldest first

  // Kind::exists: the name is taken. Kind::conflict: there are tokens_max.
  void create(const TokenRequest& request, const Requester& who, server::Done<NewToken> done);
  // It is refused from now on; where the store then fails, the answer says so and it is valid again. Kind::not_found.
  void erase(const std::string& id, const Requester& who, server::Done<Token> done);

 private:
  void note_use(core::TokenRecord& record, WallTime now);

  Loop& loop_;
  const Record record_;
  std::map<std::string, core::TokenRecord> tokens_;  // by id
  std::map<std::string, std::string> reserved_;      // name -> id of those that are being made or deleted
  std::shared_ptr<TokenBook*> self_;                 // null once this is gone: for callbacks that come late
};

}  // namespace jaild::runtime
