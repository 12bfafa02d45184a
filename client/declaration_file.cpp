#include "client/declaration_file.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <system_error>

#include "api/contract/json.h"
#include "client/dependency_order.h"
#include "client/fields.h"
#include "client/json_position.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

Result<std::string> read_all(std::istream& in, const std::string& file) {
  std::string text;
  char piece[16384];
  while (in.read(piece, sizeof piece), in.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(in.gcount()));
    if (text.size() > file_bytes_max) {
      return Fail(Kind::too_large, file + ": larger than " + std::to_string(file_bytes_max >> 20) + " MiB");
    }
  }
  if (in.bad()) return Fail(Kind::missing, file + ": cannot be read");
  return text;
}

// The name of the list in the file: {"jails":[...]} as /apply takes it, {"items":[...]} as GET /jails and -o json give
// it (import with "remarks" beside it); "" where the file is a list or one object.
std::string list_name(const json& file) {
  for (const char* name : {"jails", "items"}) {
    if (file.is_object() && file.contains(name)) return name;
  }
  return "";
}

// What jaild only shows: a foreign jail in a list of all has no declaration to put.
bool is_foreign(const json& element) {
  return text_at(element, "/status/state") == "foreign" && field_at(element, "/spec") == nullptr;
}

// The elements of the file with their pointers.
std::vector<std::pair<std::string, const json*>> elements_of(const json& file) {
  std::vector<std::pair<std::string, const json*>> elements;
  const std::string name = list_name(file);
  const json& list = name.empty() ? file : file[name];
  if (!list.is_array()) return {{"", &file}};
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (is_foreign(list[at])) continue;
    elements.emplace_back((name.empty() ? "/" : "/" + name + "/") + std::to_string(at), &list[at]);
  }
  return elements;
}

void check_set(const json& file, Error& error) {
  const std::string name = list_name(file);
  if (name.empty()) return;
  for (const auto& [key, value] : file.items()) {
    const bool of_a_list = name == "items" && (key == "event" || key == "remarks");
    if (key != name && !of_a_list) error.fields.push_back({"/" + key, "unknown field beside \"" + name + "\""});
  }
  if (!file[name].is_array()) error.fields.push_back({"/" + name, "must be a list of jails"});
}

// As it is declared: what jaild added when it showed the jail says nothing to it.
json declaration_of(const json& element) {
  json body = element;
  body.erase("generation");
  body.erase("status");
  return body;
}

}  // namespace

Result<SourceText> read_source(const std::string& path, std::istream& in) {
  SourceText source{path == "-" ? "stdin" : path, ""};
  std::ifstream file;
  if (path != "-") {
    errno = 0;
    file.open(path, std::ios::binary);
    if (!file) return Fail(Kind::missing, path + ": " + std::generic_category().message(errno));
  }
  Result<std::string> text = read_all(path == "-" ? in : file, source.file);
  if (!text) return Fail(text.error());
  source.text = std::move(*text);
  return source;
}

Result<std::vector<Declaration>> parse_declarations(std::string_view text) {
  const Result<json> file = parse_json(text);
  if (!file) return Fail(file.error());
  Error mistakes{Kind::invalid, "the file has mistakes", 0, {}};
  check_set(*file, mistakes);
  if (!mistakes.fields.empty()) return Fail(mistakes);
  std::vector<Declaration> jails;
  std::vector<Dependent> dependents;
  std::set<std::string> names;
  for (const auto& [pointer, body] : elements_of(*file)) {
    const Result<JailDocument> document = parse_jail_document(*body, "");
    if (!document) {
      const std::vector<FieldError>& found = document.error().fields;
      for (const FieldError& field : found) mistakes.fields.push_back({pointer + field.pointer, field.detail});
      if (found.empty()) mistakes.fields.push_back({pointer, document.error().message});
      continue;
    }
    if (!names.insert(document->name).second) {
      mistakes.fields.push_back({pointer + "/name", "the file declares " + document->name + " twice"});
    }
    const bool start = document->desired != Desired::stopped;
    jails.push_back({document->name, pointer, declaration_of(*body), start});
    dependents.push_back({document->name, document->spec.list("depend")});
  }
  if (!mistakes.fields.empty()) return Fail(mistakes);
  if (jails.empty()) return Fail(Kind::invalid, "the file declares no jail");
  std::vector<Declaration> ordered;
  for (const std::size_t at : dependency_order(dependents)) ordered.push_back(std::move(jails[at]));
  return ordered;
}

ExitCode fail_at(Session& session, const std::string& jail, const SourceText& source, const Error& error,
                 const std::string& base) {
  if (error.kind == Kind::bad_json) {
    return session.fail(jail, exit_code(error.kind), located_syntax_error(source.file, source.text, error));
  }
  if (error.kind != Kind::invalid) return session.fail(jail, error);
  session.warn(jail, source.file + ": " + (error.fields.empty() ? error.message : "nothing was changed by it:"));
  for (const std::string& line : located_mistakes(source.file, source.text, error, base)) {
    if (!error.fields.empty()) session.terminal().err << "  " << printable(line) << '\n';
  }
  return exit_code(error.kind);
}

}  // namespace jaild::client
