#include "client/jail_conf.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "client/dependency_order.h"
#include "client/output.h"

namespace jaild::client {
namespace {

using jailconf::Declarations;
using jailconf::Declared;

void append(std::vector<std::string>& list, const std::vector<std::string>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

// Adds the jails of a file that goes before those already there.
void put_in_front(Declarations& all, Declarations more, const std::string& file) {
  append(all.mistakes, more.mistakes);
  append(all.warnings, more.warnings);
  for (Declared& jail : more.jails) {
    const auto same = std::ranges::find(all.jails, jail.name, &Declared::name);
    if (same == all.jails.end()) {
      all.jails.push_back(std::move(jail));
      continue;
    }
    all.warnings.push_back(same->place + ": warning: jail " + jail.name + ": " + file + " goes before this");
    *same = std::move(jail);
  }
}

}  // namespace

bool looks_like_json(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[');
}

Declarations read_jail_conf(const std::string& file, const std::string& text, const std::string& rctl_conf) {
  jailconf::DiskFiles disk;
  jailconf::TextInFront files(file, text, disk);
  return jailconf::declare(jailconf::read_configuration(file, files), rctl_conf);
}

Declarations read_host_jail_conf(const std::string& directory, const std::string& rctl_conf) {
  jailconf::DiskFiles disk;
  Declarations all;
  std::set<std::string> read;
  const std::string main = directory + "/jail.conf";
  const auto there = disk.glob(main, 1);
  if (there && !there->empty()) {
    const jailconf::Configuration configuration = jailconf::read_configuration(main, disk);
    read.insert(configuration.files.begin(), configuration.files.end());
    all = jailconf::declare(configuration, rctl_conf);
  }
  for (const char* pattern : {"/jail.conf.d/*.conf", "/jail.*.conf"}) {
    const auto paths = disk.glob(directory + pattern, jailconf::Limits{}.files);
    if (!paths) all.mistakes.push_back(paths.error().message);
    for (const std::string& path : paths.value_or(std::vector<std::string>{})) {
      if (!read.insert(path).second) continue;
      put_in_front(all, jailconf::declare(jailconf::read_configuration(path, disk), rctl_conf), path);
    }
  }
  if (read.empty()) all.mistakes.push_back("there is no " + main + ", nor anything in " + directory + "/jail.conf.d");
  return all;
}

void order_by_dependency(std::vector<Declared>& jails) {
  std::vector<Dependent> dependents;
  for (const Declared& jail : jails) dependents.push_back({jail.name, jail.depends});
  std::vector<Declared> ordered;
  for (const std::size_t at : dependency_order(dependents)) ordered.push_back(std::move(jails[at]));
  jails = std::move(ordered);
}

ExitCode report(Session& session, const Declarations& declarations) {
  std::ostream& err = session.terminal().err;
  for (const std::string& warning : declarations.warnings) err << printable(warning) << '\n';
  for (const std::string& mistake : declarations.mistakes) err << printable(mistake) << '\n';
  if (declarations.mistakes.empty()) return ExitCode::ok;
  return session.usage("nothing was changed; mistakes: " + std::to_string(declarations.mistakes.size()));
}

std::vector<std::string> located(const Declared& jail, const Error& error) {
  std::vector<std::string> lines;
  for (const FieldError& field : error.fields) lines.push_back(jail.located(field.pointer, field.detail));
  if (lines.empty()) lines.push_back(jail.located("", error.message));
  return lines;
}

}  // namespace jaild::client
