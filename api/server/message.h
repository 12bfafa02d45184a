// One request and its answer, as values: what handlers see of HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/contract/log_line.h"
#include "api/contract/error.h"
#include "api/contract/query.h"

namespace jaild::server {

// Fields are as the client sent them; several lines of one field are joined with ", ". Absent: std::nullopt.
struct Request {
  std::string method;
  std::string target;  // percent-encoded, in origin or absolute form
  std::optional<std::string> host;
  std::optional<std::string> authorization;
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> accept;
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<std::string> last_event_id;
  std::optional<std::string> origin;
  std::optional<std::string> sec_fetch_site;
  std::optional<std::string> websocket_key;
  bool of_browser = false;  // has a field that browsers send by themselves, and other programs do not
  bool upgrade = false;     // a WebSocket's handshake
  std::string body;
};

class LogReading;

// What an event stream is to send: `after` counts only when `replay` is set.
struct StreamPlan {
  bool replay = false;
  bool steps = false;  // jail.step, too
  EventQuery query;
};

// What of a console log the answer goes on with, and in which form.
struct LogPlan {
  std::shared_ptr<LogReading> reading;
  LogPage first;  // read before the answer begins, so that a log that cannot be read is a problem
  std::string jail;
  bool follow = false;
  bool as_json = false;  // a JSON object a line; else the lines as they are in the file
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";  // of a body; nothing is said of an empty one
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`: one that several answers share
  // At most one is set: the answer goes on with it after its header.
  std::optional<StreamPlan> stream;  // as server-sent events, until the connection ends
  std::optional<LogPlan> log;
  std::optional<std::string> exec;  // a WebSocket instead of any answer; the jail, in which it runs a command
  [[nodiscard]] bool goes_on() const { return stream || log; }
};

// The body, wherever it is.
inline std::string_view payload(const Response& response) {
  return response.shared_body ? std::string_view(*response.shared_body) : std::string_view(response.body);
}

// `error` as application/problem+json, with Retry-After where trying later helps.
Response problem_response(const Error& error);

// The header of `response`, up to and with the empty line; the same for GET and HEAD.
// `http_minor` is the request's (0 or 1); `keep` false says Connection: close.
std::string header_text(const Response& response, int http_minor, bool keep);

// "Sat, 31 Jan 2026 12:00:00 GMT" (RFC 9110, 5.6.7).
std::string http_date(std::int64_t unix_seconds);

}  // namespace jaild::server
