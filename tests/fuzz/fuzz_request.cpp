// A request's header, from bytes to a route: what the scan lets pass is parsed, split, routed and checked as a session
// does it, and two ways of cutting the bytes give the same.
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/server/access.h"
#include "api/server/conditions.h"
#include "api/server/header_scan.h"
#include "api/server/limits.h"
#include "api/server/request_reader.h"
#include "api/server/router.h"
#include "api/server/target.h"

namespace {

using namespace jaild;
using namespace jaild::server;
namespace http = boost::beast::http;

void demand(bool holds) {
  if (!holds) std::abort();
}

// The first piece is `first` bytes long.
Result<std::size_t> scan(std::string_view text, std::size_t first) {
  const Limits limits;
  HeaderScan header(limits.header_bytes, limits.header_fields);
  const Result<std::size_t> early = header.find_end(text.substr(0, first));
  if (!early || *early > 0) return early;
  return header.find_end(text);
}

void route(const Request& request) {
  const Result<Target> target = parse_target(request.target);
  if (!target) return;
  for (const std::string& segment : target->segments) {
    demand(!segment.empty() && segment != "." && segment != "..");
    demand(segment.find('\0') == std::string::npos);
  }
  for (const Surface surface : {Surface::full, Surface::probes}) {
    const auto found = find_route(surface, request.method, target->segments);
    if (!found) continue;
    const auto* match = std::get_if<Match>(&*found);
    if (match != nullptr) demand(match->route != nullptr);
  }
  QueryReader query(target->query);
  static_cast<void>(query.flag("dry_run"));
  const auto wait = query.number("wait", 0, 600);
  demand(!wait || *wait <= 600);
  static_cast<void>(query.finish());
}

void look_at(const Request& request) {
  route(request);
  static_cast<void>(read_conditions(request, true));
  static_cast<void>(check_body_type(request, BodyType::json_or_merge_patch));
  static_cast<void>(prefers_json(request));
  static_cast<void>(check_host(request, {"proxy.example"}));
  static_cast<void>(check_browser(request));
  const auto secret = bearer_secret(request);
  if (secret) demand(request.authorization->ends_with(*secret));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<std::size_t> whole = scan(text, text.size());
  const Result<std::size_t> cut = scan(text, text.size() / 2);
  demand(whole.has_value() == cut.has_value());
  if (!whole || *whole == 0) return 0;
  demand(*whole == *cut && *whole <= text.size());
  const std::string_view header = std::string_view(text).substr(0, *whole);
  demand(header.ends_with("\r\n\r\n") && header.find('\0') == std::string_view::npos);

  http::request_parser<http::buffer_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(Limits{}.header_bytes));
  parser.body_limit(boost::none);
  boost::system::error_code failed;
  const std::size_t taken = parser.put(boost::asio::buffer(header.data(), header.size()), failed);
  if (failed || !parser.is_header_done()) return 0;
  demand(taken == header.size());
  if (!check_framing(parser.get())) return 0;
  look_at(to_request(parser.get()));
  return 0;
}
