#include "daemon/runtime/name_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace jaild::runtime {

namespace asio = boost::asio;

// One who waits: the timer ends at the deadline, or before it when the answer has come.
struct NameLookup::Waiting {
  explicit Waiting(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::optional<Result<Addresses>> answer;
};

// What the threads hold on to after the NameLookup is gone.
struct NameLookup::Shared {
  Resolve resolve;
  std::mutex mutex;
  std::condition_variable something;
  std::deque<std::string> asked;  // at most names_max
  NameLookup* owner = nullptr;    // nullptr: nobody asks or reads answers any more

  static void work(const std::shared_ptr<Shared>& shared) {
    for (;;) {
      std::unique_lock lock(shared->mutex);
      shared->something.wait(lock, [&] { return shared->owner == nullptr || !shared->asked.empty(); });
      if (shared->owner == nullptr) return;
      const std::string host = std::move(shared->asked.front());
      shared->asked.pop_front();
      lock.unlock();
      Result<Addresses> answer = shared->resolve(host);
      lock.lock();
      if (shared->owner == nullptr) return;
      asio::post(shared->owner->context_, [shared, host, answer = std::move(answer)] {
        if (shared->owner != nullptr) shared->owner->take_answer(host, answer);  // it lives and dies on the loop thread
      });
    }
  }
};

NameLookup::NameLookup(asio::io_context& context, Resolve resolve)
    : context_(context), shared_(std::make_shared<Shared>()) {
  shared_->resolve = std::move(resolve);
  shared_->owner = this;
  // A daemon's signals are for its loop.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    for (int i = 0; i < threads; ++i) std::thread(Shared::work, shared_).detach();
  } catch (const std::system_error& refused) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    let_go();
    throw std::system_error(refused.code(), "the threads that look up names");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

NameLookup::~NameLookup() {
  let_go();
}

void NameLookup::let_go() {
  const std::lock_guard lock(shared_->mutex);
  shared_->owner = nullptr;
  shared_->something.notify_all();
}

asio::awaitable<Result<Addresses>> NameLookup::find(std::string host, std::chrono::steady_clock::time_point deadline) {
  boost::system::error_code no_address;
  const asio::ip::address literal = asio::ip::make_address(host, no_address);
  if (!no_address) co_return Addresses{literal};
  if (!under_way_.contains(host)) {
    if (under_way_.size() >= names_max) {
      co_return Fail(Kind::overloaded, std::to_string(names_max) + " other names are being looked up");
    }
    const std::lock_guard lock(shared_->mutex);
    shared_->asked.push_back(host);
    shared_->something.notify_one();
  }
  const auto waiting = std::make_shared<Waiting>(context_);
  waiting->timer.expires_at(deadline);
  auto& waiters = under_way_[host];
  std::erase_if(waiters, [](const auto& each) { return each.expired(); });
  waiters.push_back(waiting);
  [[maybe_unused]] const auto [ended] = co_await waiting->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!waiting->answer) co_return Fail(Kind::timeout, "timed out");
  co_return *waiting->answer;
}

void NameLookup::take_answer(const std::string& host, const Result<Addresses>& answer) {
  const auto node = under_way_.extract(host);
  if (node.empty()) return;
  for (const auto& each : node.mapped()) {
    if (const auto waiting = each.lock()) {
      waiting->answer = answer;
      waiting->timer.cancel();
    }
  }
}

Result<Addresses> NameLookup::system_resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return Fail(Kind::unavailable, ::gai_strerror(error));
  Addresses addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    addresses.push_back(endpoint.address());
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace jaild::runtime
