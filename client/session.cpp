#include "client/session.h"

#include <ostream>

#include "api/contract/jail_spec.h"
#include "api/contract/utf8.h"
#include "client/fields.h"
#include "client/output.h"
#include "client/problem.h"
#include "client/suggest.h"

namespace jaild::client {

void Session::say(const std::string& jail, const std::string& message) {
  terminal_.out.flush();
  terminal_.err << "jailctl: ";
  if (!jail.empty() && message.compare(0, jail.size() + 2, jail + ": ") != 0) terminal_.err << printable(jail) << ": ";
  terminal_.err << printable(message) << '\n' << std::flush;
}

ExitCode Session::fail(const std::string& jail, const Error& error) {
  const bool about_the_way = error.os_errno != 0 || error.kind == Kind::unavailable;
  std::string next = advice(error, jail);
  if (error.kind == Kind::not_found && error.message.find(" has no generation ") != std::string::npos) {
    next = "`jailctl history " + jail + "` shows them";
  } else if (error.kind == Kind::not_found && !jail.empty()) {
    const std::vector<std::string> names = api_.similar_names(jail);
    next = names.empty() ? "`jailctl ls` lists the jails" : "did you mean " + alternatives(names) + "?";
  }
  // The daemon's sentence is the first of its mistakes, which would stand here twice.
  const std::size_t count = error.fields.size();
  const bool told = count > 0 && error.message.find(error.fields.front().detail) != std::string::npos;
  std::string what = told && count > 1 ? std::to_string(count) + " mistakes" : error.message;
  if (told && count == 1 && what.find(error.fields.front().pointer) == std::string::npos) {
    what = error.fields.front().pointer + ": " + what;
  }
  say(about_the_way ? "" : jail, next.empty() ? what : what + "; " + next);
  for (const FieldError& field : error.fields) {
    if (told && count == 1) break;
    terminal_.err << "  " << printable(field.pointer.empty() ? "the whole" : field.pointer) << ": "
                  << printable(field.detail) << '\n';
  }
  return exit_code(error.kind);
}

ExitCode Session::fail(const std::string& jail, ExitCode code, const std::string& message) {
  say(jail, message);
  return code;
}

void Session::warn(const std::string& jail, const std::string& message) {
  say(jail, message);
}

ExitCode Session::usage(const std::string& message) {
  say("", message);
  return ExitCode::usage;
}

ExitCode Session::check_utf8(const std::string& what, std::string_view text) {
  const auto problem = utf8_problem(text);
  if (!problem) return ExitCode::ok;
  return usage(what + " '" + std::string(text) + "' " + *problem + "; jaild takes UTF-8 only, nothing was done");
}

ExitCode Session::check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const auto problem = name_problem(name))
      return usage("'" + name + "' cannot be the name of a jail: " + *problem);
  }
  return ExitCode::ok;
}

void Session::print_objects(const std::vector<nlohmann::json>& objects) {
  if (!json_) return;
  nlohmann::json items = nlohmann::json::array();
  for (const nlohmann::json& object : objects) {
    const nlohmann::json* list = field_at(object, "/items");
    if (list == nullptr || !list->is_array()) {
      items.push_back(object);
    } else {
      items.insert(items.end(), list->begin(), list->end());
    }
  }
  print_json(terminal_.out, {{"items", std::move(items)}});
}

}  // namespace jaild::client
