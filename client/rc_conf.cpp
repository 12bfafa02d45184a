#include "client/rc_conf.h"

#include <algorithm>
#include <sstream>

namespace jaild::client {
namespace {

constexpr int first_priority = 10;  // room for what a user wants before the jails of jail_list
constexpr int last_priority = 90;

// checkyesno() of rc.subr(8).
bool is_yes(std::string value) {
  std::ranges::transform(value, value.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return value == "yes" || value == "true" || value == "on" || value == "1";
}

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// One sh(1) word at `at`, which moves behind it: quotes and backslashes resolved, nothing expanded.
std::string word_at(std::string_view text, std::size_t& at) {
  std::string word;
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
      if (text[++at] != '\n') word += text[at];
    } else if (quote == 0 && std::string_view(" \t\n;#&").find(c) != std::string_view::npos) {
      break;
    } else {
      word += c;
    }
  }
  return word;
}

}  // namespace

void RcConf::read(const std::string& file, std::string_view text) {
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    std::size_t name_end = text.find_first_not_of(" \t", at);
    name_end = std::min(name_end, text.size());
    const std::size_t name_begin = name_end;
    while (name_end < text.size() && in_name(text[name_end])) ++name_end;
    const std::string name(text.substr(name_begin, name_end - name_begin));
    std::string value;
    at = name_end;
    const bool assigns = at < text.size() && text[at] == '=';
    if (assigns) value = word_at(text, ++at);
    at = std::min(text.find('\n', at), text.size());
    const std::string_view whole = text.substr(begin, at - begin);
    if (assigns && name == "jail_enable") enable_ = value;
    if (assigns && name == "jail_list") list_ = value;
    if (assigns && name == "jail_parallel_start") parallel_ = value;
    if (assigns && (name == "jail_enable" || name == "jail_list")) {
      lines_.push_back({file, line, std::string(whole), value});
    }
    line += static_cast<std::size_t>(std::ranges::count(whole, '\n')) + 1;
    ++at;
  }
}

bool RcConf::enabled() const {
  return is_yes(enable_);
}

bool RcConf::parallel() const {
  return is_yes(parallel_);
}

std::vector<std::string> RcConf::list() const {
  std::istringstream words(list_);
  std::vector<std::string> names;
  for (std::string name; words >> name;) names.push_back(name);
  return names;
}

bool RcConf::autostart(const std::string& jail) const {
  const std::vector<std::string> names = list();
  return enabled() && (names.empty() || std::ranges::find(names, jail) != names.end());
}

std::optional<int> RcConf::priority(const std::string& jail) const {
  const std::vector<std::string> names = list();
  const auto at = std::ranges::find(names, jail);
  if (!enabled() || parallel() || at == names.end()) return std::nullopt;
  const auto index = static_cast<int>(at - names.begin());
  return std::min(first_priority + index, last_priority);
}

}  // namespace jaild::client
