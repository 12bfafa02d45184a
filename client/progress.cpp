#include "client/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "api/contract/json.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

std::string step_text(const json& step) {
  const std::string command = text_at(step, "/command");
  return text_at(step, "/step") + (command.empty() ? "" : "  " + command);
}

// The step under way: "exec.start  /bin/sh /etc/rc", and since when; "" when none is.
std::pair<std::string, Progress::Clock::time_point> running_step(const json& object) {
  const auto now = Progress::Clock::now();
  for (const json& step : array_at(object, "/status/steps")) {
    if (!flag_at(step, "/running")) continue;
    const auto began = parse_rfc3339(text_at(step, "/started_at"));
    const auto ago = began ? std::chrono::system_clock::now() - *began : std::chrono::system_clock::duration();
    return {step_text(step), now - std::max(ago, std::chrono::system_clock::duration())};
  }
  const std::string state = text_at(object, "/status/state");
  const bool moves = state == "starting" || state == "stopping";
  const std::string reason = text_at(object, "/status/reason");
  return {moves ? state + (reason.empty() ? "" : ": " + reason) : "", now};
}

json steps_that_are_over(const json& object) {
  json over = json::array();
  for (const json& step : array_at(object, "/status/steps")) {
    if (!flag_at(step, "/running")) over.push_back(step);
  }
  return over;
}

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

// Characters, so that no line wraps: a wrapped line cannot be drawn over.
std::string cut_line(const std::string& text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && ++characters > most) return text.substr(0, at);
  }
  return text;
}

}  // namespace

Progress::Progress(Terminal& terminal, std::size_t jails)
    : terminal_(terminal),
      lists_(terminal.err_tty && jails <= listed_max),
      draws_(terminal.err_tty && variable(terminal.environment, "TERM") != "dumb"),
      total_(jails) {}

void Progress::begin(const std::string& name, const json& object) {
  const std::string state = text_at(object, "/status/state");
  Jail& jail = jails_[name];
  if (state != "starting" && state != "stopping") jail.seen = steps_that_are_over(object);
}

void Progress::show(const std::string& name, const json& object) {
  const auto found = jails_.find(name);
  if (found == jails_.end() || !shown()) return;
  Jail& jail = found->second;
  if (lists_) list_steps(name, jail, steps_that_are_over(object));
  auto [running, since] = running_step(object);
  if (running == jail.running) return;
  jail.running = std::move(running);
  jail.since = since;
}

// status.steps is that of the last start or stop: a list that does not continue the one before belongs to a new start
// or stop.
void Progress::list_steps(const std::string& name, Jail& jail, const json& steps) {
  const bool continued =
      steps.size() >= jail.seen.size() && std::equal(jail.seen.begin(), jail.seen.end(), steps.begin());
  for (std::size_t at = continued ? jail.seen.size() : 0; at < steps.size(); ++at) {
    heading(name);
    print_step(terminal_.err, steps[at], terminal_.err_style());
  }
  jail.seen = steps;
  terminal_.err << std::flush;
}

void Progress::end(const std::string& name) {
  jails_.erase(name);
}

void Progress::say(const std::string& name, const std::string& text) {
  if (!lists_) return;
  heading(name);
  terminal_.err << "  " << printable(text) << '\n' << std::flush;
}

void Progress::heading(const std::string& name) {
  clear();
  if (headed_ != name) terminal_.err << painted(printable(name), Colour::bold, terminal_.err_style()) << '\n';
  headed_ = name;
}

void Progress::draw(Clock::time_point now) {
  if (!draws_) return;
  // The one that runs longest is what the others may wait for.
  const auto longest = std::ranges::min_element(jails_, {}, [](const auto& each) {
    return each.second.running.empty() ? Clock::time_point::max() : each.second.since;
  });
  const bool any = longest != jails_.end() && !longest->second.running.empty() && now - longest->second.since >= tick;
  if (!any) return clear();
  const auto& [name, jail] = *longest;
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(now - jail.since);
  const std::string count = total_ == 1 ? ""
                                        : std::to_string(total_ - std::min(jails_.size(), total_)) + " of " +
                                              std::to_string(total_) + " done; ";
  const std::string mark = terminal_.utf8 ? "… " : "... ";
  const std::string after = "  " + duration_text(took);
  const std::size_t room = std::max<std::size_t>(columns() - 1, mark.size() + after.size() + 3) - after.size() - 6;
  const std::string line =
      cut_line(printable(count + (lists_ && headed_ == name ? "" : name + ": ") + jail.running), room);
  terminal_.err << "\r\x1b[K  " << mark << line << painted(after, Colour::dim, terminal_.err_style()) << std::flush;
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) terminal_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace jaild::client
