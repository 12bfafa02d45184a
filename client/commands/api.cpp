#include <algorithm>
#include <cctype>
#include <ostream>

#include "api/contract/json.h"
#include "api/contract/utf8.h"
#include "client/commands/options.h"
#include "client/declaration_file.h"
#include "client/output.h"
#include "client/problem.h"

namespace jaild::client {

namespace {

// Longer than the longest ?wait=, which is 600 s.
constexpr std::chrono::seconds silence_max{660};
// As much of an answer as is kept to judge it by; all of it is printed.
constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;

struct ApiOptions {
  std::string method;
  std::string path;
  std::string data;
  bool has_data = false;
  std::vector<std::string> headers;
  bool head = false;
};

std::string trimmed(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

Result<HttpRequest> build_call(Session& session, const ApiOptions& options) {
  HttpRequest request;
  request.method = options.method;
  std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  request.target = options.path.front() == '/' ? options.path : "/" + options.path;
  request.timeout = silence_max;
  bool typed = false;
  for (const std::string& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0)
      return Fail(Kind::invalid, "-H takes 'Name: value', not '" + header + "'");
    request.headers.emplace_back(header.substr(0, colon), trimmed(header.substr(colon + 1)));
    std::string name = header.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    typed = typed || name == "content-type";
  }
  if (!options.has_data) return request;
  request.body = options.data;
  if (!options.data.empty() && options.data.front() == '@') {
    Result<SourceText> source = read_source(options.data.substr(1), session.terminal().in);
    if (!source) return Fail(source.error());
    request.body = std::move(source->text);
  }
  if (!typed) request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

void print_head(Session& session, const HttpResponse& head) {
  session.out() << "HTTP " << head.status << '\n';
  for (const auto& [name, value] : head.headers) session.out() << printable(name) << ": " << printable(value) << '\n';
  session.out() << '\n';
}

// -o json: JSON as JSON, anything else as one JSON string.
void print_as_json(Session& session, const std::string& body) {
  if (body.empty()) return;
  const Result<nlohmann::json> parsed = parse_json(body);
  if (parsed) return print_json(session.out(), *parsed);
  print_json(session.out(), ill_formed_at(body) ? printable_lines(body) : body);
}

ExitCode run_api(Session& session, const ApiOptions& options) {
  if (options.path.empty()) return session.usage("api: the path is empty");
  const Result<HttpRequest> request = build_call(session, options);
  if (!request) {
    const bool usage = request.error().kind == Kind::invalid;
    return usage ? session.usage("api: " + request.error().message) : session.fail("", request.error());
  }
  HttpResponse response;
  const auto on_head = [&](const HttpResponse& head) {
    response = head;
    if (options.head) print_head(session, head);
    return true;
  };
  // Printed as it comes, so that /events can be watched; on a terminal without what could drive it.
  const auto on_piece = [&](std::string_view piece) {
    if (session.json() || response.body.size() < kept_bytes_max) response.body += piece;
    if (session.json()) return response.body.size() < response_bytes_max;
    if (session.terminal().out_tty) {
      session.out() << printable_lines(piece) << std::flush;
    } else {
      session.out() << piece << std::flush;
    }
    return session.out().good();
  };
  const Result<void> done = session.api().connection().stream(*request, on_head, on_piece);
  if (session.json()) print_as_json(session, response.body);
  if (!session.json() && session.terminal().out_tty && !response.body.empty()) session.out() << '\n';
  if (!done && done.error().kind == Kind::invalid) return session.usage("api: " + done.error().message);
  if (!done) return session.fail("", done.error());
  return response.status >= 400 ? exit_code(error_from(response).kind) : ExitCode::ok;
}

}  // namespace

void add_api(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ApiOptions>();
  CLI::App* verb = app.add_subcommand("api", "Make any HTTP call to jaild and print the answer");
  verb->add_option("METHOD", options->method, "GET, POST, PUT, PATCH, DELETE...")->type_name("")->required();
  verb->add_option("PATH", options->path, "The path with its query, already percent-encoded")
      ->type_name("")
      ->required();
  CLI::Option* data = verb->add_option("-d,--data", options->data, "The body; @FILE reads it, @- from standard input");
  data->type_name("BODY");
  verb->add_option("-H,--header", options->headers, "One more header (repeatable)")
      ->type_name("'NAME: VALUE'")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // what follows the header is METHOD and PATH
  verb->add_flag("-i,--include", options->head, "Print the status and the headers too");
  verb->footer(
      "The exit code tells the status: 0 below 400, else that of the problem.\n\n"
      "  jailctl api GET /jails/web\n"
      "  jailctl api PATCH /jails/web -d '{\"spec\":{\"priority\":10}}' -H 'If-Match: \"3\"'\n"
      "  jailctl api GET '/metrics'\n");
  verb->callback([&chosen, options, data] {
    options->has_data = data->count() > 0;
    chosen = [options](Session& session) { return run_api(session, *options); };
  });
}

}  // namespace jaild::client
