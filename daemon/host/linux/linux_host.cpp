#include "daemon/host/linux/linux_host.h"

#include <utility>

#include "daemon/host/linux/linux_check.h"
#include "daemon/host/linux/linux_profile.h"

namespace jaild::host {

LinuxHost::LinuxHost(MonitorPaths paths)
    : KernelHost(
          paths,
          {.main_exited = [this](const JailKey& key, LastExit exit) { tell(MainExited{key, std::move(exit)}); },
           .empty = [this](const JailKey& key) { tell(JailEmpty{key}); },
           .gone = [this](const JailKey& key) { watch_.monitor_said(key.run); },
           .log_told = [this](const JailKey& key, const core::LogTrouble& trouble) { tell(LogTold{key, trouble}); },
           .lost =
               [this](const JailKey& key) {
                 tell(MonitorLost{key});
                 watch_.monitor_lost(key.run);
               }}),
      paths_(std::move(paths)),
      tree_(CgroupTree::detect()),
      profile_(linux_profile(tree_)),
      records_(paths_.run_dir),
      usage_(tree_),
      watch_(io(), {.has_monitor = [this](std::uint64_t run) { return link().connected(run); },
                    .gone = [this](const JailKey& key) { tell(JailGone{key.name, key.jid}); }}),
      jails_(paths_, tree_, link(), watch_, usage_) {}

std::vector<FieldError> LinuxHost::check(const std::string& name, const JailSpec& spec, const std::string& base) const {
  return check_on_linux(name, spec, base, tree_);
}

core::Resolved LinuxHost::planned(const std::string& name, const JailSpec& spec) const {
  return planned_on_linux(name, spec);
}

Result<void> LinuxHost::start(Sink sink) {
  if (auto begun = begin(std::move(sink)); !begun) return begun;
  for (const JailRecord& record : records_.live()) {
    watch_.add(JailKey{record.name, record.run, record.pid}, record.start_time);
  }
  return {};
}

void LinuxHost::stop() {
  end([this] { watch_.clear(); });
}

void LinuxHost::exec(const JailKey& key, ExecRequest request, ExecStarted done) {
  if (!request.login_class.empty()) {
    const std::string detail = "Linux has no login classes";
    return done(Fail(Error{Kind::invalid, detail, 0, {{"/login_class", detail}}}));
  }
  KernelHost::exec(key, std::move(request), std::move(done));
}

}  // namespace jaild::host
