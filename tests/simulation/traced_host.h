// A Host that shows the oracle every operation before the kernel sees it, and when it is over.
#pragma once

#include "daemon/host/host.h"

namespace jaild::simulation {

class HostObserver {
 public:
  virtual ~HostObserver() = default;
  virtual void on_submit(const core::Op& op) = 0;
  virtual void on_done(core::OpId id) = 0;
};

class TracedHost final : public host::Host {
 public:
  TracedHost(host::Host& inner, HostObserver& observer) : inner_(inner), observer_(observer) {}  // both outlive this

  [[nodiscard]] const HostProfile& profile() const override { return inner_.profile(); }
  [[nodiscard]] std::vector<FieldError> check(const std::string& name, const JailSpec& spec,
                                              const std::string& base) const override {
    return inner_.check(name, spec, base);
  }
  Result<void> start(host::Sink sink) override {
    sink.done = [this, done = std::move(sink.done)](core::OpDone over) {
      observer_.on_done(over.id);
      done(std::move(over));
    };
    return inner_.start(std::move(sink));
  }
  void stop() override { inner_.stop(); }
  void submit(core::Op op) override {
    observer_.on_submit(op);
    inner_.submit(std::move(op));
  }
  void exec(const core::JailKey& key, ExecRequest request, host::ExecStarted done) override {
    inner_.exec(key, std::move(request), std::move(done));
  }
  Result<core::Survey> survey() override { return inner_.survey(); }
  Result<std::map<std::string, Usage>> usage(const std::vector<core::JailKey>& keys) override {
    return inner_.usage(keys);
  }
  Result<std::vector<ProcessInfo>> processes(const core::JailKey& key) override { return inner_.processes(key); }

 private:
  host::Host& inner_;
  HostObserver& observer_;
};

}  // namespace jaild::simulation
