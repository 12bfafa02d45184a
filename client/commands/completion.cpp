#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "client/commands/options.h"

namespace jaild::client {

namespace {

struct Flag {
  std::string name;  // "file"
  bool takes_value = false;
  bool takes_file = false;
};

// A verb as a shell has to know it.
struct Verb {
  std::string words;  // "token create"
  std::string help;
  std::vector<Flag> flags;   // long options, by name
  bool takes_names = false;  // of jails
};

Flag flag_of(const CLI::Option& option, const std::string& name) {
  const std::string type = option.get_type_name();
  return {name, option.get_items_expected_max() > 0, type == "FILE" || type == "PATH" || type == "DIR"};
}

// `api` and `token` take other words than names.
bool takes_jails(const CLI::App& verb) {
  static const std::set<std::string> others{"api", "completion"};
  if (verb.get_parent() != nullptr && verb.get_parent()->get_name() == "token") return false;
  if (others.contains(verb.get_name())) return false;
  const auto arguments = verb.get_options([](const CLI::Option* option) { return option->get_positional(); });
  return std::any_of(arguments.begin(), arguments.end(), [](const CLI::Option* option) {
    return option->get_name(true).find("NAME") != std::string::npos;
  });
}

// What every verb takes (app.cpp) and its own.
std::vector<Flag> flags_of(const CLI::App& app, const CLI::App& verb) {
  std::map<std::string, Flag> flags;
  for (const CLI::App* each : {&app, &verb}) {
    for (const CLI::Option* option : each->get_options()) {
      for (const std::string& name : option->get_lnames()) flags[name] = flag_of(*option, name);
    }
  }
  flags.erase("version");  // stands alone
  std::vector<Flag> sorted;
  for (auto& [name, flag] : flags) sorted.push_back(std::move(flag));
  return sorted;
}

void add_verbs(const CLI::App& app, const CLI::App& parent, const std::string& before, std::vector<Verb>& verbs) {
  for (const CLI::App* each : parent.get_subcommands(nullptr)) {
    Verb verb{before + each->get_name(), each->get_description(), flags_of(app, *each), takes_jails(*each)};
    verbs.push_back(verb);
    add_verbs(app, *each, verb.words + " ", verbs);
  }
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The first words, or those that follow `first`.
std::string next_words(const std::vector<Verb>& verbs, const std::string& first) {
  const std::string before = first.empty() ? "" : first + " ";
  std::vector<std::string> words;
  for (const Verb& verb : verbs) {
    if (!verb.words.starts_with(before)) continue;
    const std::string rest = verb.words.substr(before.size());
    if (rest.find(' ') == std::string::npos) words.push_back(rest);
  }
  return joined_words(words);
}

// Text in single quotes, for any of the shells.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string flag_words(const Verb& verb) {
  std::vector<std::string> words;
  for (const Flag& flag : verb.flags) words.push_back("--" + flag.name);
  return joined_words(words);
}

// One branch for each verb: what may follow it. Names of jails come from the daemon at that moment.
std::string branches(const std::vector<Verb>& verbs) {
  std::string text;
  for (const Verb& verb : verbs) {
    const std::string words = verb.words == "completion" ? "sh bash zsh fish" : next_words(verbs, verb.words);
    text += "    " + quoted(verb.words) + ") words=" + quoted(words) + " options=" + quoted(flag_words(verb)) +
            " jails=" + (verb.takes_names ? "1" : "") + " ;;\n";
  }
  return text;
}

// The names of jails are asked of the daemon that the line speaks of.
constexpr const char* bash_head =
    R"sh(# bash completion of jailctl; jailctl completion bash > .../bash-completion/completions/jailctl
_jailctl() {
  local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}
  local verb='' words='' options='' jails='' word='' value='' asked=() i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $value in
      '') ;;
      ours) value=''; asked+=("$word"); continue ;;
      *) value=''; continue ;;
    esac
    case $word in
      --socket | --url) value=ours; asked+=("$word") ;;
      -o | --output) value=other ;;
      -*) ;;
      *) case $verb in '') verb=$word ;; token) verb="$verb $word" ;; esac ;;
    esac
  done
  case $verb in
)sh";

constexpr const char* bash_tail = R"sh(  esac
  case $last in
    -o | --output) options='' words='text json' jails='' ;;
    --jail) options='' words='' jails=1 ;;
    --file | --out | --etc | --socket) COMPREPLY=(); return ;;
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *)
      [ -z "$jails" ] || words="$words $(jailctl "${asked[@]}" ls -q 2>/dev/null)"
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      ;;
  esac
}
complete -o default -F _jailctl jailctl
)sh";

std::string for_bash(const std::vector<Verb>& verbs) {
  return bash_head + ("    '') words=" + quoted(next_words(verbs, "")) + " options='--help --version' ;;\n") +
         branches(verbs) + bash_tail;
}

// zsh reads bash's functions once bashcompinit is loaded: one description of the commands, not two.
std::string for_zsh(const std::vector<Verb>& verbs) {
  return "#compdef jailctl\n# zsh completion of jailctl; jailctl completion zsh > a file _jailctl in $fpath, or source "
         "it\n"
         "autoload -Uz +X bashcompinit && bashcompinit\n" +
         for_bash(verbs) +
         "# as a file in $fpath it is the body of what it defines: the first time, that has still to be called\n"
         "[[ ${funcstack[1]-} != _jailctl ]] || _bash_complete -o default -F _jailctl\n";
}

std::string for_fish(const std::vector<Verb>& verbs) {
  std::string text =
      "# fish completion of jailctl; jailctl completion fish > ~/.config/fish/completions/jailctl.fish\n"
      "complete -c jailctl -f\n";
  for (const Verb& verb : verbs) {
    const std::size_t blank = verb.words.rfind(' ');
    const std::string word = verb.words.substr(blank == std::string::npos ? 0 : blank + 1);
    const std::string first = verb.words.substr(0, verb.words.find(' '));
    const std::string when =
        blank == std::string::npos ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + first;
    text += "complete -c jailctl -n " + quoted(when) + " -a " + word + " -d " + quoted(verb.help) + "\n";
    const std::string seen = quoted("__fish_seen_subcommand_from " + word);
    for (const Flag& flag : verb.flags) {
      text += "complete -c jailctl -n " + seen + " -l " + flag.name + (flag.takes_value ? " -r" : "") +
              (flag.takes_file ? " -F" : "") + "\n";
    }
    if (verb.takes_names) text += "complete -c jailctl -n " + seen + " -a '(jailctl ls -q 2>/dev/null)'\n";
  }
  return text;
}

// sh(1) itself has no completion of arguments; Korn shells that read the same files (OpenBSD's ksh, oksh) take lists.
std::string for_sh(const std::vector<Verb>& verbs) {
  return "# completion of jailctl for Korn shells, in a file that every sh can read; sh itself completes no arguments\n"
         "if [ -n \"$KSH_VERSION\" ]; then\n"
         "  set -A complete_jailctl_1 -- " +
         next_words(verbs, "") +
         "\n"
         "  set -A complete_jailctl_2 -- $(jailctl ls -q 2>/dev/null)\n"
         "fi\n";
}

struct CompletionOptions {
  std::string shell;
  const CLI::App* app = nullptr;  // run()'s, which outlives the command
};

ExitCode run_completion(Session& session, const CompletionOptions& options) {
  std::vector<Verb> verbs;
  add_verbs(*options.app, *options.app, "", verbs);
  std::string text;
  if (options.shell == "bash") text = for_bash(verbs);
  if (options.shell == "zsh") text = for_zsh(verbs);
  if (options.shell == "fish") text = for_fish(verbs);
  if (options.shell == "sh") text = for_sh(verbs);
  session.out() << text;
  return ExitCode::ok;
}

}  // namespace

void add_completion(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<CompletionOptions>();
  options->app = &app;
  CLI::App* verb =
      app.add_subcommand("completion", "Print a script that completes commands, options and names of jails");
  verb->add_option("SHELL", options->shell, "sh, bash, zsh or fish")
      ->type_name("")
      ->required()
      ->check(CLI::IsMember({"sh", "bash", "zsh", "fish"}).description(""));
  verb->footer("  . <(jailctl completion bash)\n");
  choose(*verb, chosen, options, run_completion);
}

}  // namespace jaild::client
