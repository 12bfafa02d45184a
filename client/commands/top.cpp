#include <algorithm>
#include <chrono>
#include <ostream>

#include "client/commands/options.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"
#include "client/screen.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct TopOptions {
  int interval_seconds = 2;
  int count = 0;  // pictures; 0: until the user ends it
  std::string sort = "cpu";
};

// One jail with what it uses: {"name", "status", "usage"?}.
json line_of(Session& session, const json& object) {
  const json* status = field_at(object, "/status");
  json line{{"name", text_at(object, "/name")}, {"status", status == nullptr ? json::object() : *status}};
  if (text_at(object, "/status/state") != "running") return line;
  const Result<Answer> usage = session.api().call({.route = RouteId::jail_usage, .name = text_at(object, "/name")});
  if (usage) line["usage"] = usage->body;  // one that stopped meanwhile has none
  return line;
}

double used(const json& line, const char* resource) {
  return decimal_at(line, (std::string("/usage/resources/") + resource).c_str(), -1);
}

void sort_lines(std::vector<json>& lines, const std::string& by) {
  const char* resource = by == "memory" ? "memoryuse" : "pcpu";
  const auto place = [&](const json& line) {
    return std::pair(by == "name" ? 0 : -used(line, resource), text_at(line, "/name"));
  };
  std::sort(lines.begin(), lines.end(),
            [&](const json& left, const json& right) { return place(left) < place(right); });
}

std::string amount(const json& line, const char* resource) {
  const double value = used(line, resource);
  return value < 0 ? "" : amount_text(resource, value);
}

void print_lines(Session& session, const std::vector<json>& lines) {
  const auto now = std::chrono::system_clock::now();
  Table table({"NAME", "STATE", "CPU%", "MEMORY", "PROCESSES", "THREADS", "FILES", "UPTIME"});
  for (const json& line : lines) {
    const std::string state = text_at(line, "/status/state");
    table.add({{text_at(line, "/name"), Colour::bold},
               {state, state_colour(state)},
               {amount(line, "pcpu")},
               {amount(line, "memoryuse")},
               {amount(line, "maxproc")},
               {amount(line, "nthr")},
               {amount(line, "openfiles")},
               {age_text(text_at(line, "/status/started_at"), now)}});
  }
  table.print(session.out(), session.terminal().out_style());
}

// One picture. Kind as the daemon's answer says.
Result<std::string> sketch(Session& session, const TopOptions& options) {
  const Result<json> jails = session.api().list();
  if (!jails) return Fail(jails.error());
  std::vector<json> lines;
  for (const json& object : array_at(*jails, "/items")) lines.push_back(line_of(session, object));
  sort_lines(lines, options.sort);
  if (session.json()) return json_line({{"items", lines}}) + "\n";
  Sketch picture(session);
  print_lines(picture.session(), lines);
  return picture.text();
}

ExitCode run_top(Session& session, const TopOptions& options) {
  Screen screen(session.terminal());
  for (int drawn = 0; options.count == 0 || drawn < options.count; ++drawn) {
    if (drawn > 0 && !screen.pause(std::chrono::seconds(options.interval_seconds))) return ExitCode::ok;
    const Result<std::string> picture = sketch(session, options);
    if (!picture) return session.fail("", picture.error());
    screen.show(*picture, session.json() ? "" : "\n");
    if (!session.out().good()) return ExitCode::ok;
  }
  return ExitCode::ok;
}

}  // namespace

void add_top(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* verb = app.add_subcommand("top", "Show what all jails use, again and again");
  verb->add_option("-i,--interval", options->interval_seconds, "Seconds between two pictures (2)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600).description(""));
  verb->add_option("-n,--count", options->count, "End after so many pictures")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1'000'000).description(""));
  verb->add_option("--sort", options->sort, "cpu (default), memory or name")
      ->type_name("BY")
      ->check(CLI::IsMember({"cpu", "memory", "name"}).description(""));
  verb->footer(
      "q or Ctrl-C ends it. CPU% is of one CPU. With -o json each picture is one line.\n\n"
      "  jailctl top --sort memory\n"
      "  jailctl top -n 1 -o json\n");
  choose(*verb, chosen, options, run_top);
}

}  // namespace jaild::client
