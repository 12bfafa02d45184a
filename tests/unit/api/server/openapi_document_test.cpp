// openapi/jaild.yaml and api/contract/routes.h say the same.
#include "api/server/openapi_document.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/contract/error.h"
#include "api/contract/routes.h"

namespace jaild::server {

namespace {

using nlohmann::json;

const json& document() {
  static const json parsed = json::parse(openapi_document());
  return parsed;
}

std::string in_lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string role_name(Role role) {
  switch (role) {
    case Role::none: return "none";
    case Role::viewer: return "viewer";
    case Role::operator_: return "operator";
    case Role::admin: return "admin";
  }
  std::unreachable();
}

// Every operation as (path, method, operation).
std::vector<std::tuple<std::string, std::string, json>> operations() {
  std::vector<std::tuple<std::string, std::string, json>> all;
  for (const auto& [path, item] : document()["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method != "parameters") all.emplace_back(path, method, operation);
    }
  }
  return all;
}

const json& resolve(const json& value) {
  if (!value.contains("$ref")) return value;
  return document()[json::json_pointer(value["$ref"].get<std::string>().substr(1))];
}

}  // namespace

TEST(OpenapiDocument, HasEveryRouteWithItsRoleAndBody) {
  for (const Route& route : routes()) {
    const std::string path(route.path);
    ASSERT_TRUE(document()["paths"].contains(path)) << path;
    const json& item = document()["paths"][path];
    ASSERT_TRUE(item.contains(in_lower_case(route.method))) << route.method << " " << path;
    const json& operation = item[in_lower_case(route.method)];
    EXPECT_EQ(operation["x-role"], role_name(route.role)) << route.method << " " << path;
    const bool body = operation.contains("requestBody") && resolve(operation["requestBody"])["required"] == true;
    EXPECT_EQ(body, route.body) << route.method << " " << path;
  }
}

TEST(OpenapiDocument, HasNoOperationBeyondTheRoutes) {
  std::set<std::pair<std::string, std::string>> known;
  for (const Route& route : routes()) known.emplace(route.path, in_lower_case(route.method));
  for (const auto& [path, method, operation] : operations()) {
    EXPECT_TRUE(known.contains({path, method})) << method << " " << path;
  }
  EXPECT_EQ(operations().size(), routes().size());
}

TEST(OpenapiDocument, EveryOperationIsNamedTaggedAndHasItsProblems) {
  std::set<std::string> names;
  std::set<std::string> tags;
  for (const json& tag : document()["tags"]) tags.insert(tag["name"].get<std::string>());
  for (const auto& [path, method, operation] : operations()) {
    const std::string where = method + " " + path;
    EXPECT_TRUE(names.insert(operation.value("operationId", "")).second) << where;
    ASSERT_EQ(operation["tags"].size(), 1U) << where;
    EXPECT_TRUE(tags.contains(operation["tags"][0].get<std::string>())) << where;
    EXPECT_FALSE(operation.value("description", "").empty()) << where;
    EXPECT_FALSE(operation.value("summary", "").empty()) << where;
    for (const auto& [status, response] : operation["responses"].items()) {
      if (status[0] != '4' && !(status[0] == '5' && path != "/readyz")) continue;
      EXPECT_TRUE(resolve(response)["content"].contains("application/problem+json")) << where << " " << status;
    }
    EXPECT_TRUE(operation["responses"].contains("422")) << where << ": unknown query parameters";
    const bool open = operation["x-role"] == "none";
    EXPECT_EQ(operation["responses"].contains("401"), !open) << where;
    EXPECT_EQ(operation.contains("security"), open) << where << ": the document's own wants a token";
    EXPECT_TRUE(operation["responses"].contains("403")) << where << ": web pages, and roles that do not suffice";
    EXPECT_TRUE(operation["responses"].contains("421")) << where;
  }
}

// A PATCH takes either type (session.cpp, decide()), everything else JSON only.
TEST(OpenapiDocument, BodiesHaveTheTypesThatAreTaken) {
  for (const auto& [path, method, operation] : operations()) {
    if (!operation.contains("requestBody")) continue;
    std::set<std::string> expected{"application/json"};
    if (method == "patch") expected.insert("application/merge-patch+json");
    std::set<std::string> said;
    for (const auto& [type, content] : resolve(operation["requestBody"])["content"].items()) said.insert(type);
    EXPECT_EQ(said, expected) << method << " " << path;
  }
}

// Every problem that jaild can answer is named where its status is described, and no other one is.
TEST(OpenapiDocument, NamesEveryProblemUnderItsStatus) {
  std::map<int, std::string> described;
  for (const auto& [path, method, operation] : operations()) {
    for (const auto& [status, response] : operation["responses"].items()) {
      described[std::stoi(status)] += resolve(response)["description"].get<std::string>() + "\n";
    }
  }
  const std::string anywhere = document()["info"]["description"];
  std::set<int> statuses;
  for (int number = 0; number <= static_cast<int>(Kind::internal); ++number) {
    const KindTraits row = traits(static_cast<Kind>(number));
    const std::string type = "`" + std::string(row.type) + "`";
    statuses.insert(row.http_status);
    EXPECT_NE((described[row.http_status] + anywhere).find(type), std::string::npos)
        << type << " under " << row.http_status;
  }
  for (const auto& [status, descriptions] : described) {
    EXPECT_TRUE(status < 400 || statuses.contains(status)) << status << " is answered by nothing";
  }
}

TEST(OpenapiDocument, EveryRefLeadsSomewhere) {
  for (const json& value : document().flatten()) {
    if (!value.is_string()) continue;
    const std::string text = value.get<std::string>();
    if (!text.starts_with("#/")) continue;
    EXPECT_TRUE(document().contains(json::json_pointer(text.substr(1)))) << text;
  }
}

TEST(OpenapiDocument, RequestsRefuseUnknownMembers) {
  for (const char* schema : {"JailDocument", "JailPatch", "Spec", "Restart", "Health"}) {
    EXPECT_EQ(document()["components"]["schemas"][schema]["additionalProperties"], false) << schema;
  }
}

}  // namespace jaild::server
