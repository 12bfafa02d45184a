#include "daemon/host/freebsd/freebsd_host.h"

#include <future>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/host/freebsd/freebsd_check.h"
#include "daemon/host/freebsd/freebsd_profile.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/os_error.h"

namespace jaild::host {

FreebsdHost::FreebsdHost(MonitorPaths paths)
    : KernelHost(
          paths,
          {.main_exited = [this](const JailKey& key, LastExit exit) { tell(MainExited{key, std::move(exit)}); },
           .empty = [this](const JailKey& key) { became_empty(key); },
           .gone = [](const JailKey&) {},  // Linux only
           .log_told = [this](const JailKey& key, const core::LogTrouble& trouble) { tell(LogTold{key, trouble}); },
           .lost = [this](const JailKey& key) { tell(MonitorLost{key}); }}),
      discovered_(ParamCatalog::discover()),
      catalog_(discovered_.value_or(ParamCatalog())),
      profiles_{freebsd_profile(catalog_)},
      modules_(loaded_modules()),
      fibs_(routing_tables()),
      run_dir_(std::move(paths.run_dir)),
      state_dir_(std::move(paths.state_dir)),
      watch_(catalog_, {.gone = [this](const JailKey& key) { tell(JailGone{key.name, key.jid}); },
                        .changed = [this](const std::string& name) { tell(JailChanged{name}); }}),
      devctl_(io(), [this](const LimitNotice& notice) { tell(LimitHit{notice.jail, notice.resource}); }),
      jails_(catalog_, link(), watch_, run_dir_, state_dir_) {}

// A module may bring parameters with it, or take them away.
const HostProfile& FreebsdHost::profile() const {
  constexpr std::size_t profiles_max = 256;  // whoever loads and unloads modules more often sees what came by then
  const std::lock_guard lock(profiles_mutex_);
  auto modules = loaded_modules();
  if (modules == modules_ || profiles_.size() >= profiles_max) return profiles_.back();
  modules_ = std::move(modules);
  if (const auto now = ParamCatalog::discover(); now && now->names() != profiles_.back().kernel_params) {
    HostProfile profile = profiles_.back();
    profile.kernel_params = now->names();
    profiles_.push_back(std::move(profile));
  }
  return profiles_.back();
}

std::vector<FieldError> FreebsdHost::check(const std::string&, const JailSpec& spec, const std::string& base) const {
  return check_on_freebsd(spec, base, profile(), catalog_, fibs_);
}

Result<void> FreebsdHost::start(Sink sink) {
  if (!discovered_) return Fail(discovered_.error());
  if (sysctl_number("security.jail.jailed").value_or(0) != 0) {
    return Fail(Kind::host_refused, "jaild is in a jail itself: it supervises jails from the host");
  }
  if (auto begun = begin(std::move(sink)); !begun) return begun;
  const auto started = std::make_shared<std::promise<Result<void>>>();  // owned by both threads: see monitor_link.cpp
  auto watched = started->get_future();
  boost::asio::post(io(), [this, started, monitors = link().monitors()] {
    auto watches = watch_.start();
    for (const MonitorFacts& monitor : monitors) watch_.add(monitor.key);
    devctl_.connect();
    started->set_value(std::move(watches));
  });
  return watched.get();
}

void FreebsdHost::stop() {
  end([this] {
    watch_.stop();
    devctl_.close();
  });
}

// On a kernel that does not tell of removals, this is how most of them are noticed at once.
void FreebsdHost::became_empty(const JailKey& key) {
  tell(JailEmpty{key});
  if (!watch_.works() && watch_.knows(key.jid) && jail_name(key.jid, false) != key.name) {
    tell(JailGone{key.name, key.jid});
  }
}

}  // namespace jaild::host
