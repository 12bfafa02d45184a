#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using Ids = std::vector<std::string>;

class TokenList : public testing::Test {
 protected:
  // "t0" to "t4", the oldest first; the last two were made at the same time.
  TokenList() {
    server.run([this] {
      for (const int n : {0, 1, 2, 3, 4}) {
        const std::string id = "t" + std::to_string(n);
        server.service().tokens_by_secret[id] = {
            id, "name" + id, Role::viewer, WallTime() + std::chrono::hours(n == 4 ? 3 : n), "uid 0", {}, {}};
      }
    });
  }
  nlohmann::json page(const std::string& query) {
    const Reply reply = client.ask("GET", "/tokens" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.json();
  }
  static Ids ids(const nlohmann::json& page) {
    Ids found;
    for (const auto& item : page["items"]) found.push_back(item["id"]);
    return found;
  }

  TestServer server;
  Client client{server.address()};
};

TEST_F(TokenList, ComesInPages) {
  EXPECT_EQ(ids(page("")), (Ids{"t0", "t1", "t2", "t3", "t4"}));
  EXPECT_FALSE(page("").contains("next"));
  Ids all;
  std::string after;
  for (const std::size_t size : {2U, 2U, 1U}) {
    const auto one = page("?limit=2" + (after.empty() ? "" : "&after=" + after));
    EXPECT_EQ(one["items"].size(), size);
    EXPECT_EQ(one.contains("next"), size == 2);
    for (const auto& id : ids(one)) all.push_back(id);
    after = one.value("next", "");
  }
  EXPECT_EQ(all, (Ids{"t0", "t1", "t2", "t3", "t4"}));
}

TEST_F(TokenList, GoesOnWhereThePageEndedWhenThatTokenIsGone) {
  const std::string after = page("?limit=2")["next"];
  server.run([this] { server.service().tokens_by_secret.erase("t1"); });
  EXPECT_EQ(ids(page("?limit=2&after=" + after)), (Ids{"t2", "t3"}));
}

TEST_F(TokenList, RefusesAPlaceOrALimitThatIsNone) {
  for (const char* query : {"?after=t1", "?after=", "?after=99999999999999999999-t1", "?limit=0", "?limit=1001",
                            "?after=1-t1&after=2-t1", "?before=1-t1"}) {
    EXPECT_EQ(client.ask("GET", std::string("/tokens") + query).status, 422) << query;
  }
}

}  // namespace jaild::server
