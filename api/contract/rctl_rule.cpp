#include "api/contract/rctl_rule.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

namespace jaild {
namespace {

// What the kernel knows of one resource (sys/kern/kern_racct.c, racct_types).
struct ResourceTraits {
  std::string_view name;
  LimitUnit unit;
  bool deniable;    // add_rule takes deny; memoryuse and pcpu are enforced in ways of their own
  bool throttled;   // the four I/O rates, the only ones that throttle is for
  bool sloppy;      // no figure for a single process
  bool millionths;  // kept in millionths, so its amount is bounded by INT64_MAX / 1000000
};

constexpr std::array<ResourceTraits, resource_count> resource_table{{
    {"cputime", LimitUnit::seconds, false, false, false, true},
    {"datasize", LimitUnit::bytes, true, false, false, false},
    {"stacksize", LimitUnit::bytes, true, false, false, false},
    {"coredumpsize", LimitUnit::bytes, true, false, false, false},
    {"memoryuse", LimitUnit::bytes, true, false, false, false},
    {"memorylocked", LimitUnit::bytes, true, false, false, false},
    {"maxproc", LimitUnit::count, true, false, false, false},
    {"openfiles", LimitUnit::count, true, false, false, false},
    {"vmemoryuse", LimitUnit::bytes, true, false, false, false},
    {"pseudoterminals", LimitUnit::count, true, false, true, false},
    {"swapuse", LimitUnit::bytes, true, false, true, false},
    {"nthr", LimitUnit::count, true, false, false, false},
    {"msgqqueued", LimitUnit::count, true, false, true, false},
    {"msgqsize", LimitUnit::bytes, true, false, true, false},
    {"nmsgq", LimitUnit::count, true, false, true, false},
    {"nsem", LimitUnit::count, true, false, true, false},
    {"nsemop", LimitUnit::count, true, false, false, false},
    {"nshm", LimitUnit::count, true, false, true, false},
    {"shmsize", LimitUnit::bytes, true, false, true, false},
    {"wallclock", LimitUnit::seconds, false, false, false, true},
    {"pcpu", LimitUnit::percent, true, false, false, true},
    {"readbps", LimitUnit::per_second, false, true, false, false},
    {"writebps", LimitUnit::per_second, false, true, false, false},
    {"readiops", LimitUnit::per_second, false, true, false, false},
    {"writeiops", LimitUnit::per_second, false, true, false, false},
}};

// sys/kern/kern_rctl.c, actionnames.
constexpr std::array<std::string_view, 35> action_names{
    "deny",    "log",       "devctl",  "throttle", "sighup",  "sigint",  "sigquit", "sigill",  "sigtrap",
    "sigabrt", "sigemt",    "sigfpe",  "sigkill",  "sigbus",  "sigsegv", "sigsys",  "sigpipe", "sigalrm",
    "sigterm", "sigurg",    "sigstop", "sigtstp",  "sigchld", "sigttin", "sigttou", "sigio",   "sigxcpu",
    "sigxfsz", "sigvtalrm", "sigprof", "sigwinch", "siginfo", "sigusr1", "sigusr2", "sigthr",
};

constexpr std::array pers{LimitPer::process, LimitPer::user, LimitPer::loginclass, LimitPer::jail};

const ResourceTraits& traits_of(Resource resource) {
  return resource_table[static_cast<std::size_t>(resource)];
}

// The kernel compares these words without regard to case.
std::string lower_word(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text.substr(0, 64)) + '"';
}

Result<Resource> parse_resource(std::string_view text) {
  const std::string name = lower_word(text);
  const auto at = std::ranges::find(resource_table, std::string_view(name), &ResourceTraits::name);
  if (at == resource_table.end())
    return Fail(Kind::invalid, in_quotes(text) + " is no resource of rctl(8), such as memoryuse, pcpu or maxproc");
  return static_cast<Resource>(at - resource_table.begin());
}

Result<std::string> parse_action(std::string_view text) {
  std::string name = lower_word(text);
  if (std::ranges::find(action_names, name) == action_names.end())
    return Fail(Kind::invalid,
                in_quotes(text) + " is no action; deny, log, devctl, throttle and sigterm and the like are");
  return name;
}

Result<LimitPer> parse_per(std::string_view text) {
  const std::string name = lower_word(text);
  const auto at = std::ranges::find_if(pers, [&](LimitPer per) { return to_string(per) == name; });
  if (at == pers.end())
    return Fail(Kind::invalid, in_quotes(text) + " after / is none of process, user, loginclass, jail");
  return *at;
}

// The powers of 1024 that expand_number(3) knows.
std::optional<unsigned> suffix_shift(char c) {
  switch (c) {
    case 'k': return 10;
    case 'm': return 20;
    case 'g': return 30;
    case 't': return 40;
    case 'p': return 50;
    case 'e': return 60;
    default: return std::nullopt;
  }
}

// As expand_number(3), which rctl(8) uses: 0x and 0 prefixes, one suffix in any case, and a 'b' that means nothing.
Result<std::uint64_t> parse_amount(std::string_view written, std::uint64_t most) {
  const std::string text = lower_word(written);
  const auto refuse = [&](const char* why) { return Fail(Kind::invalid, "amount " + in_quotes(written) + " " + why); };
  if (text.starts_with('-')) return refuse("is negative");
  if (text.empty() || text.front() < '0' || text.front() > '9') return refuse("is not a number such as 500 or 2g");
  char* end = nullptr;
  errno = 0;
  const unsigned long long number = std::strtoull(text.c_str(), &end, 0);
  if (errno == ERANGE) return refuse("is too large");
  unsigned shift = 0;
  if (const auto known = suffix_shift(*end)) {
    shift = *known;
    ++end;
  }
  if (*end == 'b') ++end;
  if (end != text.c_str() + text.size()) return refuse("is not a number with at most one of k, m, g, t, p, e after it");
  if (number > most >> shift) return refuse("is too large");
  return number << shift;
}

// What rctl_rule_add() answers with EOPNOTSUPP.
std::optional<std::string> unsupported(const ResourceTraits& resource, const std::string& action, LimitPer per) {
  const std::string name(resource.name);
  if (action == "deny" && !resource.deniable) {
    return "the kernel cannot deny " + name + (resource.throttled ? "; use throttle" : "; use log, devctl or a signal");
  }
  if (action == "throttle" && !resource.throttled)
    return "throttle is for readbps, writebps, readiops and writeiops, not for " + name;
  if (per == LimitPer::process && resource.sloppy)
    return "the kernel has no figure of " + name + " for a single process";
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Resource resource) {
  return traits_of(resource).name;
}

const std::vector<Resource>& all_resources() {
  static const std::vector<Resource> all = [] {
    std::vector<Resource> list;
    for (int i = 0; i < resource_count; ++i) list.push_back(static_cast<Resource>(i));
    return list;
  }();
  return all;
}

LimitUnit unit_of(Resource resource) {
  return traits_of(resource).unit;
}

std::string_view to_string(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::bytes: return "bytes";
    case LimitUnit::seconds: return "seconds";
    case LimitUnit::percent: return "percent";
    case LimitUnit::count: return "count";
    case LimitUnit::per_second: return "per_second";
  }
  std::unreachable();
}

std::string_view to_string(LimitPer per) {
  switch (per) {
    case LimitPer::process: return "process";
    case LimitPer::user: return "user";
    case LimitPer::loginclass: return "loginclass";
    case LimitPer::jail: return "jail";
  }
  std::unreachable();
}

Result<RctlRule> RctlRule::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::size_t equals = text.find('=');
  if (colon == std::string_view::npos || equals == std::string_view::npos || equals < colon)
    return Fail(Kind::invalid, "expects resource:action=amount[/per], such as memoryuse:deny=2g");
  const std::string_view action_text = text.substr(colon + 1, equals - colon - 1);
  if (action_text.find(':') != std::string_view::npos)
    return Fail(Kind::invalid, "a rule stands here without its subject: resource:action=amount[/per]");
  const auto resource = parse_resource(text.substr(0, colon));
  if (!resource) return Fail(resource.error());
  auto action = parse_action(action_text);
  if (!action) return Fail(action.error());

  RctlRule rule;
  std::string_view amount_text = text.substr(equals + 1);
  if (const std::size_t slash = amount_text.find('/'); slash != std::string_view::npos) {
    const auto per = parse_per(amount_text.substr(slash + 1));
    if (!per) return Fail(per.error());
    rule.per_ = *per;
    amount_text = amount_text.substr(0, slash);
  }
  const ResourceTraits& known = traits_of(*resource);
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const auto amount = parse_amount(amount_text, known.millionths ? most / 1'000'000 : most);
  if (!amount) return Fail(amount.error());
  if (const auto problem = unsupported(known, *action, rule.per_)) return Fail(Kind::invalid, *problem);

  rule.resource_ = *resource;
  rule.action_ = std::move(*action);
  rule.amount_ = *amount;
  rule.text_ = text;
  return rule;
}

std::string RctlRule::kernel_text(std::string_view jail) const {
  std::string out = "jail:" + std::string(jail) + ":" + std::string(to_string(resource_)) + ":" + action_ + "=" +
                    std::to_string(amount_);
  if (per_ != LimitPer::jail) out += "/" + std::string(to_string(per_));
  return out;
}

}  // namespace jaild
