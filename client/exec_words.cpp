#include "client/exec_words.h"

namespace jaild::client {

namespace {

// The value of `word`, an option, is the next word.
bool takes_next(const std::vector<const CLI::App*>& levels, const std::string& word) {
  const auto has_value = [&](const std::string& name) {
    for (const CLI::App* level : levels) {
      const CLI::Option* option = level->get_option_no_throw(name);
      if (option != nullptr) return option->get_items_expected_max() > 0;
    }
    return false;
  };
  if (word.starts_with("--")) return word.find('=') == std::string::npos && has_value(word);
  // "-itu www", but "-uwww" brings its value along.
  for (std::size_t at = 1; at < word.size(); ++at) {
    if (has_value(std::string("-") + word[at])) return at + 1 == word.size();
  }
  return false;
}

}  // namespace

std::vector<std::string> with_command_marked(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* const exec = app.get_subcommand("exec");
  constexpr std::size_t verb_and_jail = 2;
  std::size_t seen = 0;  // words that are no options
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") return words;
    if (word.size() > 1 && word.front() == '-') {
      if (takes_next({exec, &app}, word)) ++at;
      continue;
    }
    if (seen == 0 && word != exec->get_name()) return words;
    if (seen++ < verb_and_jail) continue;
    std::vector<std::string> marked = words;
    marked.insert(marked.begin() + static_cast<std::ptrdiff_t>(at), "--");
    return marked;
  }
  return words;
}

}  // namespace jaild::client
