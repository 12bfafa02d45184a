// P1: what was answered with success survives kill -9 and power loss; a commit is there whole or not at all.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/store/sqlite_store.h"
#include "tests/fakes/slow_vfs.h"
#include "tests/fakes/store_samples.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

namespace fs = std::filesystem;
using samples::event;

Result<std::unique_ptr<SqliteStore>> open(const fs::path& file, const std::string& vfs = "") {
  return SqliteStore::open({file, {}, vfs, {}});
}

// A commit has two halves: event N and meta "eN".
std::vector<Mutation> both_halves(std::uint64_t id, std::size_t extra_bytes = 0) {
  return {AddEvent{event(id)}, PutMeta{"e" + std::to_string(id), std::string(extra_bytes, 'x')}};
}

// The numbers of the commits that are there. Fails the test where one is there by half.
std::set<std::uint64_t> commits_in(const fs::path& file, const std::string& vfs = "") {
  Result<std::unique_ptr<SqliteStore>> store = open(file, vfs);
  EXPECT_TRUE(store.has_value()) << store.error().message;
  if (!store) return {};
  const std::map<std::string, std::string> meta = (*store)->load().value().meta;
  std::set<std::uint64_t> found;
  for (std::uint64_t id :
       samples::ids(samples::events(**store, {.after = 0, .jail = "", .type = "", .limit = 100'000}).value())) {
    EXPECT_TRUE(meta.contains("e" + std::to_string(id))) << "event " << id << " came without its other half";
    found.insert(id);
  }
  EXPECT_EQ(found.size(), meta.size());
  return found;
}

// ---- kill -9 ----------------------------------------------------------------------------------------------

// In the child: eight writers without end; each answer's number goes down the pipe. Ends by SIGKILL, or by SIGPIPE when
// the parent is gone.
[[noreturn]] void write_until_killed(const fs::path& file, std::uint64_t first_id, int pipe) {
  Result<std::unique_ptr<SqliteStore>> store = open(file);
  if (!store) ::_exit(2);
  std::atomic<std::uint64_t> next_id{first_id};
  const std::function<void()> write = [&] {
    const std::uint64_t id = next_id++;
    (*store)->commit(both_halves(id, id % 7 == 0 ? 20'000 : 10), [&write, pipe, id](const Result<void>& result) {
      if (!result || ::write(pipe, &id, sizeof id) != static_cast<ssize_t>(sizeof id)) ::_exit(3);
      write();
    });
  };
  for (int writer = 0; writer < 8; ++writer) write();
  for (;;) ::pause();
}

// Reads numbers until `wanted` came or, with 0, until the pipe ends.
void read_answers(int pipe, std::size_t wanted, std::set<std::uint64_t>& answered) {
  std::uint64_t id = 0;
  for (std::size_t count = 0; wanted == 0 || count < wanted; ++count) {
    // A number is shorter than PIPE_BUF, so it is never split.
    const ssize_t size = ::read(pipe, &id, sizeof id);
    if (size != static_cast<ssize_t>(sizeof id)) return;
    answered.insert(id);
  }
}

TEST(SqliteStoreCrashTest, EveryAnsweredCommitSurvivesKill9) {
  const tests::TemporaryDirectory directory;
  const fs::path file = directory.path() / "jaild.db";
  std::set<std::uint64_t> answered;
  std::uint64_t first_id = 1;
  std::mt19937 random(20260131);  // NOLINT: the moments are random enough, and the same each time
  for (int round = 0; round < 15; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(file, first_id, ends[1]);
    }
    ::close(ends[1]);
    read_answers(ends[0], 1 + random() % 200, answered);
    EXPECT_EQ(::kill(child, SIGKILL), 0);
    read_answers(ends[0], 0, answered);
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself, status " << status;

    const std::set<std::uint64_t> found = commits_in(file);
    EXPECT_TRUE(std::includes(found.begin(), found.end(), answered.begin(), answered.end())) << "round " << round;
    if (HasFailure()) return;
    first_id = found.empty() ? 1 : *found.rbegin() + 1;
  }
  EXPECT_GT(answered.size(), 20U);
}

// ---- power ------------------------------------------------------------------------------------------------

struct Work {
  std::uint64_t commits;
  std::size_t bytes_each;
  std::size_t first_cut;   // the sync to begin with
  std::size_t least_cuts;  // how many there must be, so that the test cannot pass without cutting
};

struct Cut {
  std::size_t nth_sync;
  SlowVfs::Cut when;
  std::optional<std::uint64_t> seed;  // which of the unsynced sectors are there nevertheless; absent: none
};

// Returns whether the power went before the store was closed of itself.
bool cut_the_power(const Work& work, const Cut& cut) {
  const tests::TemporaryDirectory directory;
  const fs::path file = directory.path() / "jaild.db";
  SlowVfs vfs("crash-test");
  std::set<std::uint64_t> answered{1};
  {
    std::unique_ptr<SqliteStore> store = open(file, vfs.name()).value();
    EXPECT_TRUE(samples::commit(*store, both_halves(1)).has_value());
  }
  vfs.watch(directory.path());
  vfs.cut_power(cut.nth_sync, cut.when);
  {
    std::unique_ptr<SqliteStore> store = open(file, vfs.name()).value();
    for (std::uint64_t id = 2; id < 2 + work.commits; ++id) {
      if (samples::commit(*store, both_halves(id, work.bytes_each))) answered.insert(id);
    }
  }
  const bool was_cut = vfs.power_is_cut();
  vfs.restore(cut.seed);
  const std::set<std::uint64_t> found = commits_in(file, vfs.name());
  EXPECT_TRUE(std::includes(found.begin(), found.end(), answered.begin(), answered.end()));
  if (!cut.seed && cut.when == SlowVfs::Cut::before_sync) {
    EXPECT_EQ(found, answered);  // the disk forgot all else
  }
  return was_cut;
}

void cut_at_every_sync(const Work& work) {
  std::size_t cuts = 0;
  for (SlowVfs::Cut when : {SlowVfs::Cut::before_sync, SlowVfs::Cut::after_sync}) {
    bool was_cut = true;
    for (std::size_t nth = work.first_cut; was_cut; ++nth) {
      ASSERT_LT(nth, 100U);
      for (std::optional<std::uint64_t> seed : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(nth)}) {
        was_cut = cut_the_power(work, {nth, when, seed});
        ASSERT_FALSE(testing::Test::HasFailure())
            << "sync " << nth << (when == SlowVfs::Cut::before_sync ? " before" : " after") << " seed "
            << (seed ? std::to_string(*seed) : "none");
      }
      cuts += was_cut ? 1 : 0;
    }
  }
  EXPECT_GE(cuts, 2 * work.least_cuts);
}

TEST(SqliteStoreCrashTest, EveryAnsweredCommitSurvivesAPowerCutAtAnySync) {
  // The log's own first sync, one for each commit, two when the log is moved into the file at the end.
  cut_at_every_sync({.commits = 11, .bytes_each = 10, .first_cut = 1, .least_cuts = 14});
}

TEST(SqliteStoreCrashTest, EveryAnsweredCommitSurvivesAPowerCutWhileTheLogIsMovedIntoTheFile) {
  // 147 pages each: the log is moved after the seventh, which is the eighth sync, and begins anew with the next.
  cut_at_every_sync({.commits = 9, .bytes_each = 600'000, .first_cut = 8, .least_cuts = 8});
}

}  // namespace
}  // namespace jaild::store
