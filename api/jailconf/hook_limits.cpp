#include "api/jailconf/hook_limits.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "api/jailconf/hook_shell.h"

namespace jaild::jailconf {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr int shells_max = 3;  // of `sh -c` in `sh -c`

using Words = std::span<const std::string>;

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

std::string_view program_of(std::string_view word) {
  for (const std::string_view directory : {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/"}) {
    if (word.starts_with(directory)) return word.substr(directory.size());
  }
  return word;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
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

std::optional<HookLimits> read_rctl(Words words, std::string_view jail) {
  if (words.size() < 3) return std::nullopt;
  const bool removes = words[1] == "-r";
  if (!removes && words[1] != "-a") return std::nullopt;
  if (removes && words.size() > 3) return std::nullopt;
  HookLimits limits;
  for (const std::string& word : words.subspan(2)) {
    const auto rule = rule_of(word, jail);
    if (!rule) return std::nullopt;
    if (removes) {
      limits.remove = std::string(*rule);
      continue;
    }
    auto parsed = RctlRule::parse(*rule);
    if (!parsed) return std::nullopt;
    limits.add.push_back(std::move(*parsed));
  }
  return limits;
}

// -c is for the set of a process; with -j jail(8)'s users write it all the same, and it changes nothing.
std::optional<HookLimits> read_cpuset(Words words, std::string_view jail) {
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

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// Whether `text` has `word` that is not part of a longer one.
bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_name_character(text[at - 1]);
    if (begins && (end == text.size() || !is_name_character(text[end]))) return true;
  }
  return false;
}

// Whether a text that was not understood may set rules of this jail: rctl -a with the jail for its subject, with one
// that a variable names, or with none that can be seen.
bool may_set_rules(std::string_view text, std::string_view jail) {
  if (!has_word(text, "rctl") || text.find("-a") == std::string_view::npos) return false;
  bool other_subject = text.find("user:") != std::string_view::npos || text.find("class:") != std::string_view::npos ||
                       text.find("process:") != std::string_view::npos;
  for (std::size_t at = text.find("jail:"); at != std::string_view::npos; at = text.find("jail:", at + 1)) {
    const std::string_view named = text.substr(at + 5);
    const std::size_t end =
        static_cast<std::size_t>(std::ranges::find_if_not(named, is_name_character) - named.begin());
    if (end == 0 || named.substr(0, end) == jail) return true;
    other_subject = true;
  }
  return !other_subject;
}

bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         std::ranges::all_of(word.substr(0, equals), is_name_character);
}

// VAR=VALUE, env and the like in front of a command that they run as it is.
Words without_prefixes(Words words) {
  while (!words.empty()) {
    if (!is_assignment(words[0]) &&
        !is_one_of(program_of(words[0]), {"env", "exec", "command", "nice", "sudo", "doas"}))
      break;
    words = words.subspan(1);
  }
  return words;
}

// Looks at one command line, and at those of the shells in it.
class Reader {
 public:
  explicit Reader(std::string_view jail) : jail_(jail) {}

  HookReading read(std::string_view line, int depth = 0) {
    const auto commands = split_commands(line);
    HookReading reading;
    if (!commands) {
      reading.more_limits = may_set_rules(line, jail_);
      return reading;
    }
    reading.whole = true;
    chain_known_ = true;
    ends_early_ = false;
    for (const SimpleCommand& command : *commands) take(command, depth, reading);
    return reading;
  }

 private:
  void take(const SimpleCommand& command, int depth, HookReading& reading) {
    const Words words = without_prefixes(command.words);
    if (command.joint == Joint::always) chain_known_ = true;
    // Whether it runs, whatever the commands before it do; of limits jaild sees to it that they are set.
    const bool certain =
        !ends_early_ && chain_known_ && (command.joint == Joint::always || command.joint == Joint::if_ok);
    if (words.empty() || is_one_of(program_of(words[0]), {"true", ":"})) return;
    if (auto limits = limits_of(words); limits && certain) {
      reading.limits.push_back(std::move(*limits));
      return;
    }
    if (const auto* script = script_of(words); script != nullptr && depth < shells_max && certain) {
      take_script(*script, depth, reading);
      return;
    }
    // What would be said or done if a limit could not be set: then jaild ends the start.
    const bool fallback = command.joint == Joint::if_failed && chain_known_ &&
                          is_one_of(program_of(words[0]), {"echo", "printf", "logger", "exit", "false"});
    if (fallback) return;
    if (is_one_of(program_of(words[0]), {"exit", "return"})) ends_early_ = true;
    take_unknown(words, reading);
  }

  void take_script(const std::string& script, int depth, HookReading& reading) {
    HookReading inner = Reader(jail_).read(script, depth + 1);
    std::ranges::move(inner.limits, std::back_inserter(reading.limits));
    reading.whole = reading.whole && inner.whole;
    reading.more_limits = reading.more_limits || inner.more_limits;
    chain_known_ = chain_known_ && inner.whole;
  }

  void take_unknown(Words words, HookReading& reading) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    reading.more_limits = reading.more_limits || may_set_rules(text, jail_);
    reading.whole = false;
    chain_known_ = false;
  }

  [[nodiscard]] std::optional<HookLimits> limits_of(Words words) const {
    if (program_of(words[0]) == "rctl") return read_rctl(words, jail_);
    if (program_of(words[0]) == "cpuset") return read_cpuset(words, jail_);
    return std::nullopt;
  }

  // sh -c SCRIPT, sh -ec SCRIPT
  static const std::string* script_of(Words words) {
    if (words.size() != 3 || program_of(words[0]) != "sh") return nullptr;
    const std::string& option = words[1];
    const bool runs =
        option.starts_with('-') && option.ends_with('c') && option.find_first_not_of("euxc", 1) == std::string::npos;
    return runs ? &words[2] : nullptr;
  }

  std::string_view jail_;
  bool chain_known_ = true;  // of the commands joined by && and || so far it is known how they end
  bool ends_early_ = false;  // the line may have ended already
};

}  // namespace

HookReading read_hook(std::string_view command, std::string_view jail) {
  HookReading reading = Reader(jail).read(command);
  reading.whole = reading.whole && !reading.limits.empty() && !reading.more_limits;
  return reading;
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
