// The daemon's calls as jailctl needs them: a route of api/contract/routes.h in, JSON or an Error out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "api/contract/routes.h"
#include "client/connection.h"

namespace jaild::client {

struct Answer {
  int status = 0;
  nlohmann::json body;  // null when the answer had none
  std::string etag;
};

struct Call {
  RouteId route;
  std::string name = {};   // of the jail, or what else the slot of the path stands for
  std::string query = {};  // already encoded, without '?'
  const nlohmann::json* body = nullptr;
  std::string if_match = {};
};

class JailApi {
 public:
  explicit JailApi(Endpoint endpoint) : connection_(std::move(endpoint)) {}
  [[nodiscard]] const Connection& connection() const { return connection_; }

  // Kind as the daemon's problem says, or as Connection::call() does; Kind::internal: the answer is not JSON;
  // Kind::invalid, without asking: the body is not UTF-8.
  Result<Answer> call(const Call& call) const;
  Result<Answer> get(const std::string& name) const { return call({.route = RouteId::get_jail, .name = name}); }

  // All pages of GET /jails as one {"items","event"}; `event` is the first page's, so that nothing after it is missed.
  Result<nlohmann::json> list(const std::string& query = {}) const;

  // All pages of GET /jails/{name}/history as one {"items"}.
  Result<nlohmann::json> history(const std::string& name) const;
  // All pages of GET /tokens as one {"items"}.
  Result<nlohmann::json> tokens() const;

  // The names that look like `name`, nearest first, at most three; none when the daemon cannot be asked.
  std::vector<std::string> similar_names(const std::string& name) const;

 private:
  // All pages of a list as one {"items"}; `what` it is a list of.
  Result<nlohmann::json> all_pages(RouteId route, const std::string& name, const std::string& what) const;

  Connection connection_;
};

// "/jails/{name}/start" with the name filled in and encoded.
[[nodiscard]] HttpRequest request_for(RouteId route, const std::string& name, const std::string& query);

// Joins parts with '&', leaving out empty ones.
[[nodiscard]] std::string join_query(const std::vector<std::string>& parts);

}  // namespace jaild::client
