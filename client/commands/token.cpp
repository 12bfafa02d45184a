#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>
#include <system_error>

#include "api/contract/token.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct CreateOptions {
  std::string name;
  std::string role;
  long long expires_seconds = 0;  // 0: never
  std::string file;
};

struct RemoveOptions {
  std::vector<std::string> tokens;  // ids or names
};

// Writes the secret to a new file that only its owner may read. Never over another file: it may be the token in use.
Result<void> write_secret(int descriptor, const std::string& path, const std::string& secret) {
  const std::string line = secret + "\n";
  const bool whole = ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int why = errno;
  if (::close(descriptor) == 0 && whole) return {};
  return Fail(Kind::host_refused, path + ": " + std::generic_category().message(why), why);
}

// Opened before the token is made: a secret that nobody could keep would be lost.
Result<int> open_secret_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor >= 0) return descriptor;
  return Fail(Kind::host_refused, path + ": " + std::generic_category().message(errno), errno);
}

ExitCode run_create(Session& session, const CreateOptions& options) {
  if (const ExitCode wrong = session.check_utf8("token create:", options.name); wrong != ExitCode::ok) return wrong;
  int descriptor = -1;
  if (!options.file.empty()) {
    const Result<int> opened = open_secret_file(options.file);
    if (!opened) return session.fail("", opened.error());
    descriptor = *opened;
  }
  json body{{"name", options.name}, {"role", options.role}};
  if (options.expires_seconds > 0) body["expires_in_seconds"] = options.expires_seconds;
  const Result<Answer> made = session.api().call({.route = RouteId::create_token, .body = &body});
  if (!made) {
    if (descriptor >= 0) {
      ::close(descriptor);
      ::unlink(options.file.c_str());
    }
    return session.fail("", made.error());
  }
  json shown = made->body;
  const std::string secret = text_at(shown, "/secret");
  if (descriptor >= 0) {
    const Result<void> written = write_secret(descriptor, options.file, secret);
    if (!written) return session.fail("", written.error());
    shown.erase("secret");
  }
  if (session.json()) {
    print_json(session.out(), shown);
  } else if (descriptor >= 0) {
    session.out() << text_at(shown, "/id") << '\n';
  } else {
    session.out() << printable(secret) << '\n';
    session.warn("",
                 "this is shown once; keep it in a file that only its user may read, and name that file in "
                 "JAILD_TOKEN_FILE");
  }
  return ExitCode::ok;
}

ExitCode run_list(Session& session) {
  const Result<json> tokens = session.api().tokens();
  if (!tokens) return session.fail("", tokens.error());
  if (session.json()) {
    print_json(session.out(), *tokens);
    return ExitCode::ok;
  }
  Table table({"ID", "NAME", "ROLE", "CREATED", "EXPIRES", "LAST USED"});
  for (const json& token : array_at(*tokens, "/items")) {
    table.add({{text_at(token, "/id")},
               {text_at(token, "/name")},
               {text_at(token, "/role")},
               {text_at(token, "/created_at")},
               {text_at(token, "/expires_at")},
               {text_at(token, "/last_used_at")}});
  }
  table.print(session.out(), session.terminal().out_style());
  return ExitCode::ok;
}

// The id of the token that `word` names: an id as it is, a name as the daemon's list has it. Names are unique.
Result<std::string> id_of(const json& tokens, const std::string& word) {
  for (const json& token : array_at(tokens, "/items")) {
    if (text_at(token, "/id") == word || text_at(token, "/name") == word) return text_at(token, "/id");
  }
  return Fail(Kind::not_found, "there is no token '" + word + "'; `jailctl token ls` shows them");
}

// One wrong word, and nothing is deleted.
ExitCode run_remove(Session& session, const RemoveOptions& options) {
  const Result<json> tokens = session.api().tokens();
  if (!tokens) return session.fail("", tokens.error());
  std::vector<std::string> ids;
  for (const std::string& word : options.tokens) {
    Result<std::string> id = id_of(*tokens, word);
    if (!id) return session.fail("", id.error());
    ids.push_back(std::move(*id));
  }
  for (const std::string& id : ids) {
    const Result<Answer> gone = session.api().call({.route = RouteId::delete_token, .name = id});
    if (!gone) return session.fail("", gone.error());
  }
  return ExitCode::ok;
}

void add_create(CLI::App& token, Command& chosen) {
  auto options = std::make_shared<CreateOptions>();
  CLI::App* verb = token.add_subcommand("create", "Make a token and print it, once");
  verb->add_option("NAME", options->name, "What it is for; unique")->type_name("")->required();
  verb->add_option("--role", options->role, "viewer, operator or admin")
      ->type_name("ROLE")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "admin"}).description(""));
  verb->add_option("--expires", options->expires_seconds, "Seconds until it is of no use any more; never, if not given")
      ->type_name("SECONDS")
      ->check(CLI::Range(1LL, static_cast<long long>(token_lifetime_max.count())).description(""));
  verb->add_option("--out", options->file, "Write it to this new file, mode 0600, and print its id instead")
      ->type_name("FILE");
  verb->footer(
      "  jailctl token create prometheus --role viewer --out /root/prometheus.token\n"
      "  JAILD_TOKEN_FILE=/root/prometheus.token jailctl --url http://127.0.0.1:8080 ls\n");
  choose(*verb, chosen, options, run_create);
}

}  // namespace

void add_token(CLI::App& app, Command& chosen) {
  CLI::App* token = app.add_subcommand("token", "Make, list and delete bearer tokens for access over TCP");
  token->require_subcommand(1);
  add_create(*token, chosen);
  CLI::App* list = token->add_subcommand("ls", "List tokens, without their secrets");
  list->callback([&chosen] { chosen = run_list; });
  auto removal = std::make_shared<RemoveOptions>();
  CLI::App* remove = token->add_subcommand("rm", "Delete tokens; they are refused at once");
  remove->add_option("TOKEN", removal->tokens, "Ids or names as `jailctl token ls` shows them")
      ->type_name("")
      ->required();
  choose(*remove, chosen, removal, run_remove);
}

}  // namespace jaild::client
