#include "daemon/monitor/request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace jaild::monitor {
namespace {

using nlohmann::json;

TEST(CommandRequest, ReadsEveryField) {
  const auto command = parse_command(json::parse(R"({"phase":"exec.start","line":"/bin/sh /etc/rc","in_jail":true,
      "user":"web","system_user":true,"clean":true,"fib":2,"timeout_ms":1500,"console":"/c","path":"/p","later":1})"));
  ASSERT_TRUE(command);
  EXPECT_EQ(command->phase, "exec.start");
  EXPECT_EQ(command->line, "/bin/sh /etc/rc");
  EXPECT_TRUE(command->in_jail && command->system_user && command->clean);
  EXPECT_EQ(command->user, "web");
  EXPECT_EQ(command->fib, 2);
  EXPECT_EQ(command->timeout.count(), 1500);
  EXPECT_EQ(command->console, "/c");
  EXPECT_EQ(command->path, "/p");
}

TEST(CommandRequest, BadFieldsAreInvalid) {
  for (const char* text :
       {R"([])", R"({})", R"({"phase":"UP"})", R"({"phase":"a b"})", R"({"phase":"p","line":1})",
        R"({"phase":"p","line":"a\u0000b"})", R"({"phase":"p","in_jail":"yes"})", R"({"phase":"p","timeout_ms":-1})",
        R"({"phase":"p","timeout_ms":1.5})", R"({"phase":"p","console":"relative"})",
        R"({"phase":"p","path":"relative"})", R"({"phase":"p","fib":70000})"}) {
    const auto command = parse_command(json::parse(text));
    ASSERT_FALSE(command) << text;
    EXPECT_EQ(command.error().kind, Kind::invalid) << text;
  }
}

TEST(CreateRequest, ReadsMountsAndLimits) {
  const auto create = parse_create(json::parse(R"({"path":"/j","hostname":"h","net":"new","procfs":true,"devfs":true,
      "fdescfs":true,"mounts":[{"source":"/a","target":"/b","type":"nullfs","options":["ro"]},
      {"target":"/t","type":"tmpfs"}],"caps":["net_raw"],"cgroups":["/sys/x/cgroup.procs"],
      "rlimits":{"nofile":64,"core":-1},"timeout_ms":5})"));
  ASSERT_TRUE(create);
  EXPECT_EQ(create->net, CreateRequest::Net::fresh);
  ASSERT_EQ(create->mounts.size(), 2U);
  EXPECT_EQ(create->mounts[0].options, std::vector<std::string>{"ro"});
  EXPECT_EQ(create->mounts[1].type, JailMount::Type::tmpfs);
  EXPECT_EQ(create->limits.rlimits->at("core"), -1);
  EXPECT_EQ(create->limits.cgroups->front(), "/sys/x/cgroup.procs");
  EXPECT_EQ(create->timeout.count(), 5);
}

TEST(CreateRequest, BadFieldsAreInvalid) {
  for (const char* text :
       {R"({})", R"({"path":"j","net":"new"})", R"({"path":"/j"})", R"({"path":"/j","net":"x"})",
        R"({"path":"/j","net":"new","fdescfs":true,"devfs":true})", R"({"path":"/j","net":"new","mounts":{}})",
        R"({"path":"/j","net":"new","mounts":[{"source":"/a","target":"/b","type":"ufs"}]})",
        R"({"path":"/j","net":"new","mounts":[{"source":"a","target":"/b","type":"bind"}]})",
        R"({"path":"/j","net":"new","mounts":[{"source":"/a","target":"b","type":"bind"}]})",
        R"({"path":"/j","net":"new","cgroups":["x"]})", R"({"path":"/j","net":"new","cgroups":[1]})",
        R"({"path":"/j","net":"new","rlimits":{"nofile":-2}})", R"({"path":"/j","net":"new","rlimits":[]})"}) {
    EXPECT_FALSE(parse_create(json::parse(text))) << text;
  }
}

TEST(LimitsRequest, WhatIsAbsentStaysAsItWas) {
  const auto limits = parse_limits(json::parse(R"({"rlimits":{}})"));
  ASSERT_TRUE(limits);
  EXPECT_TRUE(limits->rlimits);
  EXPECT_FALSE(limits->cgroups);
}

TEST(ParseEnvironment, IsAListOfStringsOrAbsent) {
  EXPECT_EQ(*parse_environment(json::parse(R"({"environment":["A=1","B="]})")),
            (std::vector<std::string>{"A=1", "B="}));
  EXPECT_FALSE(parse_environment(json::object())->has_value());
  EXPECT_TRUE(parse_environment(json::parse(R"({"environment":[]})"))->has_value());
  for (const char* bad : {R"({"environment":"A=1"})", R"({"environment":[1]})", R"({"environment":["A=\u0000"]})"}) {
    EXPECT_FALSE(parse_environment(json::parse(bad))) << bad;
  }
}

}  // namespace
}  // namespace jaild::monitor
