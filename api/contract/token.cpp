#include "api/contract/token.h"

#include <algorithm>

#include "api/contract/json.h"
#include "api/contract/json_fields.h"
#include "api/contract/mistakes.h"

namespace jaild {
namespace {

using nlohmann::json;

constexpr std::size_t token_id_digits = 12;

// What may stand in a log line and in a table as it is.
bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@-").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<TokenRequest> parse_token_request(const json& body) {
  Mistakes mistakes;
  TokenRequest request;
  Fields fields(body, "", mistakes);
  if (!body.is_object()) return Fail(mistakes.error());
  if (!body.contains("name")) mistakes.add("/name", "a token needs a name");
  fields.read("name", request.name);
  const bool named = body.contains("name") && !mistakes.at("/name");
  if (named && (request.name.empty() || request.name.size() > token_name_max || !is_plain(request.name))) {
    mistakes.add("/name", "expects 1 to 64 letters, digits, dots, underscores, @ or hyphens");
  }
  if (!body.contains("role")) mistakes.add("/role", "a token needs a role");
  fields.choose("role", request.role,
                {{"viewer", Role::viewer}, {"operator", Role::operator_}, {"admin", Role::admin}});
  if (body.contains("expires_in_seconds")) {
    std::chrono::seconds lifetime{1};
    fields.read("expires_in_seconds", lifetime);
    if (lifetime < std::chrono::seconds{1} || lifetime > token_lifetime_max) {
      mistakes.add("/expires_in_seconds",
                   "expects a number from 1 to " + std::to_string(token_lifetime_max.count()) + ", ten years");
    }
    request.expires_in = lifetime;
  }
  fields.refuse_rest();
  if (!mistakes.empty()) return Fail(mistakes.error());
  return request;
}

bool is_token_id(std::string_view text) {
  return text.size() == token_id_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

json to_json(const Token& token) {
  json out = {{"id", token.id},
              {"name", token.name},
              {"role", to_string(token.role)},
              {"created_at", rfc3339(token.created_at)},
              {"created_by", token.created_by}};
  if (token.expires_at) out["expires_at"] = rfc3339(*token.expires_at);
  if (token.last_used_at) out["last_used_at"] = rfc3339(*token.last_used_at);
  return out;
}

json to_json(const NewToken& token) {
  json out = to_json(token.token);
  out["secret"] = token.secret;
  return out;
}

}  // namespace jaild
