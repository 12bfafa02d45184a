// Health checks over real sockets. Loop thread only.
#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/runtime/prober.h"

namespace jaild::runtime {

class AsioProber final : public Prober {
 public:
  explicit AsioProber(boost::asio::io_context& context) : context_(context) {}  // outlives this and its probes
  void probe(const HealthSettings& settings, std::function<void(Result<void>)> done) override;

 private:
  boost::asio::io_context& context_;
};

}  // namespace jaild::runtime
