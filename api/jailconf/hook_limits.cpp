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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "jail:NAME:RULE" or, as rctl(8) lets it be written, "j:NAME:RULE", in any case: NAME, and RULE or "". nullopt:
// another subject.
std::optional<std::pair<std::string_view, std::string_view>> subject_of(std::string_view word) {
  const std::size_t colon = std::min(word.find(':'), word.size());
  const std::string kind = lower(word.substr(0, colon));
  if (colon == word.size() || (kind != "jail" && kind != "j")) return std::nullopt;
  word.remove_prefix(colon + 1);
  const std::size_t end = std::min(word.find(':'), word.size());
  return std::pair(word.substr(0, end), word.substr(std::min(end + 1, word.size())));
}

// The rule of a word whose subject is the jail.
std::optional<std::string_view> rule_of(std::string_view word, std::string_view jail) {
  const auto subject = subject_of(word);
  return subject && names_jail(subject->first, jail) ? std::optional(subject->second) : std::nullopt;
}

// One option of a command with its argument.
struct Option {
  char letter;
  std::string_view argument;
};

// The options in front of the words of a command, as getopt(3) reads them: together or apart, the argument in the same
// word or in the next.
struct Options {
  std::vector<Option> options;
  Words rest;

  [[nodiscard]] bool has(char letter) const {
    return std::ranges::find(options, letter, &Option::letter) != options.end();
  }
};

Options options_of(Words words, std::string_view with_argument) {
  Options read{{}, words.subspan(1)};
  while (!read.rest.empty() && read.rest[0].size() > 1 && read.rest[0].starts_with('-')) {
    std::string_view letters = std::string_view(read.rest[0]).substr(1);
    read.rest = read.rest.subspan(1);
    if (letters == "-") break;
    while (!letters.empty()) {
      Option option{letters[0], {}};
      letters.remove_prefix(1);
      if (with_argument.contains(option.letter)) {
        if (letters.empty() && !read.rest.empty()) {
          option.argument = read.rest[0];
          read.rest = read.rest.subspan(1);
        } else {
          option.argument = std::exchange(letters, {});
        }
      }
      read.options.push_back(option);
    }
  }
  return read;
}

// -h and -n say how numbers are shown.
std::optional<HookLimits> read_rctl(Words words, std::string_view jail) {
  const Options read = options_of(words, "");
  const bool adds = read.has('a');
  const bool known = std::ranges::all_of(read.options, [&](const Option& each) {
    return each.letter == 'h' || each.letter == 'n' || each.letter == (adds ? 'a' : 'r');
  });
  if (!known || read.rest.empty() || (!adds && (!read.has('r') || read.rest.size() > 1))) return std::nullopt;
  HookLimits limits;
  for (const std::string& word : read.rest) {
    const auto rule = rule_of(word, jail);
    if (!rule) return std::nullopt;
    if (!adds) {
      limits.remove = std::string(*rule);
      continue;
    }
    auto parsed = RctlRule::parse(*rule);
    if (!parsed) return std::nullopt;
    limits.add.push_back(std::move(*parsed));
  }
  return limits;
}

// What cpuset(1) takes.
Options cpuset_options(Words words) {
  return options_of(words, "djlnpstx");
}

// -c is for the set of a process; with -j jail(8)'s users write it all the same, and it changes nothing.
std::optional<HookLimits> read_cpuset(Words words, std::string_view jail) {
  const Options read = cpuset_options(words);
  HookLimits limits;
  bool named = false;
  for (const Option& option : read.options) {
    if (option.letter == 'c') continue;
    if (option.letter == 'l' && !limits.cpuset) {
      auto list = CpuList::parse(option.argument);
      if (!list) return std::nullopt;
      limits.cpuset = std::move(*list);
    } else if (option.letter == 'j' && !named) {
      named = names_jail(option.argument, jail) || option.argument == "$JID" || option.argument == "${JID}";
      if (!named) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return named && limits.cpuset && read.rest.empty() ? std::optional(std::move(limits)) : std::nullopt;
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

// Whether the options that a text shows after rctl are those of a look or of a removal.
bool only_looks(std::string_view text) {
  bool looks = false;
  for (const std::string_view word : words_of(text)) {
    if (word.size() < 2 || word[0] != '-' || word.substr(1).find_first_not_of("ahlnru") != std::string_view::npos)
      continue;
    if (word.contains('a')) return false;
    looks = looks || word.find_first_of("lru") != std::string_view::npos;
  }
  return looks;
}

// Whether a text that was not understood may set rules of this jail: it speaks of rctl, be it a variable, a script or
// rctl.conf, with the jail for its subject, with one that a variable names, or with none that can be seen.
bool may_set_rules(std::string_view written, std::string_view jail) {
  const std::string text = lower(written);
  if (!text.contains("rctl") || only_looks(text)) return false;
  bool other_subject = text.contains("user:") || text.contains("class:") || text.contains("process:");
  for (const std::string_view subject : {"jail:", "j:"}) {
    for (std::size_t at = text.find(subject); at != std::string::npos; at = text.find(subject, at + 1)) {
      if (at > 0 && is_name_character(text[at - 1])) continue;
      const std::string_view named = written.substr(at + subject.size());
      const auto end = static_cast<std::size_t>(std::ranges::find_if_not(named, is_name_character) - named.begin());
      if (end == 0 || named.substr(0, end) == jail) return true;
      other_subject = true;
    }
  }
  return !other_subject;
}

bool may_set_cpus(std::string_view text, std::string_view jail) {
  return has_word(text, "cpuset") && (has_word(text, jail) || text.contains("$JID") || text.contains("${JID}"));
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
      reading.more_cpus = may_set_cpus(line, jail_);
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
    reading.more_cpus = reading.more_cpus || inner.more_cpus;
    reading.others.merge(inner.others);
    chain_known_ = chain_known_ && inner.whole;
  }

  void take_unknown(Words words, HookReading& reading) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    const std::string_view program = program_of(words[0]);
    if (program == "rctl") {
      take_unknown_rctl(words, text, reading);
    } else if (program == "cpuset") {
      const Options read = cpuset_options(words);
      const bool sets = read.has('l') || read.has('n') || read.has('s');
      reading.more_cpus = reading.more_cpus || (sets && read.has('j') && may_set_cpus(text, jail_));
    } else if (!is_one_of(program, {"echo", "printf", "logger"})) {
      reading.more_limits = reading.more_limits || may_set_rules(text, jail_);
      reading.more_cpus = reading.more_cpus || may_set_cpus(text, jail_);
    }
    reading.whole = false;
    chain_known_ = false;
  }

  // Of rctl(8) itself the options tell whether it sets anything, and the words whose.
  void take_unknown_rctl(Words words, std::string_view text, HookReading& reading) const {
    const Options read = options_of(words, "");
    if (!read.has('a')) return;
    reading.more_limits = reading.more_limits || may_set_rules(text, jail_);
    for (const std::string& word : read.rest) {
      const auto subject = subject_of(word);
      if (!subject || subject->first.contains('$') || names_jail(subject->first, jail_)) continue;
      reading.others.emplace(subject->first);
    }
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
  reading.whole = reading.whole && !reading.limits.empty() && !reading.more_limits && !reading.more_cpus;
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
