#include "daemon/runtime/token_book.h"

#include <algorithm>
#include <tuple>

#include "daemon/runtime/secret.h"

namespace jaild::runtime {
namespace {

// "jaild_ID_SECRET". The prefix is for people and for programs that look for leaked secrets; the id is found without
// comparing secrets; the secret has 256 bits.
constexpr std::string_view prefix = "jaild_";
constexpr std::size_t id_bytes = 6;
constexpr std::size_t secret_bytes = 32;

std::map<std::string, std::string> audit(const Token& token, const Requester& who) {
  return {{"by", who.by},
          {"from", who.from},
          {"token", token.id},
          {"name", token.name},
          {"role", std::string(to_string(token.role))}};
}

std::unexpected<Error> refused_token() {
  return Fail(Kind::unauthorized, "the bearer token is not valid here: unknown, deleted or expired");
}

}  // namespace

TokenBook::TokenBook(Loop& loop, Record record)
    : loop_(loop), record_(std::move(record)), self_(std::make_shared<TokenBook*>(this)) {}

TokenBook::~TokenBook() {
  *self_ = nullptr;
}

void TokenBook::load(std::vector<core::TokenRecord> records) {
  for (auto& record : records) tokens_.emplace(record.token.id, std::move(record));
}

Result<Token> TokenBook::authenticate(std::string_view secret) {
  if (!secret.starts_with(prefix)) return refused_token();
  secret.remove_prefix(prefix.size());
  const std::size_t between = secret.find('_');
  if (between == std::string_view::npos) return refused_token();
  const auto found = tokens_.find(std::string(secret.substr(0, between)));
  // An id is no secret, so it may be told from an unknown one by time.
  if (found == tokens_.end()) return refused_token();
  if (!equal_in_constant_time(sha256_hex(secret.substr(between + 1)), found->second.secret_hash))
    return refused_token();
  const WallTime now = loop_.now().wall;
  if (found->second.token.expires_at && *found->second.token.expires_at <= now) return refused_token();
  note_use(found->second, now);
  return found->second.token;
}

void TokenBook::note_use(core::TokenRecord& record, WallTime now) {
  auto& last = record.token.last_used_at;
  const bool noted = last && now >= *last && now - *last < token_use_noted;
  if (noted) return;
  last = now;
  core::RecordRequested request;
  request.what = core::TouchToken{record.token.id, now};
  // Nobody waits for it; where the disk is full it is written with the next use.
  loop_.post([self = self_, request = std::move(request)]() mutable {
    if (*self != nullptr) (*self)->record_(std::move(request), [](const Result<void>&) {});
  });
}

std::vector<Token> TokenBook::list() const {
  std::vector<Token> tokens;
  for (const auto& [id, record] : tokens_) tokens.push_back(record.token);
  std::sort(tokens.begin(), tokens.end(), [](const Token& left, const Token& right) {
    return std::tie(left.created_at, left.id) < std::tie(right.created_at, right.id);
  });
  return tokens;
}

void TokenBook::create(const TokenRequest& request, const Requester& who, server::Done<NewToken> done) {
  const bool taken = reserved_.contains(request.name) ||
                     std::any_of(tokens_.begin(), tokens_.end(),
                                 [&](const auto& each) { return each.second.token.name == request.name; });
  if (taken) return done(Fail(Kind::exists, "a token called " + request.name + " is there already"));
  if (tokens_.size() + reserved_.size() >= tokens_max) {
    return done(Fail(Kind::conflict, "there are " + std::to_string(tokens_max) + " tokens; delete some first"));
  }
  const Result<std::string> id = random_hex(id_bytes);
  const Result<std::string> secret = random_hex(secret_bytes);
  if (!id || !secret) return done(Fail(id ? secret.error() : id.error()));
  core::TokenRecord record;
  record.token = {*id, request.name, request.role, loop_.now().wall, who.by, {}, {}};
  if (request.expires_in) record.token.expires_at = record.token.created_at + *request.expires_in;
  record.secret_hash = sha256_hex(*secret);
  reserved_.emplace(request.name, *id);
  const std::string shown = std::string(prefix) + *id + "_" + *secret;
  core::RecordRequested write;
  write.what = core::PutToken{record};
  write.type = EventType::token_created;
  write.message = "token " + record.token.name + " is made";
  write.data = audit(record.token, who);
  record_(std::move(write), [self = self_, record, shown, done = std::move(done)](Result<void> stored) {
    if (*self == nullptr) return;
    (*self)->reserved_.erase(record.token.name);
    if (!stored) return done(Fail(stored.error()));
    (*self)->tokens_.emplace(record.token.id, record);
    done(NewToken{record.token, shown});
  });
}

void TokenBook::erase(const std::string& id, const Requester& who, server::Done<Token> done) {
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return done(Fail(Kind::not_found, "there is no token " + id));
  const core::TokenRecord record = found->second;
  const Token& token = record.token;
  tokens_.erase(found);
  reserved_.emplace(token.name, id);  // until it is gone for good: it may come back
  core::RecordRequested write;
  write.what = core::EraseToken{id};
  write.type = EventType::token_deleted;
  write.message = "token " + token.name + " is deleted";
  write.data = audit(token, who);
  record_(std::move(write), [self = self_, record, done = std::move(done)](Result<void> stored) {
    if (*self == nullptr) return;
    (*self)->reserved_.erase(record.token.name);
    if (!stored) (*self)->tokens_.emplace(record.token.id, record);
    if (!stored) return done(Fail(stored.error()));
    done(record.token);
  });
}

}  // namespace jaild::runtime
