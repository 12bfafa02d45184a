#include "api/server/conditions.h"

#include <gtest/gtest.h>

namespace jaild::server {

namespace {

Result<Conditions> read(std::optional<std::string> if_match, std::optional<std::string> if_none_match,
                        bool may_create) {
  Request request;
  request.if_match = std::move(if_match);
  request.if_none_match = std::move(if_none_match);
  return read_conditions(request, may_create);
}

Kind body_type(std::optional<std::string> type, BodyType wanted, std::optional<std::string> encoding = {}) {
  Request request;
  request.content_type = std::move(type);
  request.content_encoding = std::move(encoding);
  const Result<void> good = check_body_type(request, wanted);
  return good ? Kind::internal : good.error().kind;
}

}  // namespace

TEST(Conditions, IfMatchTakesOneGenerationOrAny) {
  EXPECT_EQ(read("\"7\"", {}, false)->generation, 7U);
  EXPECT_EQ(read(" \"7\" ", {}, false)->generation, 7U);
  EXPECT_TRUE(read("*", {}, false)->present);
  EXPECT_FALSE(read({}, {}, false)->generation);
}

TEST(Conditions, AnIfMatchThatCannotHoldFailsThePrecondition) {
  for (const char* tag : {"W/\"7\"", "\"abc\"", "\"\"", "\"07\"", "\"-1\"", "\"18446744073709551616\""}) {
    const auto write = read(tag, {}, false);
    ASSERT_FALSE(write) << tag;
    EXPECT_EQ(write.error().kind, Kind::precondition_failed) << tag;
  }
}

TEST(Conditions, AnIfMatchOfAnotherFormIsABadRequest) {
  for (const char* tag : {"7", "", "\"7", "\"7\", \"8\"", "**"}) {
    const auto write = read(tag, {}, false);
    ASSERT_FALSE(write) << tag;
    EXPECT_EQ(write.error().kind, Kind::bad_request) << tag;
  }
}

TEST(Conditions, IfNoneMatchCreatesOnlyWithPut) {
  EXPECT_TRUE(read({}, "*", true)->absent);
  EXPECT_EQ(read({}, "*", false).error().kind, Kind::bad_request);
  EXPECT_EQ(read({}, "\"7\"", true).error().kind, Kind::bad_request);
}

TEST(BodyTypes, JsonIsTakenWithItsParameters) {
  EXPECT_EQ(body_type("application/json", BodyType::json), Kind::internal);
  EXPECT_EQ(body_type("Application/JSON ; charset=utf-8", BodyType::json), Kind::internal);
  EXPECT_EQ(body_type("application/merge-patch+json", BodyType::json_or_merge_patch), Kind::internal);
  EXPECT_EQ(body_type("application/json", BodyType::json_or_merge_patch, "identity"), Kind::internal);
}

TEST(BodyTypes, AnotherCharsetIsNotRead) {
  for (const char* type : {"application/json;charset=UTF-8", "application/json; charset=\"utf-8\"; x=1",
                           "application/json; x=\"; charset=latin1\"", "application/json; x=\"\\\";charset=latin1\"",
                           "application/json;", "application/json; ; x"}) {
    EXPECT_EQ(body_type(type, BodyType::json), Kind::internal) << type;
  }
  for (const char* type : {"application/json; charset=iso-8859-1", "application/json;charset=utf-16",
                           "application/json; CharSet=\"Latin1\"", "application/json; charset=utf-8; charset=utf-16",
                           "application/json; x=\";\"; charset=latin1", "application/json; charset = latin1",
                           "application/json; charset="}) {
    EXPECT_EQ(body_type(type, BodyType::json), Kind::unsupported_media_type) << type;
  }
  EXPECT_EQ(body_type("application/merge-patch+json; charset=latin1", BodyType::json_or_merge_patch),
            Kind::unsupported_media_type);
}

TEST(BodyTypes, EverythingElseIsNot) {
  EXPECT_EQ(body_type({}, BodyType::json), Kind::unsupported_media_type);
  EXPECT_EQ(body_type("", BodyType::json), Kind::unsupported_media_type);
  EXPECT_EQ(body_type("text/plain", BodyType::json), Kind::unsupported_media_type);
  EXPECT_EQ(body_type("application/jsonx", BodyType::json), Kind::unsupported_media_type);
  EXPECT_EQ(body_type("application/merge-patch+json", BodyType::json), Kind::unsupported_media_type);
  EXPECT_EQ(body_type("application/json", BodyType::json, "gzip"), Kind::unsupported_media_type);
}

TEST(PrefersJson, OnlyWhenJsonIsNamedAndStreamsAreNot) {
  Request request;
  EXPECT_FALSE(prefers_json(request));
  request.accept = "*/*";
  EXPECT_FALSE(prefers_json(request));
  request.accept = "text/html, application/json;q=0.9";
  EXPECT_TRUE(prefers_json(request));
  request.accept = "application/json, text/event-stream";
  EXPECT_FALSE(prefers_json(request));
}

}  // namespace jaild::server
