#include "client/problem.h"

#include <cerrno>
#include <optional>

#include "api/contract/json.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr std::string_view problem_prefix = "urn:jaild:problem:";

template <class Matches>
std::optional<Kind> find_kind(const Matches& matches) {
  for (int number = 0; number <= static_cast<int>(Kind::internal); ++number) {
    const Kind kind = static_cast<Kind>(number);
    if (matches(traits(kind))) return kind;
  }
  return std::nullopt;
}

Kind kind_of(const std::string& type, int status) {
  if (type.compare(0, problem_prefix.size(), problem_prefix) == 0) {
    const std::string_view last = std::string_view(type).substr(problem_prefix.size());
    if (const auto kind = find_kind([&](const KindTraits& row) { return row.type == last; })) return *kind;
  }
  return find_kind([&](const KindTraits& row) { return row.http_status == status; }).value_or(Kind::internal);
}

}  // namespace

Error error_from(const HttpResponse& response) {
  const Result<json> parsed = parse_json(response.body);
  const json body = parsed && parsed->is_object() ? *parsed : json::object();
  Error error;
  error.kind = kind_of(text_at(body, "/type"), response.status);
  error.message = text_at(body, "/detail");
  if (error.message.empty()) error.message = text_at(body, "/title");
  if (error.message.empty()) error.message = "the answer was HTTP " + std::to_string(response.status);
  for (const json& mistake : array_at(body, "/errors")) {
    error.fields.push_back({text_at(mistake, "/pointer"), text_at(mistake, "/detail")});
  }
  if (const std::string seconds = response.header("Retry-After"); !seconds.empty()) {
    error.message += "; try again in " + seconds + " s";
  }
  return error;
}

std::string_view how_to_start() {
#ifdef __linux__
  return "`systemctl start jaild` starts it where there is such a unit, else jaild(8)";
#else
  return "`service jaild start` starts it";
#endif
}

std::string advice(const Error& error, const std::string& jail) {
  const std::string name = jail.empty() ? "NAME" : jail;
  switch (error.kind) {
    case Kind::unavailable:
      if (error.os_errno == ENOENT || error.os_errno == ECONNREFUSED) {
        return "is it running? " + std::string(how_to_start()) + "; --socket or --url ask elsewhere";
      }
      return "";
    case Kind::forbidden:
      if (error.os_errno != 0)
        return "the socket is root's and its group's: try again as root, or see --socket-group in jaild(8)";
      return "";
    case Kind::misdirected: return "ask at localhost, or see --http-host in jaild(8)";
    case Kind::unauthorized: return "JAILD_TOKEN_FILE names the file that holds the token";
    case Kind::not_running: return "`jailctl up " + name + "` starts it";
    case Kind::precondition_failed:
      return "somebody else changed it: look with `jailctl history " + name + "`, then try again";
    case Kind::bad_request:
    case Kind::header_too_large:
    case Kind::request_timeout:
    case Kind::bad_json:
    case Kind::invalid:
    case Kind::not_found:
    case Kind::method_not_allowed:
    case Kind::exists:
    case Kind::conflict:
    case Kind::too_large:
    case Kind::unsupported_media_type:
    case Kind::upgrade_required:
    case Kind::overloaded:
    case Kind::storage_full:
    case Kind::timeout:
    case Kind::missing:
    case Kind::host_refused:
    case Kind::internal: return "";
  }
  std::unreachable();
}

}  // namespace jaild::client
