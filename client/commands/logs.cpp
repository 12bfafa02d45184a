#include <charconv>
#include <chrono>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>

#include "api/contract/json.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/streaming.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// Followed at once, each over a connection of its own; jaild serves 64 streams in all.
constexpr std::size_t followed_max = 32;
constexpr std::size_t line_bytes_max = std::size_t{1} << 20;

struct LogsOptions {
  std::vector<std::string> names;
  bool follow = false;
  bool timestamps = false;
  std::optional<std::uint64_t> tail;
  std::string since;
  std::optional<std::int64_t> start;
};

// "90s", "10m", "2h", "3d" before now, or a time; as RFC 3339. nullopt: neither.
std::optional<std::string> absolute_time(const std::string& text, WallTime now) {
  if (parse_rfc3339(text)) return text;
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string unit(stop, text.data() + text.size());
  constexpr std::int64_t count_max = 1'000'000;
  if (error != std::errc() || count < 0 || count > count_max || unit.size() != 1) return std::nullopt;
  const std::size_t which = std::string_view("smhd").find(unit);
  if (which == std::string_view::npos) return std::nullopt;
  constexpr std::chrono::seconds units[]{std::chrono::seconds(1), std::chrono::minutes(1), std::chrono::hours(1),
                                         std::chrono::hours(24)};
  return rfc3339(now - count * units[which]);
}

std::string query_of(const LogsOptions& options) {
  const auto when = absolute_time(options.since, std::chrono::system_clock::now());
  return join_query({options.follow ? "follow=1" : "", options.tail ? "tail=" + std::to_string(*options.tail) : "",
                     when ? "since=" + percent_encode(*when) : "",
                     options.start ? "start=" + std::to_string(*options.start) : ""});
}

// Where lines of several jails come together; one thread for each jail writes here.
class Printer {
 public:
  Printer(Session& session, const LogsOptions& options) : session_(session), options_(options) {
    for (const std::string& name : options.names) width_ = std::max(width_, name.size());
  }
  ~Printer() { end_line(); }
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  // False: nobody reads any more.
  bool print(const std::string& name, const std::string& text) {
    Result<json> line = parse_json(text);
    const std::lock_guard lock(mutex_);
    std::ostream& out = session_.out();
    if (!line) return out.good();
    if (session_.json()) {
      (*line)["jail"] = name;
      out << json_line(*line) << '\n';
      return out.good();
    }
    const std::string stream = name + " " + std::to_string(number_at(*line, "/start").value_or(0)) + " " +
                               text_at(*line, "/phase") + " " + text_at(*line, "/stream");
    const bool goes_on = open_stream_ == stream;
    if (!goes_on) end_line();
    if (!goes_on) print_head(name, *line);
    // What a jail prints must not drive the terminal; who reads from a pipe gets it as it is.
    const std::string content = text_at(*line, "/text");
    out << (session_.terminal().out_tty ? printable_lines(content) : content);
    open_stream_ = stream;
    const auto partial = line->find("partial");
    if (partial == line->end() || *partial != true) end_line();
    return out.good();
  }

  void flush() {
    const std::lock_guard lock(mutex_);
    session_.out() << std::flush;
  }

  ExitCode fail(const std::string& name, const Error& error) {
    const std::lock_guard lock(mutex_);
    end_line();
    return session_.fail(name, error);
  }

 private:
  void print_head(const std::string& name, const json& line) {
    std::ostream& out = session_.out();
    const Style style = session_.terminal().out_style();
    if (options_.names.size() > 1) {
      out << painted(printable(name) + std::string(width_ - name.size(), ' ') + " |", Colour::bold, style) << ' ';
    }
    if (options_.timestamps) {
      out << painted(printable(text_at(line, "/at")) + " " + printable(text_at(line, "/phase")), Colour::dim, style)
          << ' ';
    }
  }
  void end_line() {
    if (!open_stream_.empty()) session_.out() << '\n';
    open_stream_.clear();
  }

  Session& session_;
  const LogsOptions& options_;
  std::size_t width_ = 0;
  std::mutex mutex_;
  std::string open_stream_;  // whose line has no end on the screen yet; "": none
};

// The log of one jail, to its end.
ExitCode print_log(Session& session, const LogsOptions& options, const std::string& name, Printer& printer) {
  HttpRequest request = request_for(RouteId::jail_log, name, query_of(options));
  request.headers = {{"Accept", "application/x-ndjson"}};
  std::string rest;
  bool read_on = true;
  const auto on_piece = [&](std::string_view piece) {
    rest += piece;
    std::size_t begin = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos && read_on; end = rest.find('\n', begin)) {
      if (end > begin) read_on = printer.print(name, rest.substr(begin, end - begin));
      begin = end + 1;
    }
    rest.erase(0, begin);
    printer.flush();
    return read_on && rest.size() < line_bytes_max;
  };
  const Result<void> ended = stream_body(session.api().connection(), std::move(request), on_piece);
  return ended || !read_on ? ExitCode::ok : printer.fail(name, ended.error());
}

ExitCode follow_all(Session& session, const LogsOptions& options, Printer& printer) {
  std::vector<ExitCode> codes(options.names.size(), ExitCode::ok);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    threads.emplace_back([&, i] { codes[i] = print_log(session, options, options.names[i], printer); });
  }
  ExitCode code = ExitCode::ok;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    threads[i].join();
    code = first_failure(code, codes[i]);
  }
  return code;
}

ExitCode run_logs(Session& session, const LogsOptions& options) {
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  if (!options.since.empty() && !absolute_time(options.since, std::chrono::system_clock::now())) {
    return session.usage("logs: --since takes a time such as 2026-01-31T12:00:00Z, or 90s, 10m, 2h, 3d, not '" +
                         options.since + "'");
  }
  if (options.follow && options.names.size() > followed_max) {
    return session.usage("logs: at most " + std::to_string(followed_max) + " jails can be followed at once");
  }
  Printer printer(session, options);
  if (options.follow && options.names.size() > 1) return follow_all(session, options, printer);
  ExitCode code = ExitCode::ok;
  for (const std::string& name : options.names) {
    code = first_failure(code, print_log(session, options, name, printer));
    if (hopeless(code) || !session.out().good()) break;
  }
  return code;
}

}  // namespace

void add_logs(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<LogsOptions>();
  CLI::App* verb = app.add_subcommand("logs", "Show what jails and their hooks printed");
  add_names(*verb, options->names, "Jails; of several each line begins with its jail")->required();
  verb->add_flag("-f,--follow", options->follow, "Go on with lines as they are printed, also over restarts");
  verb->add_option("--tail", options->tail, "Only the last so many lines")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000).description(""));
  verb->add_option("--since", options->since, "Only lines from this time on: 2026-01-31T12:00:00Z, or 90s, 10m, 2h, 3d")
      ->type_name("TIME");
  verb->add_option("--start", options->start, "Only one start: 0 the latest, -1 the one before it, or its number")
      ->type_name("N");
  verb->add_flag("-t,--timestamps", options->timestamps, "Print the time and the step before each line");
  verb->footer(
      "With -o json each line is one object, with its time, start, step and stream.\n\n"
      "  jailctl logs -f web db\n"
      "  jailctl logs --start 0 --tail 50 web\n");
  choose(*verb, chosen, options, run_logs);
}

}  // namespace jaild::client
