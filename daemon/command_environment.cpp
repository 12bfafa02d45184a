#include "daemon/command_environment.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild {
namespace {

constexpr std::size_t bytes_max = 64 * 1024;  // as for a command by hand

bool is_utf8(const std::string& text) {
  const auto read = parse_json(to_text(text));  // which replaces what is not
  return read && *read == text;
}

}  // namespace

Result<std::vector<std::string>> command_environment(const std::vector<std::string>& names,
                                                     const char* const* environment) {
  std::vector<std::string> passed;
  std::size_t bytes = 0;
  for (; *environment != nullptr; ++environment) {
    const std::string entry = *environment;
    const std::string name = entry.substr(0, entry.find('='));
    const bool always = name == "PATH" || name == "TERM";
    if (name.size() == entry.size() || (!always && std::ranges::find(names, name) == names.end())) continue;
    if (!is_utf8(entry)) return Fail(Kind::invalid, "the environment variable " + name + " is not UTF-8: unset it");
    bytes += entry.size();
    passed.push_back(entry);
  }
  if (bytes <= bytes_max) return passed;
  return Fail(Kind::invalid, "PATH, TERM and the variables of --pass-env exceed 64 KiB: pass fewer of them");
}

}  // namespace jaild
