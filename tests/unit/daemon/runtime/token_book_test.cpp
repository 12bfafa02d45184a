#include "daemon/runtime/token_book.h"

#include <gtest/gtest.h>

#include <deque>

#include "daemon/runtime/secret.h"

namespace jaild::runtime {
namespace {

using namespace std::chrono_literals;

class StillLoop final : public Loop {
 public:
  core::Now clock{core::MonoTime{0}, WallTime{} + 24h};
  std::deque<std::function<void()>> posted;

  [[nodiscard]] core::Now now() const override { return clock; }
  void post(std::function<void()> task) override { posted.push_back(std::move(task)); }
  void arm(core::MonoTime, std::function<void()>) override {}
  void after(std::chrono::nanoseconds, std::function<void()>) override {}
  void offload(std::function<void()> work) override { work(); }
  void run() {
    while (!posted.empty()) {
      const auto task = std::move(posted.front());
      posted.pop_front();
      task();
    }
  }
};

class TokenBookTest : public testing::Test {
 protected:
  const Requester who_{"uid 0", "unix pid 1"};
  StillLoop loop_;
  Result<void> disk_;  // what the store answers
  std::vector<core::RecordRequested> records_;
  TokenBook book_{loop_, [this](core::RecordRequested record, std::function<void(Result<void>)> done) {
                    records_.push_back(std::move(record));
                    done(disk_);
                  }};

  Result<NewToken> create(const std::string& name, Role role = Role::viewer,
                          std::optional<std::chrono::seconds> expires_in = {}) {
    Result<NewToken> made = Fail(Kind::internal, "no answer");
    book_.create({name, role, expires_in}, who_, [&](Result<NewToken> answer) { made = std::move(answer); });
    return made;
  }
  Result<Token> erase(const std::string& id) {
    Result<Token> gone = Fail(Kind::internal, "no answer");
    book_.erase(id, who_, [&](Result<Token> answer) { gone = std::move(answer); });
    return gone;
  }
  static Kind kind(const Result<Token>& result) { return result ? Kind::internal : result.error().kind; }
};

TEST_F(TokenBookTest, ANewTokenLetsInAndItsSecretIsNowhere) {
  const Result<NewToken> made = create("ci", Role::operator_);
  ASSERT_TRUE(made);
  const Result<Token> holder = book_.authenticate(made->secret);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->name, "ci");
  EXPECT_EQ(holder->role, Role::operator_);
  EXPECT_EQ(holder->created_by, "uid 0");
  const std::string digits = made->secret.substr(made->secret.rfind('_') + 1);
  ASSERT_EQ(records_.size(), 1U);
  const auto& stored = std::get<core::PutToken>(*records_[0].what).record;
  EXPECT_EQ(stored.secret_hash, sha256_hex(digits));
  for (const auto& [key, value] : records_[0].data) EXPECT_EQ(value.find(digits), std::string::npos) << key;
  EXPECT_EQ(records_[0].type, EventType::token_created);
  EXPECT_EQ(records_[0].data.at("by"), "uid 0");
  EXPECT_EQ(records_[0].data.at("from"), "unix pid 1");
  EXPECT_EQ(records_[0].data.at("role"), "operator");
}

TEST_F(TokenBookTest, WhatIsNotExactlyTheSecretIsRefused) {
  const std::string secret = create("ci")->secret;
  for (const std::string& wrong :
       {std::string(), std::string("jaild_"), secret.substr(1), secret + "0", secret.substr(0, secret.size() - 1),
        "jaild_000000000000" + secret.substr(secret.rfind('_')), "jaild_" + secret, secret + "_" + secret,
        secret.substr(0, secret.rfind('_') + 1) + std::string(64, '0')}) {
    EXPECT_EQ(kind(book_.authenticate(wrong)), Kind::unauthorized) << wrong;
  }
}

TEST_F(TokenBookTest, ExpiresAtItsTime) {
  const std::string secret = create("ci", Role::viewer, 60s)->secret;
  loop_.clock.wall += 59s;
  EXPECT_TRUE(book_.authenticate(secret));
  loop_.clock.wall += 1s;
  EXPECT_EQ(kind(book_.authenticate(secret)), Kind::unauthorized);
}

TEST_F(TokenBookTest, ADeletedTokenLetsNobodyIn) {
  const NewToken made = *create("ci");
  ASSERT_TRUE(book_.authenticate(made.secret));
  ASSERT_TRUE(erase(made.token.id));
  EXPECT_EQ(kind(book_.authenticate(made.secret)), Kind::unauthorized);
  EXPECT_EQ(kind(erase(made.token.id)), Kind::not_found);
  EXPECT_EQ(records_.back().type, EventType::token_deleted);
  loop_.run();  // the use that was noted before must not bring it back
  EXPECT_TRUE(std::holds_alternative<core::TouchToken>(*records_.back().what));
  EXPECT_TRUE(book_.list().empty());
}

TEST_F(TokenBookTest, WhatTheStoreRefusesHasNotHappened) {
  const NewToken made = *create("ci");
  disk_ = Fail(Kind::storage_full, "full");
  EXPECT_EQ(create("more").error().kind, Kind::storage_full);
  EXPECT_EQ(kind(erase(made.token.id)), Kind::storage_full);
  EXPECT_EQ(book_.list().size(), 1U);
  EXPECT_TRUE(book_.authenticate(made.secret));
  disk_ = Result<void>{};
  EXPECT_TRUE(create("more"));  // the name was not lost with the failure
}

TEST_F(TokenBookTest, NamesAreUniqueAndTokensAreBounded) {
  ASSERT_TRUE(create("ci"));
  EXPECT_EQ(create("ci").error().kind, Kind::exists);
  for (std::size_t i = 1; i < tokens_max; ++i) ASSERT_TRUE(create("t" + std::to_string(i)));
  EXPECT_EQ(create("one-more").error().kind, Kind::conflict);
}

TEST_F(TokenBookTest, ANameIsTakenUntilItsTokenIsGoneForGood) {
  std::function<void(Result<void>)> answer = [](Result<void>) {};
  TokenBook book(loop_,
                 [&](core::RecordRequested, std::function<void(Result<void>)> done) { answer = std::move(done); });
  book.load({core::TokenRecord{{"0123456789ab", "ci", Role::viewer, {}, "uid 0", {}, {}}, std::string(64, 'a')}});
  Kind erased = Kind::internal;
  Kind made = Kind::internal;
  book.erase("0123456789ab", who_, [&](Result<Token> gone) { erased = gone.error().kind; });
  book.create({"ci", Role::viewer, {}}, who_, [&](Result<NewToken> token) { made = token.error().kind; });
  EXPECT_EQ(made, Kind::exists);
  answer(Fail(Kind::storage_full, "full"));
  EXPECT_EQ(erased, Kind::storage_full);
  ASSERT_EQ(book.list().size(), 1U);
}

TEST_F(TokenBookTest, AUseIsNotedOnceAMinute) {
  const std::string secret = create("ci")->secret;
  records_.clear();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(book_.authenticate(secret));
  loop_.run();
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(std::get<core::TouchToken>(*records_[0].what).at, loop_.clock.wall);
  EXPECT_FALSE(records_[0].type);
  loop_.clock.wall += 61s;
  ASSERT_TRUE(book_.authenticate(secret));
  loop_.run();
  EXPECT_EQ(records_.size(), 2U);
  EXPECT_EQ(book_.list()[0].last_used_at, loop_.clock.wall);
}

TEST_F(TokenBookTest, WhatTheStoreRemembersLetsIn) {
  const std::string secret = create("ci")->secret;
  TokenBook next(loop_, [](core::RecordRequested, std::function<void(Result<void>)> done) { done({}); });
  next.load({std::get<core::PutToken>(*records_[0].what).record});
  EXPECT_TRUE(next.authenticate(secret));
}

}  // namespace
}  // namespace jaild::runtime
