#include "api/contract/routes.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(Routes, HoldEachCallOnce) {
  std::set<std::pair<std::string_view, std::string_view>> calls;
  std::set<RouteId> ids;
  for (const Route& route : routes()) {
    EXPECT_TRUE(calls.emplace(route.method, route.path).second) << route.method << ' ' << route.path;
    EXPECT_TRUE(ids.insert(route.id).second) << route.path;
    EXPECT_TRUE(route.path.starts_with('/'));
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(RouteId::debug_tasks) + 1);
}

TEST(Routes, WhatDeclaresAJailRunsInOneOrMakesATokenIsForAdminsOnly) {
  for (const Route& route : routes()) {
    const bool reads = route.method == "GET" || route.id == RouteId::plan_set;
    const bool lifecycle =
        route.path.ends_with("/start") || route.path.ends_with("/stop") || route.path.ends_with("/restart");
    if (route.path.starts_with("/tokens") || route.path.ends_with("/exec")) {
      EXPECT_EQ(route.role, Role::admin) << route.path;
    } else if (route.id == RouteId::debug_tasks) {
      EXPECT_EQ(route.role, Role::admin) << "command lines may hold secrets";
    } else if (reads) {
      EXPECT_TRUE(route.role == Role::viewer || route.role == Role::none) << route.path;
    } else {
      EXPECT_EQ(route.role, lifecycle ? Role::operator_ : Role::admin) << route.path;
    }
  }
}

TEST(Routes, OnlyProbesAndVersionNeedNoIdentity) {
  std::set<std::string_view> open;
  for (const Route& route : routes()) {
    if (route.role == Role::none) open.insert(route.path);
  }
  EXPECT_EQ(open, (std::set<std::string_view>{"/livez", "/readyz", "/version"}));
}

TEST(Routes, BodiesAreForWhatDeclaresForCommandsAndForNewTokens) {
  for (const Route& route : routes()) {
    const bool declares = route.id == RouteId::declare_jail || route.id == RouteId::put_jail ||
                          route.id == RouteId::patch_jail || route.id == RouteId::plan_set ||
                          route.id == RouteId::apply_set;
    const bool asks = route.id == RouteId::create_token || route.id == RouteId::exec_once;
    EXPECT_EQ(route.body, declares || asks) << route.path;
  }
}

}  // namespace
}  // namespace jaild
