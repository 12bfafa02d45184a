#include "api/jailconf/hook_limits.h"

#include <algorithm>

namespace jaild::jailconf {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(blanks), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Quotes around a whole word, as in rctl -a "jail:www:maxproc:deny=5", mean nothing here.
std::string_view unquoted(std::string_view word) {
  const bool quoted = word.size() >= 2 && (word.front() == '"' || word.front() == '\'') && word.back() == word.front();
  return quoted ? word.substr(1, word.size() - 2) : word;
}

bool is_program(std::string_view word, std::string_view name) {
  return word == name || word == "/usr/bin/" + std::string(name) || word == "/bin/" + std::string(name);
}

bool names_jail(std::string_view word, std::string_view jail) {
  return word == jail || word == "$JNAME" || word == "${JNAME}";
}

// "jail:NAME:RULE" -> "RULE", "jail:NAME" -> "". nullopt: another subject.
std::optional<std::string_view> rule_of(std::string_view word, std::string_view jail) {
  if (!word.starts_with("jail:")) return std::nullopt;
  word.remove_prefix(5);
  const std::size_t colon = std::min(word.find(':'), word.size());
  if (!names_jail(word.substr(0, colon), jail)) return std::nullopt;
  word.remove_prefix(colon);
  if (word.starts_with(':')) word.remove_prefix(1);
  return word;
}

std::optional<HookLimits> read_rctl(const std::vector<std::string_view>& words, std::string_view jail) {
  if (words.size() < 3) return std::nullopt;
  HookLimits limits;
  limits.remove = words[1] == "-r";
  if (!limits.remove && words[1] != "-a") return std::nullopt;
  for (std::size_t at = 2; at < words.size(); ++at) {
    const auto rule = rule_of(words[at], jail);
    if (!rule) return std::nullopt;
    if (limits.remove) continue;
    auto parsed = RctlRule::parse(*rule);
    if (!parsed) return std::nullopt;
    limits.add.push_back(std::move(*parsed));
  }
  return limits;
}

// -c is for the set of a process; with -j jail(8)'s users write it all the same, and it changes nothing.
std::optional<HookLimits> read_cpuset(const std::vector<std::string_view>& words, std::string_view jail) {
  HookLimits limits;
  bool named = false;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const bool more = at + 1 < words.size();
    if (words[at] == "-c") continue;
    if (words[at] == "-l" && more && !limits.cpuset) {
      auto list = CpuList::parse(words[++at]);
      if (!list) return std::nullopt;
      limits.cpuset = std::move(*list);
    } else if (words[at] == "-j" && more && !named) {
      const std::string_view target = words[++at];
      named = names_jail(target, jail) || target == "$JID" || target == "${JID}";
      if (!named) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return named && limits.cpuset ? std::optional(std::move(limits)) : std::nullopt;
}

}  // namespace

std::optional<HookLimits> limits_of_command(std::string_view command, std::string_view jail) {
  std::vector<std::string_view> words = words_of(command);
  if (words.empty()) return std::nullopt;
  std::ranges::transform(words, words.begin(), unquoted);
  if (is_program(words.front(), "rctl")) return read_rctl(words, jail);
  if (is_program(words.front(), "cpuset")) return read_cpuset(words, jail);
  return std::nullopt;
}

std::vector<RctlRule> rules_of_rctl_conf(std::string_view text, std::string_view jail,
                                         std::vector<std::string>& wrong) {
  std::vector<RctlRule> rules;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) continue;
    const auto rule = rule_of(words.front(), jail);
    if (!rule) continue;
    auto parsed = RctlRule::parse(*rule);
    if (parsed && words.size() == 1) {
      rules.push_back(std::move(*parsed));
    } else {
      wrong.emplace_back(line);
    }
  }
  return rules;
}

}  // namespace jaild::jailconf
