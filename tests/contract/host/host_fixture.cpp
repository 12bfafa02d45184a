#include "tests/contract/host/host_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

#if defined(__FreeBSD__)
// The host's own programs, seen through nullfs: that much of a base system is in every FreeBSD.
constexpr std::array base_folders{"bin", "sbin", "lib", "libexec", "usr"};

void make_root(const fs::path& root) {
  for (const char* folder : base_folders) fs::create_directories(root / folder);
  for (const char* folder : {"dev", "proc", "tmp", "etc", "mnt"}) fs::create_directories(root / folder);
}

std::vector<std::string> mounts_of_root(const std::string& root) {
  std::vector<std::string> lines;
  for (const char* folder : base_folders) {
    lines.push_back(std::string("/") + folder + " " + root + "/" + folder + " nullfs ro 0 0");
  }
  return lines;
}

std::string what_is_missing() {
  return {};
}
#else
// A root file system with nothing but busybox, which Debian and Alpine link statically.
void make_root(const fs::path& root) {
  for (const char* folder : {"bin", "dev", "proc", "tmp", "etc", "mnt"}) fs::create_directories(root / folder);
  fs::copy_file("/bin/busybox", root / "bin/busybox", fs::copy_options::overwrite_existing);
  for (const char* applet :
       {"sh", "true", "false", "sleep", "test", "cat", "ip", "grep", "hostname", "ls", "echo", "yes"}) {
    fs::create_symlink("busybox", root / "bin" / applet);
  }
}

std::vector<std::string> mounts_of_root(const std::string& /*root*/) {
  return {};
}

std::string what_is_missing() {
  return fs::exists("/bin/busybox") ? "" : "the jails of this test are made of a static /bin/busybox";
}
#endif

// Where the programs were copied to another machine, the build's place for them is not there.
std::string monitor_path() {
  const char* given = std::getenv("JAILD_TEST_MONITOR");
  return given != nullptr ? given : JAILD_MONITOR_PATH;
}

std::uint64_t next_run() {
  static auto run = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) >> 10;
  return ++run;
}

}  // namespace

Sink Heard::sink() {
  return Sink{[this](OpDone done) {
                const std::lock_guard lock(mutex_);
                done_.emplace(done.id, std::move(done.result));
                changed_.notify_all();
              },
              [this](Event event) {
                const std::lock_guard lock(mutex_);
                events_.push_back(std::move(event));
                changed_.notify_all();
              }};
}

std::optional<Result<Reply>> Heard::done(OpId id) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return done_.contains(id); })) return std::nullopt;
  return done_.find(id)->second;
}

int Heard::times(OpId id) {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(done_.count(id));
}

void HostContract::SetUp() {
  if (real() && ::geteuid() != 0) GTEST_SKIP() << "jails on " << GetParam() << " need root";
  if (real() && !what_is_missing().empty()) GTEST_SKIP() << what_is_missing();
  std::string pattern = (fs::temp_directory_path() / "jaild-contract-XXXXXX").string();
  directory_ = fs::canonical(::mkdtemp(pattern.data()));  // jails show the path that the kernel found
  for (const char* folder : {"run", "state", "log"}) fs::create_directories(directory_ + "/" + folder);
  if (real()) make_root(directory_ + "/root");
  start_host();
}

namespace {

// A monitor that is ending writes its last line, and makes its log anew for that, directory and all.
void remove_for_good(const std::string& directory) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  std::error_code error;
  do {
    fs::remove_all(directory, error);
  } while (fs::exists(directory) && std::chrono::steady_clock::now() < deadline);
  EXPECT_FALSE(fs::exists(directory)) << error.message();
}

}  // namespace

void HostContract::TearDown() {
  const std::string directory = directory_;
  if (!host_) {
    if (!directory.empty()) remove_for_good(directory);
    return;
  }
  for (const OpId id : ids_) EXPECT_EQ(heard_->times(id), 1) << "operation " << id;
  auto survey = host_->survey();
  ASSERT_TRUE(survey);
  for (const JailFacts& jail : survey->jails) {
    EXPECT_FALSE(jail.name.starts_with(name(""))) << jail.name << " was left behind";
  }
  for (const MonitorFacts& monitor : survey->monitors) ADD_FAILURE() << "monitor of " << monitor.key.name << " is left";
  stop_host();
  if (real()) {
    for (const char* folder : {"/run/monitors", "/run/jails", "/state/exits"}) {
      EXPECT_TRUE(!fs::exists(directory_ + folder) || fs::is_empty(directory_ + folder)) << folder;
    }
  }
  remove_for_good(directory);
}

void HostContract::start_host() {
  HostOptions options{GetParam(), directory_ + "/run", directory_ + "/state", directory_ + "/log", monitor_path()};
  auto made = make_host(options);
  ASSERT_TRUE(made) << made.error().message;
  host_ = std::move(*made);
  heard_ = std::make_unique<Heard>();
  ids_.clear();
  auto started = host_->start(heard_->sink());
  ASSERT_TRUE(started) << started.error().message;
}

void HostContract::stop_host() {
  host_->stop();
  host_.reset();
}

std::string HostContract::name(const std::string& part) const {
  return "ct" + std::to_string(::getpid()) + "_" + part;
}

JailSpec HostContract::spec() const {
  JailSpec made;
  made.params["path"] = real() ? directory_ + "/root" : std::string("/jail/contract");
  made.params["host.hostname"] = std::string("contract.example.org");
  made.params["mount.devfs"] = true;
  made.params["mount.procfs"] = true;
  if (const auto lines = mounts_of_root(directory_ + "/root"); real() && !lines.empty()) made.params["mount"] = lines;
  made.params["exec.start"] = std::vector<std::string>{"/bin/true"};
  return made;
}

Command HostContract::command(const std::string& line, bool in_jail) const {
  Command made;
  made.phase = in_jail ? "exec.start" : "exec.prestart";
  made.line = line;
  made.in_jail = in_jail;
  made.path = spec().text("path");
  return made;
}

TestJail HostContract::up(const std::string& part, const JailSpec& wanted) {
  TestJail jail{JailKey{name(part), next_run(), 0}, wanted, {}, {}};
  auto resolved = perform(Resolve{jail.key.name, wanted});
  EXPECT_TRUE(resolved) << resolved.error().message;
  if (!resolved) return jail;
  EXPECT_TRUE(std::get<Resolved>(*resolved).missing.empty());
  auto opened = perform(OpenMonitor{jail.key});
  EXPECT_TRUE(opened) << opened.error().message;
  for (const LedgerEntry& entry : std::get<Resolved>(*resolved).before_create) {
    auto acquired = perform(Acquire{jail.key, entry});
    EXPECT_TRUE(acquired) << acquired.error().message;
    if (acquired) jail.before.push_back(std::get<LedgerEntry>(*acquired));
  }
  auto created = perform(Create{jail.key, wanted});
  EXPECT_TRUE(created) << created.error().message;
  if (created) jail.key.jid = std::get<Created>(*created).jid;
  for (const LedgerEntry& entry : std::get<Resolved>(*resolved).after_create) {
    auto acquired = perform(Acquire{jail.key, entry});
    EXPECT_TRUE(acquired) << acquired.error().message;
    if (acquired) jail.after.push_back(std::get<LedgerEntry>(*acquired));
  }
  return jail;
}

void HostContract::down(const TestJail& jail) {
  const auto release = [&](const std::vector<LedgerEntry>& entries, bool force) {
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      auto released = perform(Release{jail.key, *entry, force});
      EXPECT_TRUE(released) << entry->id << ": " << released.error().message;
    }
  };
  release(jail.after, false);
  auto removed = perform(Remove{jail.key});
  EXPECT_TRUE(removed) << removed.error().message;
  auto cleared = perform(SetRules{jail.key, {}});
  EXPECT_TRUE(cleared) << cleared.error().message;
  release(jail.before, true);
  auto closed = perform(CloseMonitor{jail.key});
  EXPECT_TRUE(closed) << closed.error().message;
}

std::optional<JailFacts> HostContract::facts(const std::string& jail) {
  auto survey = host_->survey();
  EXPECT_TRUE(survey);
  for (const JailFacts& one : survey->jails) {
    if (one.name == jail && !one.dying) return one;
  }
  return std::nullopt;
}

CommandResult HostContract::run(const TestJail& jail, const std::string& line, bool in_jail) {
  auto result = perform(core::Run{jail.key, command(line, in_jail)});
  EXPECT_TRUE(result) << line << ": " << result.error().message;
  return result ? std::get<CommandResult>(*result) : CommandResult{};
}

std::vector<RctlRule> rules(const std::vector<std::string>& texts) {
  std::vector<RctlRule> parsed;
  for (const std::string& text : texts) {
    auto rule = RctlRule::parse(text);
    EXPECT_TRUE(rule) << text;
    if (rule) parsed.push_back(std::move(*rule));
  }
  return parsed;
}

}  // namespace jaild::host
