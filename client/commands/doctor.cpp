#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <ostream>

#include "api/contract/json.h"
#include "client/commands/options.h"
#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"
#include "client/problem.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// ok; worth knowing; in the way of something.
enum class Health { good, noted, bad };

struct Finding {
  std::string check;
  Health health = Health::good;
  std::string says;
  std::string next = {};  // what to do about it
};

std::string_view word(Health health) {
  switch (health) {
    case Health::good: return "ok";
    case Health::noted: return "note";
    case Health::bad: return "BAD";
  }
  std::unreachable();
}

Colour colour(Health health) {
  switch (health) {
    case Health::good: return Colour::green;
    case Health::noted: return Colour::yellow;
    case Health::bad: return Colour::red;
  }
  std::unreachable();
}

// A clock that jumps moves restart delays in the log and the ends of tokens; what jaild waits for is measured
// otherwise.
constexpr std::chrono::seconds clock_off_max{5};

Finding check_clock(const json& readiness, WallTime here) {
  const std::optional<WallTime> there = parse_rfc3339(text_at(readiness, "/time"));
  if (!there) return {"clock", Health::noted, "the daemon does not tell its time"};
  const auto off = *there > here ? *there - here : here - *there;
  if (off <= clock_off_max) return {"clock", Health::good, "agrees with this one"};
  return {"clock", Health::bad,
          "the daemon's is " + duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(off)) +
              " away from this one",
          "set it with ntpd(8): events, tokens and certificates go by it"};
}

std::vector<Finding> check_readiness(const json& readiness) {
  std::vector<Finding> findings;
  const json* checks = field_at(readiness, "/checks");
  if (checks == nullptr || !checks->is_object()) return {{"store", Health::bad, "the daemon says nothing of itself"}};
  for (const auto& [name, value] : checks->items()) {
    const std::string says = shown(value);
    Finding finding{name, says == "ok" ? Health::good : Health::bad, says};
    if (says != "ok" && name == "racct") {
      finding.health = Health::noted;
      finding.next = "limits are refused and usage is not known until it is on";
    }
    if (says != "ok" && name == "store") {
      finding.next = "look at the free space and the health of the state directory; it is tried again with each write";
    }
    if (says.starts_with("off")) finding.health = Health::noted;
    findings.push_back(std::move(finding));
  }
  return findings;
}

// What this user may do, found by asking for something of each role that changes nothing.
Finding check_rights(Session& session) {
  const bool local = !session.api().connection().endpoint().socket.empty();
  const Result<Answer> admin = session.api().call({.route = RouteId::list_tokens, .query = "limit=1"});
  if (admin) return {"rights", Health::good, "you are an admin"};
  const Result<Answer> viewer = session.api().call({.route = RouteId::host});
  if (viewer) {
    return {"rights", Health::noted, "you may look, and perhaps start and stop, but not declare",
            local ? "--admin-user of jaild(8) gives more" : "a token with another role gives more"};
  }
  return {"rights", Health::bad, viewer.error().message,
          local ? "--viewer-user, --operator-group and the like of jaild(8) give a role"
                : "`jailctl token create` on the machine makes a token, JAILD_TOKEN_FILE names its file"};
}

std::vector<Finding> look_at_host(Session& session) {
  const Result<Answer> host = session.api().call({.route = RouteId::host});
  if (!host) return {};
  const std::vector<std::string> params = texts_at(host->body, "/kernel_params");
  const bool vnet = std::find(params.begin(), params.end(), "vnet") != params.end();
  const std::string name = text_at(host->body, "/os") + " " + text_at(host->body, "/release");
  std::vector<Finding> findings{{"host", Health::good, text_at(host->body, "/host") + " on " + name}};
  if (vnet) {
    findings.push_back({"vnet", Health::good, "jails may have a network stack of their own"});
  } else {
    findings.push_back({"vnet", Health::noted, "the host gives no jail a network stack of its own",
                        "jails use addresses of the host (ip4.addr); on FreeBSD options VIMAGE is in GENERIC"});
  }
  return findings;
}

// What is wrong with one jail, or what it left behind.
void check_jail(const json& jail, std::vector<Finding>& findings) {
  const std::string name = text_at(jail, "/name");
  const std::string state = text_at(jail, "/status/state");
  const std::string reason = text_at(jail, "/status/reason");
  if (const std::string since = text_at(jail, "/status/dying_since"); !since.empty()) {
    findings.push_back(
        {"leftovers", Health::noted, name + ": a former jail is dying since " + since,
         "a connection in TIME_WAIT or an open descriptor holds it and goes by itself, or a file system that was "
         "mounted inside it, which stays until somebody unmounts it: `mount` shows it below the jail's path"});
  }
  if (state == "failed" || state == "blocked" || state == "backoff") {
    const std::string next = text_at(jail, "/status/next_try_at");
    findings.push_back({"jails", Health::bad, name + " is " + state + (reason.empty() ? "" : ": " + reason),
                        (next.empty() ? "" : "tried again at " + next + "; ") + "`jailctl status " + name +
                            "` shows every step, `jailctl logs " + name + "` what it printed"});
  }
  if (state == "stopping" && !reason.empty()) {
    findings.push_back({"leftovers", Health::bad, name + " cannot be taken down: " + reason,
                        "it is tried again until it works; `jailctl status " + name + "` shows every step"});
  }
  if (!texts_at(jail, "/status/drift").empty()) {
    findings.push_back(
        {"jails", Health::noted, name + " differs from its declaration: " + joined(texts_at(jail, "/status/drift")),
         "somebody changed it behind jaild's back; `jailctl restart " + name + "` makes it as declared"});
  }
}

void check_log(const json& jail, std::vector<Finding>& findings) {
  const std::string name = text_at(jail, "/name");
  const std::string error = text_at(jail, "/status/log_error");
  const std::string lost = lost_lines_text(jail);
  if (!error.empty()) {
    findings.push_back({"logs", Health::bad,
                        "the log of " + name + " cannot be written: " + error + (lost.empty() ? "" : "; " + lost),
                        "what it prints is lost until the file can be written: look at the space and the health of the "
                        "disk of --log-dir, or of exec.consolelog"});
  } else if (!lost.empty()) {
    findings.push_back({"logs", Health::noted, "the log of " + name + " is not complete: " + lost,
                        "it printed more than --log-rate of jaild(8) allows, or the disk was full; `jailctl logs " +
                            name + "` says where lines are missing"});
  }
}

std::vector<Finding> check_jails(Session& session) {
  const Result<json> jails = session.api().list();
  if (!jails) return {};
  std::vector<Finding> findings;
  for (const json& jail : array_at(*jails, "/items")) {
    check_jail(jail, findings);
    check_log(jail, findings);
  }
  if (findings.empty()) findings.push_back({"jails", Health::good, "none is in trouble, nothing is left behind"});
  return findings;
}

// A stop may take this long by default, a start longer; what takes more is worth a look.
constexpr std::chrono::seconds task_time_max{120};

// What hangs, and what held the daemon up. Only admins are told.
std::vector<Finding> check_tasks(Session& session) {
  const Result<Answer> tasks = session.api().call({.route = RouteId::debug_tasks});
  if (!tasks) return {};
  std::vector<Finding> findings;
  for (const json& task : array_at(tasks->body, "/items")) {
    const double seconds = decimal_at(task, "/seconds");
    if (seconds < static_cast<double>(task_time_max.count())) continue;
    const auto since = std::chrono::milliseconds(static_cast<std::int64_t>(seconds) * 1000);
    const std::string step = text_at(task, "/step");
    findings.push_back({"tasks", Health::noted,
                        text_at(task, "/jail") + ": " + text_at(task, "/activity") + " for " + duration_text(since) +
                            (step.empty() ? "" : ", at " + step),
                        "exec.timeout and stop.timeout bound what its commands may take"});
  }
  if (findings.empty()) findings.push_back({"tasks", Health::good, "nothing hangs"});
  return findings;
}

// Why nobody answers, as far as it can be seen from here.
Finding check_socket(const Session& session, const Error& error) {
  const Endpoint& endpoint = session.api().connection().endpoint();
  Finding finding{"socket", Health::bad, error.message, advice(error, "")};
  if (endpoint.socket.empty()) {
    if (finding.next.empty()) finding.next = "is it the right port? `--listen` of jaild(8) opens it";
    return finding;
  }
  struct stat status{};
  if (::stat(endpoint.socket.c_str(), &status) != 0) return finding;
  if (!S_ISSOCK(status.st_mode)) {
    finding.next = endpoint.socket + " is no socket; --socket names another one";
  } else if (error.os_errno == ECONNREFUSED) {
    finding.next =
        "the socket is there and nobody listens: jaild ended without cleaning up; " + std::string(how_to_start());
  }
  return finding;
}

void print_findings(Session& session, const std::vector<Finding>& findings) {
  if (session.json()) {
    json items = json::array();
    for (const Finding& finding : findings) {
      json item{{"check", finding.check}, {"health", word(finding.health)}, {"says", finding.says}};
      if (!finding.next.empty()) item["next"] = finding.next;
      items.push_back(std::move(item));
    }
    print_json(session.out(), {{"items", std::move(items)}});
    return;
  }
  const Style style = session.terminal().out_style();
  for (const Finding& finding : findings) {
    const std::string mark(word(finding.health));
    session.out() << painted(mark, colour(finding.health), style) << std::string(6 - mark.size(), ' ')
                  << printable(finding.check) << ": " << printable(finding.says) << '\n';
    if (!finding.next.empty()) session.out() << "        " << printable(finding.next) << '\n';
  }
}

// With a daemon that answers at all.
std::vector<Finding> check_daemon(Session& session, const json& readiness) {
  std::vector<Finding> findings{
      {"socket", Health::good, "jaild answers at " + session.api().connection().endpoint().text()}};
  const auto add = [&findings](std::vector<Finding> more) {
    for (Finding& finding : more) findings.push_back(std::move(finding));
  };
  findings.push_back(check_rights(session));
  add(check_readiness(readiness));
  findings.push_back(check_clock(readiness, std::chrono::system_clock::now()));
  add(look_at_host(session));
  add(check_jails(session));
  add(check_tasks(session));
  return findings;
}

ExitCode run_doctor(Session& session) {
  const Result<Answer> readiness = session.api().call({.route = RouteId::readyz});
  if (!readiness) {
    print_findings(session, {check_socket(session, readiness.error())});
    return exit_code(readiness.error().kind);
  }
  const std::vector<Finding> findings = check_daemon(session, readiness->body);
  print_findings(session, findings);
  const bool well = std::none_of(findings.begin(), findings.end(),
                                 [](const Finding& finding) { return finding.health == Health::bad; });
  return well ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_doctor(CLI::App& app, Command& chosen) {
  CLI::App* verb = app.add_subcommand("doctor", "Look for what is wrong with jaild, its host and its jails");
  verb->footer(
      "Each line is ok, note or BAD, with what to do about it. Exit code 1 when something is bad, 8 when jaild\n"
      "does not answer.\n");
  verb->callback([&chosen] { chosen = run_doctor; });
}

}  // namespace jaild::client
