#include "client/suggest.h"

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

using Words = std::vector<std::string>;

TEST(Suggest, NamesWhatIsASlipAway) {
  EXPECT_EQ(nearest("wbe1", {"web1", "db1", "web2"}), (Words{"web1"}));
  EXPECT_EQ(nearest("web", {"web1", "webx", "mail"}), (Words{"web1", "webx"}));
  EXPECT_EQ(nearest("zzz", {"web", "db"}), Words{});
  EXPECT_EQ(nearest("", {"a"}), (Words{"a"}));
  EXPECT_EQ(nearest("web", {"web"}), Words{});
  EXPECT_EQ(nearest("web", {"web1", "web2", "web3", "web4"}).size(), 3U);
}

TEST(Suggest, ReadsAsASentence) {
  EXPECT_EQ(alternatives({"a"}), "a");
  EXPECT_EQ(alternatives({"a", "b"}), "a or b");
  EXPECT_EQ(alternatives({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace jaild::client
