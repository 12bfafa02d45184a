#include "daemon/metrics/jail_families.h"

#include <array>
#include <functional>
#include <optional>

namespace jaild::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

double seconds_since_epoch(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// Collects the series of one family.
class Family {
 public:
  Family(std::string name, std::string help, MetricType type) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }

  void add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (family_.type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family_.metric.push_back(std::move(metric));
  }

  void into(std::vector<MetricFamily>& families) && {
    if (!family_.metric.empty()) families.push_back(std::move(family_));
  }

 private:
  MetricFamily family_;
};

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

using Value = std::function<std::optional<double>(const JailSample&)>;

void add_gauge(std::vector<MetricFamily>& families, const Sample& sample, const char* name, const char* help,
               const Value& value) {
  Family family(name, help, MetricType::Gauge);
  for (const auto& jail : sample.jails) {
    if (const auto number = value(jail)) family.add({{"jail", jail.name}}, *number);
  }
  std::move(family).into(families);
}

void add_states(std::vector<MetricFamily>& families, const Sample& sample) {
  Family each("jaild_jail_state", "1 for the state the jail is in, 0 for all others", MetricType::Gauge);
  Family total("jaild_jails", "Jails in each state", MetricType::Gauge);
  for (const auto state : states) {
    double count = 0;
    for (const auto& jail : sample.jails) count += jail.state == state ? 1 : 0;
    total.add({{"state", std::string(to_string(state))}}, count);
  }
  for (const auto& jail : sample.jails) {
    for (const auto state : states) {
      if (state == JailState::foreign) continue;  // a jail of ours never is
      each.add({{"jail", jail.name}, {"state", std::string(to_string(state))}}, jail.state == state ? 1 : 0);
    }
  }
  std::move(each).into(families);
  std::move(total).into(families);
}

void add_counters(std::vector<MetricFamily>& families, const Sample& sample, const char* name, const char* help,
                  const char* label, const std::map<std::string, std::uint64_t> core::JailCounters::* counters) {
  Family family(name, help, MetricType::Counter);
  for (const auto& jail : sample.jails) {
    for (const auto& [key, count] : jail.counters.*counters) {
      family.add({{"jail", jail.name}, {label, key}}, static_cast<double>(count));
    }
  }
  std::move(family).into(families);
}

void add_usage(std::vector<MetricFamily>& families, const Sample& sample) {
  for (const auto& metric : resource_metrics) {
    Family family(metric.name, metric.help, metric.type);
    for (const auto& jail : sample.jails) {
      if (!jail.usage) continue;
      const auto amount = jail.usage->resources.find(metric.resource);
      if (amount == jail.usage->resources.end()) continue;
      family.add({{"jail", jail.name}}, static_cast<double>(amount->second) * metric.factor);
    }
    std::move(family).into(families);
  }
}

void add_limits(std::vector<MetricFamily>& families, const Sample& sample) {
  Family family("jaild_jail_limit", "The amount of each rctl rule", MetricType::Gauge);
  for (const auto& jail : sample.jails) {
    for (const auto& rule : jail.limits) {
      family.add({{"jail", jail.name},
                  {"resource", std::string(to_string(rule.resource()))},
                  {"action", rule.action()},
                  {"per", std::string(to_string(rule.per()))},
                  {"unit", std::string(to_string(unit_of(rule.resource())))}},
                 static_cast<double>(rule.amount()));
    }
  }
  std::move(family).into(families);
}

void add_life(std::vector<MetricFamily>& families, const Sample& sample) {
  const auto flag = [&](const char* name, const char* help, bool JailSample::* member) {
    add_gauge(families, sample, name, help, [member](const JailSample& jail) { return jail.*member ? 1.0 : 0.0; });
  };
  add_gauge(families, sample, "jaild_jail_desired_running", "1 where the jail is wished to run",
            [](const JailSample& jail) { return jail.desired == Desired::running ? 1.0 : 0.0; });
  flag("jaild_jail_ready", "1 where the jail runs and is healthy", &JailSample::ready);
  flag("jaild_jail_drifted", "1 where kernel and wish differ", &JailSample::drifted);
  flag("jaild_jail_pending", "1 where a change waits for a restart", &JailSample::pending);
  add_gauge(families, sample, "jaild_jail_id", "The kernel's jid",
            [](const JailSample& jail) { return jail.jid ? std::optional<double>(*jail.jid) : std::nullopt; });
  add_gauge(families, sample, "jaild_jail_generation", "The generation of the declared spec",
            [](const JailSample& jail) { return static_cast<double>(jail.generation); });
  add_gauge(families, sample, "jaild_jail_observed_generation", "The generation that runs, 0 when none does",
            [](const JailSample& jail) { return static_cast<double>(jail.observed_generation); });
  add_gauge(families, sample, "jaild_jail_start_time_seconds", "When the present run came up, seconds since the epoch",
            [](const JailSample& jail) {
              return jail.started_at ? std::optional(seconds_since_epoch(*jail.started_at)) : std::nullopt;
            });
  add_gauge(families, sample, "jaild_jail_last_exit_code", "The exit code of the last run", [](const JailSample& jail) {
    return jail.last_exit && jail.last_exit->code ? std::optional<double>(*jail.last_exit->code) : std::nullopt;
  });
  add_gauge(families, sample, "jaild_jail_last_exit_timestamp_seconds",
            "When the last run ended, seconds since the epoch", [](const JailSample& jail) {
              return jail.last_exit ? std::optional(seconds_since_epoch(jail.last_exit->at)) : std::nullopt;
            });
}

void add_daemon(std::vector<MetricFamily>& families, const Sample& sample) {
  const auto gauge = [&](const char* name, const char* help, double value) {
    Family family(name, help, MetricType::Gauge);
    family.add({}, value);
    std::move(family).into(families);
  };
  gauge("jaild_jails_dying", "Jails that are removed but still held by the kernel", static_cast<double>(sample.dying));
  gauge("jaild_racct_enabled", "1 where limits can be set and usage read", sample.racct ? 1 : 0);
  gauge("jaild_collect_duration_seconds", "Time this scrape took to read the usage of all jails",
        std::chrono::duration<double>(sample.collect_duration).count());
  gauge("jaild_collect_errors", "Failures to read usage in this scrape", sample.collect_failed ? 1 : 0);
  Family events("jaild_events_total", "Events by type", MetricType::Counter);
  for (const auto& [type, count] : sample.events) events.add({{"event", type}}, static_cast<double>(count));
  std::move(events).into(families);
}

}  // namespace

std::vector<MetricFamily> jail_families(const Sample& sample) {
  std::vector<MetricFamily> families;
  add_states(families, sample);
  add_life(families, sample);
  add_counters(families, sample, "jaild_jail_restarts_total", "Restarts by policy, by reason", "reason",
               &core::JailCounters::restarts);
  add_counters(families, sample, "jaild_jail_exits_total", "Ended runs by result", "result",
               &core::JailCounters::exits);
  add_counters(families, sample, "jaild_jail_limit_hits_total", "Limits that were reached, by resource", "resource",
               &core::JailCounters::limit_hits);
  add_limits(families, sample);
  add_usage(families, sample);
  add_daemon(families, sample);
  return families;
}

}  // namespace jaild::metrics
