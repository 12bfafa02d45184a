// Health checks over real sockets. Loop thread only.
#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/runtime/name_lookup.h"
#include "daemon/runtime/prober.h"

namespace jaild::runtime {

class AsioProber final : public Prober {
 public:
  // `context` outlives this and its probes. Throws std::system_error where the threads that look up names cannot be
  // made.
  explicit AsioProber(boost::asio::io_context& context, NameLookup::Resolve resolve = NameLookup::system_resolve)
      : context_(context), names_(context, std::move(resolve)) {}
  void probe(const HealthSettings& settings, std::function<void(Result<void>)> done) override;

 private:
  boost::asio::io_context& context_;
  NameLookup names_;
};

}  // namespace jaild::runtime
