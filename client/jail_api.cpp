#include "client/jail_api.h"

#include <algorithm>
#include <cstdlib>

#include "api/contract/json.h"
#include "api/contract/utf8.h"
#include "client/fields.h"
#include "client/problem.h"
#include "client/suggest.h"

namespace jaild::client {

using nlohmann::json;

namespace {

constexpr std::size_t page_size = 1000;  // the daemon's own maximum
// A million jails; reached only by a daemon that never ends its list.
constexpr int pages_max = 1000;

const Route& route_of(RouteId id) {
  for (const Route& route : routes()) {
    if (route.id == id) return route;
  }
  std::abort();  // a row of our own table is missing
}

}  // namespace

std::string join_query(const std::vector<std::string>& parts) {
  std::string query;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!query.empty()) query += '&';
    query += part;
  }
  return query;
}

HttpRequest request_for(RouteId id, const std::string& name, const std::string& query) {
  const Route& route = route_of(id);
  HttpRequest request;
  request.method = route.method;
  request.target = route.path;
  const std::size_t slot = request.target.find('{');
  if (slot != std::string::npos) {
    request.target.replace(slot, request.target.find('}') + 1 - slot, percent_encode(name));
  }
  if (!query.empty()) request.target += "?" + query;
  return request;
}

Result<Answer> JailApi::call(const Call& call) const {
  HttpRequest request = request_for(call.route, call.name, call.query);
  request.headers.emplace_back("Accept", "application/json, application/problem+json");
  if (call.body != nullptr) {
    if (auto problems = utf8_problems(*call.body); !problems.empty()) {
      return Fail(Error{Kind::invalid, "jaild takes UTF-8 only; nothing was changed", 0, std::move(problems)});
    }
    request.body = to_text(*call.body);
    const bool patch = call.route == RouteId::patch_jail;
    request.headers.emplace_back("Content-Type", patch ? "application/merge-patch+json" : "application/json");
  }
  if (!call.if_match.empty()) request.headers.emplace_back("If-Match", call.if_match);
  const Result<HttpResponse> response = connection_.call(request);
  if (!response) return Fail(response.error());
  if (response->status >= 300) return Fail(error_from(*response));
  Answer answer{response->status, nullptr, response->header("ETag")};
  if (response->body.empty()) return answer;
  Result<json> body = parse_json(response->body);
  if (!body) {
    return Fail(Kind::internal, "the answer of " + connection_.endpoint().text() + " is not JSON; is it jaild?");
  }
  answer.body = std::move(*body);
  return answer;
}

Result<json> JailApi::list(const std::string& query) const {
  json all = json::object();
  std::string after;
  for (int page = 0; page < pages_max; ++page) {
    const std::string position = after.empty() ? "" : "after=" + percent_encode(after);
    const std::string whole = join_query({query, "limit=" + std::to_string(page_size), position});
    Result<Answer> answer = call({.route = RouteId::list_jails, .query = whole});
    if (!answer) return Fail(answer.error());
    const json& items = array_at(answer->body, "/items");
    const std::size_t count = items.size();
    const std::string last = count == 0 ? "" : text_at(items.back(), "/name");
    const std::string next = text_at(answer->body, "/next");  // a page may be short for its bytes
    if (page == 0) {
      all = std::move(answer->body);
      if (all.is_object()) all.erase("next");
      if (!all.is_object()) return Fail(Kind::internal, "the list of jails has another shape than expected");
    } else {
      for (const json& item : items) all["items"].push_back(item);
    }
    if ((count < page_size && next.empty()) || last <= after) return all;
    after = last;
  }
  return Fail(Kind::too_large, "the list of jails does not end");
}

Result<json> JailApi::history(const std::string& name) const {
  return all_pages(RouteId::jail_history, name, "the history of " + name);
}

Result<json> JailApi::tokens() const {
  return all_pages(RouteId::list_tokens, "", "the list of tokens");
}

Result<json> JailApi::all_pages(RouteId route, const std::string& name, const std::string& what) const {
  json all;
  std::string after;
  for (int page = 0; page < pages_max; ++page) {
    const std::string query = after.empty() ? "" : "after=" + percent_encode(after);
    Result<Answer> answer = call({.route = route, .name = name, .query = query});
    if (!answer) return Fail(answer.error());
    const auto number = number_at(answer->body, "/next");
    const std::string next = number ? std::to_string(*number) : text_at(answer->body, "/next");
    if (page == 0) {
      all = std::move(answer->body);
      if (all.is_object()) all.erase("next");
    } else {
      for (const json& item : array_at(answer->body, "/items")) all["items"].push_back(item);
    }
    if (next.empty() || next == after) return all;
    after = next;
  }
  return Fail(Kind::too_large, what + " does not end");
}

std::vector<std::string> JailApi::similar_names(const std::string& name) const {
  const Result<json> jails = list();
  if (!jails) return {};
  std::vector<std::string> names;
  for (const json& jail : array_at(*jails, "/items")) names.push_back(text_at(jail, "/name"));
  return nearest(name, names);
}

}  // namespace jaild::client
