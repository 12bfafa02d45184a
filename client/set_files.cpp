#include "client/set_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path extension = entry->path().extension();
    if (extension != ".json" && extension != ".conf") continue;
    if (files.size() == set_files_max) {
      return Fail(Kind::too_large, path + " has more than " + std::to_string(set_files_max) + " files");
    }
    files.push_back(entry->path().string());
  }
  if (error) return Fail(Kind::missing, path + ": " + error.message());
  if (files.empty()) return Fail(Kind::missing, path + " has no *.conf and no *.json file");
  std::sort(files.begin(), files.end());
  return files;
}

const Declaration& member_of(const SetFiles& set, std::size_t at) {
  const auto& [file, jail] = set.members[at];
  return set.files[file].jails[jail];
}

// What is twice in one file is told by the file's reader.
ExitCode check_names(Session& session, const SetFiles& set) {
  ExitCode code = ExitCode::ok;
  std::map<std::string, std::string> files;
  for (std::size_t at = 0; at < set.members.size(); ++at) {
    const std::string& name = member_of(set, at).name;
    const std::string& file = set.files[set.members[at].first].source.file;
    const auto [first, fresh] = files.emplace(name, file);
    if (!fresh) code = session.fail(name, ExitCode::usage, "is declared in " + first->second + " and in " + file);
  }
  return code;
}

// The labels that all jails have.
json shared_labels(const SetFiles& set) {
  json shared = json::object();
  for (std::size_t at = 0; at < set.members.size(); ++at) {
    const json* labels = field_at(member_of(set, at).body, "/spec/labels");
    if (labels == nullptr || !labels->is_object()) return json::object();
    if (at == 0) shared = *labels;
    json both = json::object();
    for (const auto& [key, value] : shared.items()) {
      if (labels->contains(key) && (*labels)[key] == value) both[key] = value;
    }
    shared = std::move(both);
  }
  return shared;
}

// "/jails/7/spec/cpuset" as 7 and "/spec/cpuset".
std::optional<std::pair<std::size_t, std::string>> member_place(const std::string& pointer) {
  constexpr std::string_view start = "/jails/";
  if (!pointer.starts_with(start)) return std::nullopt;
  std::size_t index = 0;
  const char* const end = pointer.data() + pointer.size();
  const auto [rest, error] = std::from_chars(pointer.data() + start.size(), end, index);
  if (error != std::errc()) return std::nullopt;
  return std::pair{index, std::string(rest, end)};
}

}  // namespace

ExitCode read_set(Session& session, const SetOptions& options, SetFiles& set) {
  const Result<std::vector<std::string>> paths = files_of(options.path);
  if (!paths) return session.usage(paths.error().message);
  ExitCode code = ExitCode::ok;
  for (const std::string& path : *paths) {
    LoadedFile& file = set.files.emplace_back();
    if (load_file(session, path, file) != ExitCode::ok) code = ExitCode::usage;
    for (std::size_t jail = 0; jail < file.jails.size(); ++jail) set.members.emplace_back(set.files.size() - 1, jail);
  }
  code = first_failure(code, check_names(session, set));
  if (code != ExitCode::ok) return code;

  json jails = json::array();
  for (std::size_t at = 0; at < set.members.size(); ++at) jails.push_back(member_of(set, at).body);
  set.body = {{"jails", std::move(jails)}};
  if (options.no_restart) set.body["restart"] = false;
  if (!options.prune) return ExitCode::ok;
  set.body["prune"] = shared_labels(set);
  if (!set.body["prune"].empty()) return ExitCode::ok;
  return session.usage(
      "--prune deletes what has the labels of the set and is not in it: give all its jails a label in common, such as "
      "\"labels\": {\"set\": \"shop\"}");
}

ExitCode refused(Session& session, const SetFiles& set, const Error& error) {
  std::map<std::size_t, Error> by_member;
  std::vector<FieldError> others;
  for (const FieldError& field : error.fields) {
    const auto place = member_place(field.pointer);
    if (!place || place->first >= set.members.size()) {
      others.push_back(field);
      continue;
    }
    Error& mine = by_member.try_emplace(place->first, Error{error.kind, error.message, 0, {}}).first->second;
    mine.fields.push_back({place->second, field.detail});
  }
  if (by_member.empty()) {
    const ExitCode code = session.fail("", error);
    return error.kind == Kind::invalid ? ExitCode::usage : code;
  }
  for (const auto& [at, mine] : by_member) {
    const auto& [file, jail] = set.members[at];
    refused(session, set.files[file], jail, mine);
  }
  for (const FieldError& field : others) session.warn("", field.pointer + ": " + field.detail);
  return ExitCode::usage;  // as with what the files' readers find
}

}  // namespace jaild::client
