// Addresses of host names, within a time. getaddrinfo(3) blocks for as long as a resolver that does not answer lets it
// and cannot be called off: it is called on threads of our own, which nobody waits for, and an answer that comes too
// late is dropped. Loop thread only; the threads see nothing but what they share.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include "api/contract/result.h"

namespace jaild::runtime {

using Addresses = std::vector<boost::asio::ip::address>;

class NameLookup {
 public:
  // Called on several threads at a time; may block.
  using Resolve = std::function<Result<Addresses>(const std::string& host)>;

  // `context` outlives this and every lookup that is waited for. Throws std::system_error where the threads cannot be
  // made.
  explicit NameLookup(boost::asio::io_context& context, Resolve resolve = system_resolve);
  ~NameLookup();  // without waiting for the resolver
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // An address as it stands, at once; else what the resolver says, waited for until `deadline` ("timed out").
  // Kind::overloaded: names_max others are being looked up.
  boost::asio::awaitable<Result<Addresses>> find(std::string host, std::chrono::steady_clock::time_point deadline);

  static Result<Addresses> system_resolve(const std::string& host);

 private:
  // A name that the resolver does not know how to answer holds a thread for up to half a minute, and is looked up by
  // one thread at a time, however many ask for it. So it takes that many dead names at once to delay a live one.
  static constexpr int threads = 4;
  static constexpr std::size_t names_max = 64;

  struct Waiting;
  struct Shared;

  void let_go();
  void take_answer(const std::string& host, const Result<Addresses>& answer);

  boost::asio::io_context& context_;
  std::shared_ptr<Shared> shared_;
  std::map<std::string, std::vector<std::weak_ptr<Waiting>>> under_way_;
};

}  // namespace jaild::runtime
