#include "daemon/host/sim/programs.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "daemon/host/sim/kernel.h"

namespace jaild::host::sim {
namespace {

// A century: as good as for ever, and far from overflow in nanoseconds.
constexpr double sleep_max_seconds = 3.2e9;

std::string_view take_word(std::string_view& rest) {
  const auto begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(begin);
  const auto end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

std::optional<double> number(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !(value >= 0)) return std::nullopt;
  return value;
}

int small_number(std::string_view text, int greatest) {
  const double value = number(text).value_or(0);
  return value > greatest ? greatest : static_cast<int>(value);
}

// rctl -a: the rules for jails among `words`; what a shell would do with the line's other words is not done.
void add_rules(SimKernel& kernel, std::string_view words) {
  for (std::string_view word = take_word(words); !word.empty(); word = take_word(words)) {
    if (!word.starts_with("jail:")) continue;
    word.remove_prefix(std::string_view("jail:").size());
    const std::size_t colon = std::min(word.find(':'), word.size());
    const auto rule = RctlRule::parse(word.substr(std::min(colon + 1, word.size())));
    if (rule) (void)kernel.rctl_add(std::string(word.substr(0, colon)), *rule, Actor::other);
  }
}

}  // namespace

Program Programs::of(const std::string& line, bool main) const {
  if (!set_.empty()) {
    const auto found = set_.find(line);
    if (found != set_.end()) return found->second;
  }
  std::string_view rest = line;
  std::string_view name = take_word(rest);
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0: no directory
  const std::string_view argument = take_word(rest);
  if (name == "rctl" && argument == "-a") {
    Program program;
    program.effect = [words = std::string(rest)](SimKernel& kernel) { add_rules(kernel, words); };
    return program;
  }
  const bool alone = take_word(rest).empty();

  Program program;
  program.cpu_percent = 10;
  if (name == "true" && argument.empty()) return program;
  if (name == "false" && argument.empty()) {
    program.code = 1;
    return program;
  }
  if (alone && number(argument)) {
    if (name == "sleep") {
      const double seconds = std::min(*number(argument), sleep_max_seconds);
      program.runs = std::chrono::duration_cast<Span>(std::chrono::duration<double>(seconds));
      program.cpu_percent = 0;
      return program;
    }
    if (name == "exit") {
      program.code = small_number(argument, 255);
      return program;
    }
    if (name == "fork") {
      program.forks = small_number(argument, 10'000);
      if (main) program.runs.reset();
      return program;
    }
  }
  if (main) program.runs.reset();
  return program;
}

}  // namespace jaild::host::sim
