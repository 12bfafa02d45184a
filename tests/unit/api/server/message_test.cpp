#include "api/server/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace jaild::server {

TEST(HeaderText, HasTheFieldsThatEveryAnswerHas) {
  Response response;
  response.body = "{}\n";
  response.fields.emplace_back("ETag", "\"7\"");
  const std::string text = header_text(response, 1, true);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
  for (const char* field : {"\r\nServer: jaild\r\n", "\r\nDate: ", " GMT\r\n", "\r\nCache-Control: no-store\r\n",
                            "\r\nX-Content-Type-Options: nosniff\r\n", "\r\nContent-Type: application/json\r\n",
                            "\r\nContent-Length: 3\r\n", "\r\nETag: \"7\"\r\n"}) {
    EXPECT_NE(text.find(field), std::string::npos) << field;
  }
  EXPECT_EQ(text.find("Connection"), std::string::npos);
}

TEST(HeaderText, SaysWhetherTheConnectionLives) {
  Response response;
  EXPECT_NE(header_text(response, 1, false).find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(header_text(response, 0, true).find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST(HeaderText, AnAnswerWithoutContentHasNoLength) {
  Response response;
  response.status = 204;
  const std::string text = header_text(response, 1, true);
  EXPECT_EQ(text.find("\r\nContent-Length"), std::string::npos);
  EXPECT_EQ(text.find("\r\nContent-Type:"), std::string::npos);
}

TEST(HttpDate, IsTheFixedForm) {
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(1'769'860'800), "Sat, 31 Jan 2026 12:00:00 GMT");
}

TEST(ProblemResponse, IsAProblemDocument) {
  const Response response = problem_response({Kind::invalid, "two mistakes", 0, {{"/spec/priority", "too large"}}});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body.back(), '\n');
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["type"], "urn:jaild:problem:invalid");
  EXPECT_EQ(body["status"], 422);
  EXPECT_EQ(body["detail"], "two mistakes");
  EXPECT_EQ(body["errors"][0]["pointer"], "/spec/priority");
}

TEST(ProblemResponse, SaysWhenToTryAgainWhereThatHelps) {
  const auto retries = [](Kind kind) { return problem_response({kind, "x", 0, {}}).fields.size() == 1; };
  EXPECT_TRUE(retries(Kind::overloaded));
  EXPECT_TRUE(retries(Kind::storage_full));
  EXPECT_TRUE(retries(Kind::unavailable));
  EXPECT_TRUE(retries(Kind::timeout));
  EXPECT_FALSE(retries(Kind::invalid));
  EXPECT_FALSE(retries(Kind::internal));
}

}  // namespace jaild::server
