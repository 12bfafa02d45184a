#include "daemon/metrics/jail_families.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

namespace jaild::metrics {
namespace {

// One jail, with its label made once for all its series.
struct Row {
  Labels label;
  const JailSample* jail;
};
using Rows = std::vector<Row>;

double seconds_since_epoch(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// How one racct resource becomes a metric in base units.
struct ResourceMetric {
  Resource resource;
  const char* name;
  const char* help;
  MetricType type = MetricType::Gauge;
  double factor = 1;
};

constexpr std::array<ResourceMetric, resource_count> resource_metrics{{
    {Resource::cputime, "jaild_jail_cpu_seconds_total", "CPU time (cputime)", MetricType::Counter},
    {Resource::wallclock, "jaild_jail_process_wallclock_seconds_total",
     "Wall-clock time summed over processes (wallclock)", MetricType::Counter},
    {Resource::pcpu, "jaild_jail_cpu_usage_ratio", "CPU use, 1 is one CPU (pcpu)", MetricType::Gauge, 0.01},
    {Resource::memoryuse, "jaild_jail_memory_resident_bytes", "Resident memory (memoryuse)"},
    {Resource::vmemoryuse, "jaild_jail_memory_virtual_bytes", "Address space (vmemoryuse)"},
    {Resource::memorylocked, "jaild_jail_memory_locked_bytes", "Locked memory (memorylocked)"},
    {Resource::swapuse, "jaild_jail_swap_bytes", "Swap space reserved or used (swapuse)"},
    {Resource::datasize, "jaild_jail_data_size_bytes", "Data segments (datasize)"},
    {Resource::stacksize, "jaild_jail_stack_size_bytes", "Stacks (stacksize)"},
    {Resource::coredumpsize, "jaild_jail_coredump_size_bytes", "Core dumps (coredumpsize)"},
    {Resource::maxproc, "jaild_jail_processes", "Processes (maxproc)"},
    {Resource::nthr, "jaild_jail_threads", "Threads (nthr)"},
    {Resource::openfiles, "jaild_jail_open_files", "Open files (openfiles)"},
    {Resource::pseudoterminals, "jaild_jail_pseudoterminals", "Pseudo-terminals (pseudoterminals)"},
    {Resource::msgqqueued, "jaild_jail_sysv_messages_queued", "Queued System V messages (msgqqueued)"},
    {Resource::nmsgq, "jaild_jail_sysv_message_queues", "System V message queues (nmsgq)"},
    {Resource::msgqsize, "jaild_jail_sysv_message_queue_bytes", "Size of System V message queues (msgqsize)"},
    {Resource::nsem, "jaild_jail_sysv_semaphores", "System V semaphores (nsem)"},
    {Resource::nsemop, "jaild_jail_sysv_semaphore_operations", "System V semaphore operations in one call (nsemop)"},
    {Resource::nshm, "jaild_jail_sysv_shm_segments", "System V shared memory segments (nshm)"},
    {Resource::shmsize, "jaild_jail_sysv_shm_bytes", "System V shared memory (shmsize)"},
    {Resource::readbps, "jaild_jail_fs_read_bytes_per_second", "File system reads so far in this second (readbps)"},
    {Resource::writebps, "jaild_jail_fs_write_bytes_per_second", "File system writes so far in this second (writebps)"},
    {Resource::readiops, "jaild_jail_fs_reads_per_second",
     "File system read operations so far in this second (readiops)"},
    {Resource::writeiops, "jaild_jail_fs_writes_per_second",
     "File system write operations so far in this second (writeiops)"},
}};

constexpr std::array<JailState, jail_state_count> states{JailState::stopped, JailState::blocked,  JailState::starting,
                                                         JailState::running, JailState::stopping, JailState::backoff,
                                                         JailState::failed,  JailState::foreign};

// What increase() is asked about has to be there at 0 before it happens for the first time.
constexpr std::array<std::string_view, 6> restart_reasons{"exit", "gone", "health", "interrupted", "monitor", "start"};
constexpr std::array<std::string_view, 4> exit_results{"error", "signal", "success", "unknown"};

void write_states(const Sample& sample, const Rows& rows, FamilyWriter& writer) {
  std::array<std::size_t, jail_state_count> totals{};
  for (const auto& row : rows) ++totals[static_cast<std::size_t>(row.jail->state)];
  totals[static_cast<std::size_t>(JailState::foreign)] = sample.foreign;
  writer.family("jaild_jail_state", "1 for the state the jail is in, 0 for all others", MetricType::Gauge);
  std::array<Labels, jail_state_count> labels;
  for (const auto state : states) labels[static_cast<std::size_t>(state)] = one_label("state", to_string(state));
  for (const auto& row : rows) {
    for (const auto state : states) {
      if (state == JailState::foreign) continue;  // a jail of ours never is
      writer.sample(row.label, labels[static_cast<std::size_t>(state)], row.jail->state == state ? 1 : 0);
    }
  }
  writer.family("jaild_jails", "Jails in each state", MetricType::Gauge);
  for (const auto state : states) {
    writer.sample(one_label("state", to_string(state)), {}, totals[static_cast<std::size_t>(state)]);
  }
}

// `value` gives a number, or a std::optional of one for what not every jail has.
template <class Value>
void write_gauge(const Rows& rows, FamilyWriter& writer, const char* name, const char* help, Value value) {
  writer.family(name, help, MetricType::Gauge);
  for (const auto& row : rows) {
    const auto number = value(*row.jail);
    if constexpr (requires { *number; }) {
      if (number) writer.sample(row.label, {}, *number);
    } else {
      writer.sample(row.label, {}, number);
    }
  }
}

void write_life(const Rows& rows, FamilyWriter& writer) {
  const auto gauge = [&](const char* name, const char* help, auto value) {
    write_gauge(rows, writer, name, help, value);
  };
  const auto time = [](const std::optional<WallTime>& at) {
    return at ? std::optional(seconds_since_epoch(*at)) : std::nullopt;
  };
  gauge("jaild_jail_desired_running", "1 where the jail is wished to run",
        [](const JailSample& jail) { return jail.desired == Desired::running; });
  gauge("jaild_jail_ready", "1 where the jail runs and is healthy", [](const JailSample& jail) { return jail.ready; });
  gauge("jaild_jail_drifted", "1 where kernel and wish differ", [](const JailSample& jail) { return jail.drifted; });
  gauge("jaild_jail_pending", "1 where a change waits for a restart",
        [](const JailSample& jail) { return jail.pending; });
  gauge("jaild_jail_id", "The jid in the kernel", [](const JailSample& jail) { return jail.jid; });
  gauge("jaild_jail_generation", "The generation of the declared spec",
        [](const JailSample& jail) { return jail.generation; });
  gauge("jaild_jail_observed_generation", "The generation that runs, 0 when none does",
        [](const JailSample& jail) { return jail.observed_generation; });
  gauge("jaild_jail_start_time_seconds", "When the present run came up, seconds since the epoch",
        [&](const JailSample& jail) { return time(jail.started_at); });
  gauge("jaild_jail_last_exit_code", "The exit code of the last run",
        [](const JailSample& jail) { return jail.exit_code; });
  gauge("jaild_jail_last_exit_timestamp_seconds", "When the last run ended, seconds since the epoch",
        [&](const JailSample& jail) { return time(jail.exited_at); });
}

// `known`: keys that are shown at 0 where they were never counted.
void write_counters(const Rows& rows, FamilyWriter& writer, const char* label,
                    std::map<std::string, std::uint64_t> core::JailCounters::* counters,
                    std::span<const std::string_view> known) {
  for (const auto& row : rows) {
    const auto& counts = row.jail->counters.*counters;
    for (const auto key : known) {
      const auto found = counts.find(std::string(key));
      writer.sample(row.label, one_label(label, key), found == counts.end() ? 0 : found->second);
    }
    for (const auto& [key, count] : counts) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        writer.sample(row.label, one_label(label, key), count);
      }
    }
  }
}

void write_history(const Rows& rows, FamilyWriter& writer) {
  writer.family("jaild_jail_restarts_total", "Restarts by policy, by reason", MetricType::Counter);
  write_counters(rows, writer, "reason", &core::JailCounters::restarts, restart_reasons);
  writer.family("jaild_jail_exits_total", "Ended runs by result", MetricType::Counter);
  write_counters(rows, writer, "result", &core::JailCounters::exits, exit_results);
  writer.family("jaild_jail_limit_hits_total", "Limits that were reached, by resource", MetricType::Counter);
  for (const auto& row : rows) {
    auto hits = row.jail->counters.limit_hits;
    for (const auto& rule : row.jail->limits) hits.try_emplace(std::string(to_string(rule.resource())), 0);
    for (const auto& [resource, count] : hits) writer.sample(row.label, one_label("resource", resource), count);
  }
  writer.family("jaild_jail_log_lines_lost_total",
                "Lines of the jail's log that were lost: a full disk, a failing file, more than the log rate",
                MetricType::Counter);
  for (const auto& row : rows) writer.sample(row.label, {}, row.jail->counters.log_lines_lost);
}

using LimitKey = std::tuple<Resource, std::string, LimitPer>;  // resource, action, per

// The kernel takes rules that differ in their amount alone; the smallest is the one that is met first.
std::map<LimitKey, std::uint64_t> limits_of(const JailSample& jail) {
  std::map<LimitKey, std::uint64_t> limits;
  for (const auto& rule : jail.limits) {
    const auto [limit, fresh] = limits.try_emplace({rule.resource(), rule.action(), rule.per()}, rule.amount());
    if (!fresh) limit->second = std::min(limit->second, rule.amount());
  }
  return limits;
}

void write_limits(const Rows& rows, FamilyWriter& writer) {
  writer.family("jaild_jail_limit", "The amount of each rctl rule", MetricType::Gauge);
  for (const auto& row : rows) {
    for (const auto& [key, amount] : limits_of(*row.jail)) {
      const auto& [resource, action, per] = key;
      writer.sample(row.label,
                    one_label("resource", to_string(resource)) + one_label("action", action) +
                        one_label("per", to_string(per)) + one_label("unit", to_string(unit_of(resource))),
                    amount);
    }
  }
  writer.family("jaild_jail_limit_usage_ratio", "What the jail uses of each rctl rule for the whole jail, 1 is all",
                MetricType::Gauge);
  for (const auto& row : rows) {
    if (!row.jail->usage) continue;
    for (const auto& [key, amount] : limits_of(*row.jail)) {
      const auto& [resource, action, per] = key;
      const auto used = row.jail->usage->resources.find(resource);
      if (per != LimitPer::jail || amount == 0 || used == row.jail->usage->resources.end()) continue;
      writer.sample(row.label, one_label("resource", to_string(resource)) + one_label("action", action),
                    static_cast<double>(used->second) / static_cast<double>(amount));
    }
  }
}

void write_usage(const Rows& rows, FamilyWriter& writer) {
  for (const auto& metric : resource_metrics) {
    writer.family(metric.name, metric.help, metric.type);
    for (const auto& row : rows) {
      if (!row.jail->usage) continue;
      const auto amount = row.jail->usage->resources.find(metric.resource);
      if (amount == row.jail->usage->resources.end()) continue;
      if (metric.factor == 1) {
        writer.sample(row.label, {}, amount->second);
      } else {
        writer.sample(row.label, {}, static_cast<double>(amount->second) * metric.factor);
      }
    }
  }
}

void write_transitions(const Sample& sample, FamilyWriter& writer) {
  std::array<std::size_t, core::activity_count> counts{};
  std::chrono::nanoseconds oldest{0};
  for (const auto& jail : sample.jails) {
    if (!jail.transition) continue;
    ++counts[static_cast<std::size_t>(jail.transition->first)];
    oldest = std::max(oldest, jail.transition->second);
  }
  writer.family("jaild_transitions", "Jails with a transition under way, by what it does", MetricType::Gauge);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto activity = static_cast<core::Activity>(i);
    if (!core::at_rest(activity)) writer.sample(one_label("activity", to_string(activity)), {}, counts[i]);
  }
  writer.family("jaild_transition_oldest_age_seconds",
                "How long the oldest transition has been under way, 0 without one", MetricType::Gauge);
  writer.sample({}, {}, std::chrono::duration<double>(oldest).count());
}

void write_daemon(const Sample& sample, FamilyWriter& writer) {
  const auto gauge = [&](const char* name, const char* help, auto value) {
    writer.family(name, help, MetricType::Gauge);
    writer.sample({}, {}, value);
  };
  gauge("jaild_jails_dying", "Jails that are removed but still held by the kernel", sample.dying);
  gauge("jaild_racct_enabled", "1 where limits can be set and usage read", sample.racct);
  if (sample.looked_at) {
    gauge("jaild_reconcile_last_success_timestamp_seconds",
          "The last look at all jails of the kernel, seconds since the epoch; there is one a minute",
          seconds_since_epoch(*sample.looked_at));
  }
  gauge("jaild_loop_longest_hold_seconds", "The longest that one input or request held the event loop since the start",
        std::chrono::duration<double>(sample.longest_hold).count());
  gauge("jaild_collect_duration_seconds", "Time this scrape took to read the usage of all jails",
        std::chrono::duration<double>(sample.collect_duration).count());
  gauge("jaild_collect_errors", "Jails whose usage this scrape could not read, or not in time", sample.collect_errors);
  writer.family("jaild_events_total", "Events by type", MetricType::Counter);
  for (const auto& [type, count] : sample.events) writer.sample(one_label("event", type), {}, count);
}

}  // namespace

void write_families(const Sample& sample, FamilyWriter& writer) {
  Rows rows;
  rows.reserve(sample.jails.size());
  for (const auto& jail : sample.jails) rows.push_back({one_label("jail", jail.name), &jail});
  write_states(sample, rows, writer);
  write_life(rows, writer);
  write_history(rows, writer);
  write_limits(rows, writer);
  write_usage(rows, writer);
  write_transitions(sample, writer);
  write_daemon(sample, writer);
}

}  // namespace jaild::metrics
