#include "api/server/header_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace jaild::server {

namespace {

constexpr std::string_view header = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Result<std::size_t> scan(std::string_view text, std::size_t bytes = 1000, std::size_t fields = 10) {
  return HeaderScan(bytes, fields).find_end(text);
}

}  // namespace

TEST(HeaderScan, FindsTheEndWhereverThePiecesAreCut) {
  const std::string text = std::string(header) + "body";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    HeaderScan scanner(1000, 10);
    const Result<std::size_t> early = scanner.find_end(std::string_view(text).substr(0, first));
    ASSERT_TRUE(early);
    EXPECT_EQ(*early, first < header.size() ? 0 : header.size());
    EXPECT_EQ(*early > 0 ? *early : scanner.find_end(text).value(), header.size());
  }
}

TEST(HeaderScan, EmptyLinesInFrontMeanNothing) {
  const std::string text = "\r\n\r\n" + std::string(header);
  for (std::size_t first = 0; first < text.size(); ++first) {
    HeaderScan scanner(1000, 10);
    EXPECT_EQ(scanner.find_end(std::string_view(text).substr(0, first)).value(), 0U) << first;
    EXPECT_EQ(scanner.find_end(text).value(), text.size());
    EXPECT_EQ(scanner.empty_bytes(), 4U);
  }
  EXPECT_EQ(scan("\r\n\r\n\r\n\r\n", 8).error().kind, Kind::header_too_large);
  EXPECT_EQ(scan("\n" + std::string(header)).error().kind, Kind::bad_request);
  EXPECT_EQ(scan("\r\n \r\n").error().kind, Kind::bad_request);
}

TEST(HeaderScan, EveryCutOfABrokenHeaderIsRefusedAtTheSameByte) {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\n\r\n";
  const std::size_t wrong = text.find("x\n") + 2;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(scan(text.substr(0, size)).has_value(), size < wrong) << size;
  }
}

TEST(HeaderScan, HoldsItsBounds) {
  EXPECT_TRUE(scan(header, header.size()));
  EXPECT_EQ(scan(header, header.size() - 1).error().kind, Kind::header_too_large);
  EXPECT_TRUE(scan("G / H\r\na:\r\nb:\r\n\r\n", 1000, 2));
  EXPECT_EQ(scan("G / H\r\na:\r\nb:\r\n\r\n", 1000, 1).error().kind, Kind::header_too_large);
}

}  // namespace jaild::server
