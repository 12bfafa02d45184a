#include <algorithm>
#include <ostream>
#include <set>

#include "api/contract/json.h"
#include "api/contract/rctl_rule.h"
#include "api/jailconf/files.h"
#include "client/commands/options.h"
#include "client/declaration_file.h"
#include "client/fields.h"
#include "client/jail_conf.h"
#include "client/output.h"
#include "client/rc_conf.h"

namespace jaild::client {

using jailconf::Declarations;
using jailconf::Declared;
using nlohmann::json;

namespace {

constexpr std::size_t rc_bytes_max = std::size_t{1} << 20;

struct ImportOptions {
  std::string file;
  std::string directory = "/etc";
  bool dry_run = false;
};

// What is to be said of a jail beside its declaration, for -o json.
struct Remark {
  std::string jail;
  std::string text;
};

// What the daemon has under the names of the files.
struct Present {
  std::set<std::string> declared;
  std::set<std::string> foreign;  // run, but jaild did not make them
};

std::string text_of(const std::string& path) {
  jailconf::DiskFiles disk;
  return disk.read(path, rc_bytes_max).value_or("");
}

Result<Present> look(Session& session) {
  const Result<json> list = session.api().list();
  if (!list) return Fail(list.error());
  Present present;
  for (const json& object : array_at(*list, "/items")) {
    const bool foreign = text_at(object, "/status/state") == "foreign";
    (foreign ? present.foreign : present.declared).insert(text_at(object, "/name"));
  }
  return present;
}

RcConf read_rc_conf(const std::string& directory) {
  RcConf conf;
  for (const char* name : {"/rc.conf", "/rc.conf.local", "/rc.conf.d/jail"}) {
    conf.read(directory + name, text_of(directory + name));
  }
  return conf;
}

// What boot made of the jail becomes autostart and priority; a comment of an export goes before it.
void add_boot_order(Declared& jail, const RcConf& conf) {
  if (conf.lines().empty()) return;
  json& spec = jail.body["spec"];
  if (!spec.contains("autostart")) {
    spec["autostart"] = conf.autostart(jail.name);
    if (!conf.autostart(jail.name)) jail.remarks.push_back("is not started at boot: rc.conf(5) does not start it");
  }
  const auto priority = conf.priority(jail.name);
  if (priority && !spec.contains("priority")) {
    spec["priority"] = *priority;
    jail.remarks.push_back("has priority " + std::to_string(*priority) + " by its place in jail_list");
  }
}

// Everything the daemon would refuse, found before anything is declared. Dependencies are judged here: those of the
// files are not declared yet.
std::vector<std::string> refusals(Session& session, const std::vector<Declared>& jails, const Present& present,
                                  Error& unreachable) {
  std::set<std::string> known = present.declared;
  for (const Declared& jail : jails) known.insert(jail.name);
  std::vector<std::string> mistakes;
  for (const Declared& jail : jails) {
    for (const std::string& name : jail.depends) {
      if (!known.contains(name)) {
        mistakes.push_back(jail.located("/spec/params/depend", "there is no jail " + name + ", here or in jaild"));
      }
    }
    if (present.foreign.contains(jail.name)) continue;  // judged when it has been adopted
    json body = jail.body;
    body["spec"]["params"].erase("depend");
    const Result<Answer> answer =
        session.api().call({.route = RouteId::put_jail, .name = jail.name, .query = "dry_run=1", .body = &body});
    if (answer) continue;
    if (answer.error().kind != Kind::invalid) {
      unreachable = answer.error();
      return mistakes;
    }
    for (std::string& line : located(jail, answer.error())) mistakes.push_back(std::move(line));
  }
  return mistakes;
}

void show_imported(Session& session, const std::vector<Declared>& jails, const Present& present) {
  for (const Declared& jail : jails) {
    const bool adopt = present.foreign.contains(jail.name);
    const bool replace = present.declared.contains(jail.name);
    session.out() << jail.name << ": "
                  << (adopt     ? "adopt the running jail"
                      : replace ? "replace the declaration"
                                : "declare")
                  << ", from " << printable(jail.place) << '\n';
    if (adopt) session.out() << "  the rctl rules that are in force for it stay and become rctl\n";
    for (const std::string& remark : jail.remarks) session.out() << "  " << printable(remark) << '\n';
  }
}

// Takes over a running jail as it is. Returns its rules, as the kernel has them. A jaild that cannot says so with 404
// or 405.
Result<std::vector<std::string>> adopt(Session& session, const std::string& name) {
  HttpRequest request{.method = "POST", .target = "/jails/" + percent_encode(name) + "/adopt"};
  const Result<HttpResponse> response = session.api().connection().call(request);
  if (!response) return Fail(response.error());
  if (response->status < 300) {
    const Result<json> object = parse_json(response->body);
    return object ? texts_at(*object, "/spec/rctl") : std::vector<std::string>();
  }
  if (response->status == 404 || response->status == 405) {
    return Fail(Kind::conflict,
                "it runs, and this jaild cannot adopt it: stop it with `jail -r " + name + "`, then import again");
  }
  return Fail(Kind::conflict, "it runs, and could not be adopted: HTTP " + std::to_string(response->status));
}

// Whatever set the rules of a running jail, a hook that import cannot read among them: none of them is lost by the
// import. Those that the file does not have become rctl, but where a deny of the file is for the same limit.
void keep_rules(Session& session, const std::string& name, const std::vector<std::string>& in_force, json& spec,
                std::vector<Remark>& remarks) {
  std::vector<RctlRule> wanted;
  for (const std::string& text : texts_at(spec, "/rctl")) {
    if (auto rule = RctlRule::parse(text)) wanted.push_back(std::move(*rule));
  }
  for (const std::string& text : in_force) {
    const auto rule = RctlRule::parse(text);
    const bool said = rule && std::ranges::any_of(wanted, [&](const RctlRule& each) { return each.replaces(*rule); });
    if (said) continue;
    spec["rctl"].push_back(text);
    remarks.push_back({name, "the rule " + text + " is in force and becomes rctl"});
    if (!session.json()) session.out() << name << ": " << printable(remarks.back().text) << '\n';
  }
}

// A jail that did not run is not started by being imported.
ExitCode declare_imported(Session& session, const std::vector<Declared>& jails, const Present& present,
                          std::vector<json>& objects, std::vector<Remark>& remarks) {
  ExitCode code = ExitCode::ok;
  for (const Declared& jail : jails) {
    json body = jail.body;
    const bool running = present.foreign.contains(jail.name);
    if (running) {
      const auto in_force = adopt(session, jail.name);
      if (!in_force) {
        code = first_failure(code, session.fail(jail.name, in_force.error()));
        if (hopeless(code)) return code;
        continue;
      }
      keep_rules(session, jail.name, *in_force, body["spec"], remarks);
    } else if (!present.declared.contains(jail.name)) {
      body["desired"] = "stopped";
    }
    const Result<Answer> answer = session.api().call({.route = RouteId::put_jail, .name = jail.name, .body = &body});
    if (!answer) {
      code = first_failure(code, session.fail(jail.name, answer.error()));
      if (hopeless(code)) return code;
      continue;
    }
    objects.push_back(answer->body);
    if (!session.json()) session.out() << jail.name << (running ? ": adopted, runs on\n" : ": declared\n");
  }
  return code;
}

// With -o json. The remarks stand beside the jails, so that what is printed is a file of up, plan and apply as well.
void print(Session& session, const std::vector<json>& objects, const std::vector<Remark>& remarks) {
  if (!session.json()) return;
  json listed = json::array();
  for (const Remark& remark : remarks) listed.push_back({{"name", remark.jail}, {"remark", remark.text}});
  print_json(session.out(), {{"items", objects}, {"remarks", std::move(listed)}});
}

// rc.d/jail would start the same jails a second time.
void say_what_to_remove(Session& session, const std::vector<Declared>& jails, const RcConf& conf) {
  if (session.json() || conf.lines().empty()) return;
  session.out() << "\nSo that rc.d/jail does not start them too, remove from rc.conf(5):\n";
  for (const RcLine& line : conf.lines()) {
    session.out() << "  " << line.file << ":" << line.line << ": " << printable(line.text) << '\n';
  }
  std::set<std::string> left;
  for (const std::string& name : conf.list()) left.insert(name);
  for (const Declared& jail : jails) left.erase(jail.name);
  if (left.empty()) {
    session.out() << "with: sysrc jail_enable=NO; sysrc -x jail_list\n";
    return;
  }
  std::string names;
  for (const std::string& name : left) names += (names.empty() ? "" : " ") + name;
  session.out() << "all but the jails that were not imported: sysrc jail_list=\"" << printable(names) << "\"\n";
}

ExitCode run_import(Session& session, const ImportOptions& options) {
  const std::string rctl_conf = text_of(options.directory + "/rctl.conf");
  Declarations declarations;
  if (options.file.empty()) {
    declarations = read_host_jail_conf(options.directory, rctl_conf);
  } else {
    const Result<SourceText> source = read_source(options.file, session.terminal().in);
    if (!source) return session.usage(source.error().message);
    declarations = read_jail_conf(source->file, source->text, rctl_conf);
  }
  if (const ExitCode wrong = report(session, declarations); wrong != ExitCode::ok) return wrong;
  std::vector<Declared>& jails = declarations.jails;
  if (jails.empty()) return session.usage("import: there is no jail in it");
  order_by_dependency(jails);
  const RcConf conf = read_rc_conf(options.directory);
  for (Declared& jail : jails) add_boot_order(jail, conf);

  const Result<Present> present = look(session);
  if (!present) return session.fail("", present.error());
  Error unreachable;
  const Declarations refused{{}, refusals(session, jails, *present, unreachable), {}};
  if (!unreachable.message.empty()) return session.fail("", unreachable);
  if (const ExitCode wrong = report(session, refused); wrong != ExitCode::ok) return wrong;
  if (!session.json()) show_imported(session, jails, *present);
  std::vector<json> objects;
  std::vector<Remark> remarks;
  for (const Declared& jail : jails) {
    for (const std::string& remark : jail.remarks) remarks.push_back({jail.name, remark});
  }
  if (options.dry_run) {
    for (const Declared& jail : jails) objects.push_back(jail.body);
    print(session, objects, remarks);
    return ExitCode::ok;
  }
  const ExitCode code = declare_imported(session, jails, *present, objects, remarks);
  print(session, objects, remarks);
  if (code == ExitCode::ok) say_what_to_remove(session, jails, conf);
  return code;
}

}  // namespace

void add_import(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* verb = app.add_subcommand("import", "Declare the jails of a jail.conf(5)");
  verb->add_option("FILE", options->file, "The file, - is standard input; default: /etc/jail.conf and /etc/jail.conf.d")
      ->type_name("");
  verb->add_option("--etc", options->directory, "Where jail.conf, rc.conf and rctl.conf are (/etc)")->type_name("DIR");
  add_dry_run(*verb, options->dry_run);
  verb->footer(
      "A jail of that name that runs is adopted and runs on; others are declared and not started. Limits in\n"
      "the hooks of the start and rctl.conf(5) become rctl and cpuset, the order of jail_list becomes\n"
      "priority. One mistake, and nothing is declared.\n\n"
      "  jailctl import -n                 show what would be declared, and what cannot be carried over\n"
      "  jailctl import                    all of this host's jails\n");
  choose(*verb, chosen, options, run_import);
}

}  // namespace jaild::client
