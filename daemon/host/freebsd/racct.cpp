#include "daemon/host/freebsd/racct.h"

#include <sys/types.h>  // before rctl.h, which uses its types

#include <sys/rctl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "daemon/host/freebsd/os_error.h"

namespace jaild::host {
namespace {

constexpr std::size_t answer_first = 4096;             // as rctl(8) begins
constexpr std::size_t answer_most = 16 * 1024 * 1024;  // kern.racct.rctl.maxbufsize

using Call = RctlCalls::Call;

// 0, or errno.
int ask(const Call& call, const std::string& question, std::string& answer) {
  for (std::size_t size = answer_first; size <= answer_most; size *= 2) {
    answer.assign(size, '\0');
    if (call(question.c_str(), question.size() + 1, answer.data(), answer.size()) == 0) {
      answer.resize(answer.find('\0'));
      return 0;
    }
    if (errno != ERANGE) return errno;
  }
  return ERANGE;
}

int tell(const Call& call, const std::string& rule) {
  return call(rule.c_str(), rule.size() + 1, nullptr, 0) == 0 ? 0 : errno;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// Off, absent, or we are in a jail ourselves: then no rule of anybody's is in force.
bool is_off(int error) {
  return error == ENOSYS || error == EPERM;
}

Result<std::vector<std::string>> rules_matching(const std::string& filter, const RctlCalls& calls) {
  std::string text;
  const int error = ask(calls.get_rules, filter, text);
  if (is_off(error)) return std::vector<std::string>();
  if (error != 0) return Fail(os_error("read the rctl rules of " + filter, error));
  return split(text);
}

bool contains(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

}  // namespace

bool racct_enabled() {
  return sysctl_number("kern.racct.enable").value_or(0) != 0;
}

std::string racct_hint() {
  if (racct_enabled()) return {};
  if (!sysctl_number("kern.racct.enable")) return "this kernel was built without RACCT and RCTL";
  return "put kern.racct.enable=1 into /boot/loader.conf and reboot";
}

Result<std::map<std::string, std::vector<std::string>>> all_jail_rules() {
  auto rules = rules_matching("jail:", kernel_rctl());
  if (!rules) return Fail(rules.error());
  std::map<std::string, std::vector<std::string>> by_jail;
  for (std::string& rule : *rules) {
    const std::size_t begin = rule.find(':');
    const std::size_t end = begin == std::string::npos ? begin : rule.find(':', begin + 1);
    if (end == std::string::npos) continue;
    by_jail[rule.substr(begin + 1, end - begin - 1)].push_back(std::move(rule));
  }
  return by_jail;
}

const RctlCalls& kernel_rctl() {
  static const RctlCalls calls{::rctl_get_rules, ::rctl_add_rule, ::rctl_remove_rule};
  return calls;
}

Result<std::vector<std::string>> set_jail_rules(const std::string& jail, const std::vector<std::string>& texts,
                                                bool others_stay, const RctlCalls& calls) {
  const std::string filter = "jail:" + jail + ":";
  const auto before = rules_matching(filter, calls);
  if (!before) return Fail(before.error());
  for (const std::string& rule : texts) {
    if (contains(*before, rule)) continue;
    if (const int error = tell(calls.add_rule, rule); error != 0) return Fail(os_error("rctl rule " + rule, error));
  }
  for (const std::string& rule : *before) {
    if (others_stay || contains(texts, rule)) continue;
    // A new deny rule has replaced the old one already.
    const int error = tell(calls.remove_rule, rule);
    if (error != 0 && error != ESRCH) return Fail(os_error("remove the rctl rule " + rule, error));
  }
  const auto after = rules_matching(filter, calls);
  if (!after) return Fail(after.error());
  for (const std::string& rule : texts) {
    if (!contains(*after, rule)) return Fail(Kind::host_refused, "rctl rule " + rule + " is not in force");
  }
  std::vector<std::string> others;
  for (const std::string& rule : *after) {
    if (contains(texts, rule)) continue;
    if (!others_stay) return Fail(Kind::host_refused, "rctl rule " + rule + " is still in force");
    others.push_back(rule);
  }
  return others;
}

Result<Usage> jail_usage(const std::string& jail) {
  std::string text;
  const int error = ask(::rctl_get_racct, "jail:" + jail + ":", text);
  if (error != 0) return Fail(os_error("read the usage of jail " + jail, error));
  Usage usage;
  for (const std::string& pair : split(text)) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) continue;
    std::uint64_t amount = 0;
    std::from_chars(pair.data() + equals + 1, pair.data() + pair.size(), amount);
    for (const Resource resource : all_resources()) {
      if (pair.compare(0, equals, to_string(resource)) == 0) usage.resources[resource] = amount;
    }
  }
  return usage;
}

}  // namespace jaild::host
