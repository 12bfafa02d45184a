#include "api/server/router.h"

#include <gtest/gtest.h>

#include "api/server/target.h"

namespace jaild::server {

namespace {

Result<std::variant<Match, Allowed>> find(std::string_view method, std::string_view path,
                                          Surface surface = Surface::full) {
  return find_route(surface, method, parse_target(path)->segments);
}

}  // namespace

TEST(Router, FindsEveryRouteOfTheTable) {
  for (const Route& route : routes()) {
    std::string path(route.path);
    const std::size_t slot = path.find('{');
    if (slot != std::string::npos) path.replace(slot, path.find('}') + 1 - slot, "www1");
    const auto found = find(route.method, path);
    ASSERT_TRUE(found) << path;
    ASSERT_TRUE(std::holds_alternative<Match>(*found)) << path;
    EXPECT_EQ(std::get<Match>(*found).route->id, route.id) << path;
    EXPECT_EQ(std::get<Match>(*found).name, slot == std::string::npos ? "" : "www1");
  }
}

TEST(Router, HeadIsFoundWhereverGetIs) {
  for (const Route& route : routes()) {
    if (route.method != "GET" || route.path.find('{') != std::string_view::npos) continue;
    const auto found = find("HEAD", route.path);
    ASSERT_TRUE(found) << route.path;
    EXPECT_TRUE(std::holds_alternative<Match>(*found)) << route.path;
  }
}

TEST(Router, SaysWhichMethodsAPathHas) {
  EXPECT_EQ(std::get<Allowed>(*find("POST", "/jails/www1")).methods, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
  EXPECT_EQ(std::get<Allowed>(*find("OPTIONS", "/jails")).methods, "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(std::get<Allowed>(*find("GET", "/jails/www1/start")).methods, "OPTIONS, POST");
  EXPECT_EQ(std::get<Allowed>(*find("get", "/livez")).methods, "GET, HEAD, OPTIONS");
}

TEST(Router, AnUnknownPathIsNotFound) {
  for (const char* path : {"/", "/jail", "/JAILS", "/jails/a/b", "/jails/a/start/now", "/livez/x"}) {
    const auto found = find("GET", path);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().kind, Kind::not_found) << path;
  }
}

TEST(Router, ProbesAreAllThatAProbeListenerHas) {
  for (const Route& route : routes()) {
    const bool probe = route.path == "/metrics" || route.path == "/livez" || route.path == "/readyz";
    EXPECT_EQ(find(route.method, route.path, Surface::probes).has_value(), probe) << route.path;
  }
}

TEST(Router, ANameThatNoJailCanHaveIsRefusedWhereItWouldBeWritten) {
  for (const char* name : {"42", "-x", "a%20b", "a..b", "%C3%A4"}) {
    const std::string path = std::string("/jails/") + name;
    const auto write = find("PUT", path);
    ASSERT_FALSE(write) << path;
    EXPECT_EQ(write.error().kind, Kind::invalid) << path;
    EXPECT_EQ(write.error().fields.size(), 1U);
    EXPECT_TRUE(find("GET", path)) << "jails of other programs may have such names: " << path;
  }
}

}  // namespace jaild::server
