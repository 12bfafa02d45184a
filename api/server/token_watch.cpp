#include "api/server/token_watch.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace jaild::server {
namespace {

// Between two looks at a token that expires: the wall clock may be set meanwhile.
constexpr std::chrono::milliseconds look_most{60'000};
constexpr std::chrono::milliseconds look_least{10};

}  // namespace

TokenWatch::TokenWatch(Connection& connection, Service& service, std::string secret)
    : connection_(connection),
      service_(service),
      secret_(std::move(secret)),
      timer_(connection.socket().get_executor()),
      self_(std::make_shared<TokenWatch*>(this)) {
  connection_.set_permit([this] { return service_.authenticate(secret_).has_value(); });
  deletions_ = service_.subscribe([this](const JailEvent& event) {
    if (event.type == EventType::token_deleted && !connection_.permitted()) connection_.cut();
  });
  look();
}

TokenWatch::~TokenWatch() {
  *self_ = nullptr;
  connection_.set_permit({});
}

void TokenWatch::look() {
  const Result<Token> token = service_.authenticate(secret_);
  if (!token) return connection_.cut();
  if (!token->expires_at) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*token->expires_at - std::chrono::system_clock::now());
  timer_.expires_after(std::clamp(left, look_least, look_most));
  timer_.async_wait([self = self_](boost::system::error_code cancelled) {
    if (!cancelled && *self != nullptr) (*self)->look();
  });
}

}  // namespace jaild::server
