#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>

#include "api/contract/json.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/streaming.h"
#include "client/when.h"

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
  std::string until;
  std::optional<std::int64_t> start;
};

std::string query_of(const LogsOptions& options) {
  const auto when = parse_when(options.since, std::chrono::system_clock::now());
  const bool tail_here = !options.until.empty();  // the daemon's tail would be the end of the whole log
  return join_query({options.follow ? "follow=1" : "",
                     options.tail && !tail_here ? "tail=" + std::to_string(*options.tail) : "",
                     when ? "since=" + percent_encode(rfc3339(*when)) : "",
                     options.start ? "start=" + std::to_string(*options.start) : ""});
}

// Where lines of several jails come together; one thread for each jail writes here.
class Printer {
 public:
  Printer(Session& session, const LogsOptions& options) : session_(session), options_(options) {
    if (!options.until.empty()) until_ = parse_when(options.until, std::chrono::system_clock::now());
    for (const std::string& name : options.names) width_ = std::max(width_, name.size());
  }
  ~Printer() { end_line(); }
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  // After --until, as all that follows is.
  bool is_late(const json& line) const {
    return until_ && parse_rfc3339(text_at(line, "/at")).value_or(*until_) > *until_;
  }

  // False: nobody reads any more, or the line is late.
  bool print(const std::string& name, const std::string& text) {
    Result<json> line = parse_json(text);
    const std::lock_guard lock(mutex_);
    std::ostream& out = session_.out();
    if (!line) return out.good();
    if (is_late(*line)) return false;
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
  std::optional<WallTime> until_;
  std::mutex mutex_;
  std::string open_stream_;  // whose line has no end on the screen yet; "": none
};

// The lines of one jail's log on their way to the printer; with --tail and --until the last of them wait for the end.
class Lines {
 public:
  Lines(const std::string& name, const LogsOptions& options, Printer& printer)
      : name_(name), held_max_(options.until.empty() ? std::nullopt : options.tail), printer_(printer) {}

  // False: no more is wanted.
  bool take(std::string line) {
    if (!held_max_) return printer_.print(name_, line);
    if (const Result<json> read = parse_json(line); read && printer_.is_late(*read)) return false;
    held_.push_back(std::move(line));
    if (held_.size() > *held_max_) held_.pop_front();
    return true;
  }

  void finish() {
    for (const std::string& line : held_) printer_.print(name_, line);
    printer_.flush();
  }

 private:
  const std::string& name_;
  const std::optional<std::uint64_t> held_max_;
  std::deque<std::string> held_;
  Printer& printer_;
};

// The log of one jail, to its end.
ExitCode print_log(Session& session, const LogsOptions& options, const std::string& name, Printer& printer) {
  HttpRequest request = request_for(RouteId::jail_log, name, query_of(options));
  request.headers = {{"Accept", "application/x-ndjson"}};
  Lines lines(name, options, printer);
  std::string rest;
  bool read_on = true;
  const auto on_piece = [&](std::string_view piece) {
    rest += piece;
    std::size_t begin = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos && read_on; end = rest.find('\n', begin)) {
      if (end > begin) read_on = lines.take(rest.substr(begin, end - begin));
      begin = end + 1;
    }
    rest.erase(0, begin);
    printer.flush();
    return read_on && rest.size() < line_bytes_max;
  };
  const Result<void> ended = stream_body(session.api().connection(), std::move(request), on_piece);
  lines.finish();
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
  if (options.follow && !options.until.empty()) {
    return session.usage("logs: --follow goes on until it is ended, so --until cannot stand beside it");
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
  verb->add_option("-n,--tail", options->tail, "Only the last so many lines")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000).description(""));
  verb->add_option("--since", options->since,
                   "Only lines from this time on: 2026-01-31T12:00:00Z, 2026-01-31 12:00, 90s, 1h30m, 30d")
      ->type_name("TIME")
      ->check(a_time());
  verb->add_option("--until", options->until, "Only lines up to this time")->type_name("TIME")->check(a_time());
  verb->add_option("--start", options->start, "Only one start: 0 the latest, -1 the one before it, or its number")
      ->type_name("N");
  verb->add_flag("-t,--timestamps", options->timestamps, "Print the time and the step before each line");
  verb->footer(
      "With -o json each line is one object, with its time, start, step and stream.\n\n"
      "  jailctl logs -f web db\n"
      "  jailctl logs --start 0 -n 50 web\n"
      "  jailctl logs --since 2026-01-31 --until '2026-01-31 18:00' web\n");
  choose(*verb, chosen, options, run_logs);
}

}  // namespace jaild::client
