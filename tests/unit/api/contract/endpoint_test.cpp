#include "api/contract/endpoint.h"

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(HostPort, ReadsNamesAndAddresses) {
  EXPECT_EQ(*parse_host_port("127.0.0.1:9999"), (HostPort{"127.0.0.1", 9999}));
  EXPECT_EQ(*parse_host_port("db1.example.org:1"), (HostPort{"db1.example.org", 1}));
  EXPECT_EQ(*parse_host_port("[::1]:65535"), (HostPort{"::1", 65535}));
}

TEST(HostPort, RefusesAllElse) {
  for (const char* text : {"",          ":",        "host",     "host:",       ":80",   "host:0",  "host:65536",
                           "host:-1",   "host:80x", "host:+80", "::1:80",      "[::1]", "[::1]80", "[]:80",
                           "[host]:80", "[::1:80",  "ho st:80", "http://h:80", "h:80/", "h: 80"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
  EXPECT_FALSE(parse_host_port(std::string(256, 'a') + ":80"));
}

TEST(HostPort, AsTheHostFieldOfARequest) {
  EXPECT_EQ(host_field({"127.0.0.1", 18080}), "127.0.0.1:18080");
  EXPECT_EQ(host_field({"::1", 18080}), "[::1]:18080");
  EXPECT_EQ(host_field({"::1", 80}), "[::1]");
  EXPECT_EQ(host_field({"www.example.org", 80}), "www.example.org");
}

TEST(HttpUrl, SplitsIntoWhereAndWhat) {
  EXPECT_EQ(*parse_http_url("http://127.0.0.1:18080?ready=1"), (HttpUrl{{"127.0.0.1", 18080}, "/?ready=1"}));
  EXPECT_EQ(*parse_http_url("http://[::1]:18080?next=/x"), (HttpUrl{{"::1", 18080}, "/?next=/x"}));
  EXPECT_EQ(*parse_http_url("http://127.0.0.1"), (HttpUrl{{"127.0.0.1", 80}, "/"}));
  EXPECT_EQ(*parse_http_url("http://h:8080/health?full=1"), (HttpUrl{{"h", 8080}, "/health?full=1"}));
  EXPECT_EQ(*parse_http_url("http://[::1]:8080/a/b"), (HttpUrl{{"::1", 8080}, "/a/b"}));
  EXPECT_EQ(*parse_http_url("http://h?x"), (HttpUrl{{"h", 80}, "/?x"}));
  EXPECT_EQ(*parse_http_url("HTTP://H:8080/X"), (HttpUrl{{"H", 8080}, "/X"}));
  EXPECT_EQ(parse_http_url("HTTPS://h/").error().message, parse_http_url("https://h/").error().message);
}

TEST(HttpUrl, RefusesAllElse) {
  for (const char* text : {"",
                           "http",
                           "http://",
                           "http:///x",
                           "https://h/",
                           "ftp://h/",
                           "h/",
                           "/health",
                           "http://u@h/",
                           "http://u:p@h/",
                           "http://h/#a",
                           "http://h#a",
                           "http://h:/",
                           "http://h:0/",
                           "http://h:99999/",
                           "http://h /",
                           "http://h/a b",
                           "http://h/\n",
                           "http://h/\xc3\xa4",
                           "http://[::1/",
                           "http://h:80x/"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
  EXPECT_FALSE(parse_http_url("http://h/" + std::string(2048, 'a')));
  EXPECT_NE(parse_http_url("https://h/").error().message.find("https"), std::string::npos);
}

}  // namespace
}  // namespace jaild
