#include "api/jailconf/diagnostic.h"

#include <utility>

namespace jaild::jailconf {
namespace {

constexpr std::size_t token_max = 40;     // enough to find it, and one line of a terminal
constexpr std::size_t message_max = 600;  // holds two names of 255 bytes

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  text.resize(most - 3);
  return text + "...";
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file + ":" + std::to_string(diagnostic.place.line) + ":" +
                     std::to_string(diagnostic.place.column) + ": " +
                     (diagnostic.severity == Severity::warning ? "warning: " : "error: ");
  if (!diagnostic.jail.empty()) text += "jail " + diagnostic.jail + ": ";
  return text + diagnostic.message;
}

std::uint32_t Diagnostics::add_file(std::string path) {
  files_.push_back(std::move(path));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void Diagnostics::add(Severity severity, Place place, std::string token, std::string jail, std::string message) {
  list_.push_back({severity, place.file < files_.size() ? files_[place.file] : "", place,
                   shortened(std::move(token), token_max), std::move(jail),
                   shortened(std::move(message), message_max)});
}

void Diagnostics::syntax(Place place, std::string token, std::string message) {
  syntax_errors_ = true;
  if (full()) return;
  add(Severity::syntax, place, std::move(token), "", std::move(message));
  if (++mistakes_ == most_) add(Severity::syntax, place, "", "", "too many mistakes; the rest was not read");
}

void Diagnostics::error(Place place, std::string token, const std::string& jail, std::string message) {
  if (full()) return;
  add(Severity::error, place, std::move(token), jail, std::move(message));
  if (++mistakes_ == most_) add(Severity::error, place, "", "", "too many mistakes; the rest was not looked for");
}

void Diagnostics::warning(Place place, std::string token, const std::string& jail, std::string message) {
  if (full() || ++warnings_ > most_) return;
  add(Severity::warning, place, std::move(token), jail, std::move(message));
}

}  // namespace jaild::jailconf
