// A bearer token as everybody may see it: without its secret, which exists only in the answer that made it and with
// whoever was handed it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "api/contract/role.h"

namespace jaild {

struct Token {
  std::string id;  // 12 hexadecimal digits, chosen by jaild
  std::string name;
  Role role = Role::viewer;
  WallTime created_at;
  std::string created_by;
  std::optional<WallTime> expires_at;    // none: never
  std::optional<WallTime> last_used_at;  // to the minute
  bool operator==(const Token&) const = default;
};

// What somebody asks for who wants a token.
struct TokenRequest {
  std::string name;
  Role role = Role::viewer;
  std::optional<std::chrono::seconds> expires_in;
};

struct NewToken {
  Token token;
  std::string secret;  // "jaild_ID_SECRET": what goes behind "Bearer ", this once
};

constexpr std::size_t token_name_max = 64;
constexpr std::chrono::seconds token_lifetime_max{10 * 365 * 86'400};
// Somebody makes them in a loop; a host needs one for each program that asks.
constexpr std::size_t tokens_max = 1000;

// {"name", "role", "expires_in_seconds"?}. Kind::invalid with every mistake.
Result<TokenRequest> parse_token_request(const nlohmann::json& body);

// 12 hexadecimal digits in lower case.
[[nodiscard]] bool is_token_id(std::string_view text);

nlohmann::json to_json(const Token& token);
nlohmann::json to_json(const NewToken& token);  // the token with its "secret"

}  // namespace jaild
