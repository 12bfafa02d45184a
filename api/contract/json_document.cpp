#include "api/contract/json.h"
#include "api/contract/json_fields.h"
#include "api/contract/mistakes.h"
#include "api/contract/signal_name.h"
#include "api/contract/spec_reader.h"
#include "api/contract/spec_rules.h"

namespace jaild {
namespace {

using nlohmann::json;

void read_name(Fields& fields, std::string_view name_in_path, std::string& out, Mistakes& mistakes) {
  const std::string pointer = fields.at("name");
  out = name_in_path;
  if (fields.take("name") == nullptr) {
    if (name_in_path.empty()) {
      mistakes.add(pointer, "a jail needs a name");
    } else if (const auto problem = name_problem(name_in_path)) {
      mistakes.add("", "the name in the path: " + *problem);
    }
    return;
  }
  fields.read("name", out);
  if (mistakes.at(pointer)) return;
  if (const auto problem = name_problem(out)) {
    mistakes.add(pointer, *problem);
  } else if (!name_in_path.empty() && out != name_in_path) {
    mistakes.add(pointer, "is not the name in the path, " + in_quotes(name_in_path) + "; a jail is never renamed");
  }
}

struct Read {
  JailDocument document;
  bool has_spec = false;  // that could be read as one
};

// With `host`, all rules; without, those of the host only matter to a later validate(). `pointer`: where `body` stands.
Read read_document(const json& body, const std::string& pointer, std::string_view name_in_path, const HostProfile* host,
                   Mistakes& mistakes) {
  Read read;
  JailDocument& document = read.document;
  Fields fields(body, pointer, mistakes);
  if (!body.is_object()) return read;
  read_name(fields, name_in_path, document.name, mistakes);
  const std::string spec_pointer = fields.at("spec");
  const json* spec = fields.take("spec");
  if (spec != nullptr) {
    document.spec = read_spec(*spec, spec_pointer, mistakes);
  } else {
    mistakes.add(spec_pointer, "a jail needs a spec");
  }
  if (fields.take("desired") != nullptr)
    fields.choose("desired", document.desired.emplace(),
                  {{"running", Desired::running}, {"stopped", Desired::stopped}});
  fields.take("generation");
  fields.take("status");
  fields.refuse_rest();

  read.has_spec = spec != nullptr && !mistakes.at(spec_pointer);
  if (read.has_spec && (host != nullptr || !mistakes.empty()))
    check_relations(document.name, document.spec, spec_pointer, mistakes);
  if (read.has_spec && host != nullptr) check_host(document.spec, *host, spec_pointer, mistakes);
  return read;
}

Result<JailDocument> parse(const json& body, std::string_view name_in_path, const HostProfile* host,
                           const FurtherMistakes& further) {
  Mistakes mistakes;
  Read read = read_document(body, "", name_in_path, host, mistakes);
  if (mistakes.empty()) return std::move(read.document);
  if (read.has_spec && further) {
    for (auto& each : further(read.document.name, read.document.spec))
      mistakes.add(std::move(each.pointer), std::move(each.detail));
  }
  return Fail(mistakes.error());
}

void read_members(const json& jails, const std::string& pointer, const HostProfile& host, ChangeRequest& set,
                  Mistakes& mistakes) {
  if (!jails.is_array()) {
    mistakes.add(pointer, "expects a list of jails, not " + std::string(json_type(jails)));
    return;
  }
  if (jails.size() > set_members_max) {
    mistakes.add(pointer, "at most " + std::to_string(set_members_max) + " jails at once");
    return;
  }
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < jails.size(); ++i) {
    const std::string place = pointer_to(pointer, i);
    JailDocument document = read_document(jails[i], place, "", &host, mistakes).document;
    const auto [first, fresh] = places.emplace(document.name, i);
    if (!fresh && !document.name.empty()) {
      mistakes.add(pointer_to(place, "name"), "is declared twice; first at " + pointer_to(pointer, first->second));
    }
    set.changes.push_back({std::move(document.name), Put{std::move(document.spec), document.desired}});
  }
}

// Whether something that `pointer` is a part of could not be read: then what is said of it is not true.
bool is_part_of_mistake(const std::string& pointer, const Mistakes& mistakes) {
  for (std::size_t end = pointer.rfind('/'); end != std::string::npos && end > 0; end = pointer.rfind('/', end - 1)) {
    if (mistakes.at(pointer.substr(0, end))) return true;
  }
  return false;
}

}  // namespace

Result<JailDocument> parse_jail_document(const json& body, std::string_view name_in_path) {
  return parse(body, name_in_path, nullptr, {});
}

Result<JailDocument> parse_jail_document(const json& body, std::string_view name_in_path, const HostProfile& host,
                                         const FurtherMistakes& further) {
  return parse(body, name_in_path, &host, further);
}

Result<void> check_removals(const json& patch) {
  Mistakes mistakes;
  read_document(patch, "", "", nullptr, mistakes);
  Mistakes removals;
  for (FieldError& each : mistakes.take()) {
    if (!each.detail.ends_with(unknown_field)) continue;  // of a long name, it begins with that
    if (each.detail == unknown_field && !patch.at(json::json_pointer(each.pointer)).is_null()) continue;
    removals.add(std::move(each.pointer), std::move(each.detail));
  }
  if (removals.empty()) return {};
  return Fail(removals.error());
}

Result<ChangeRequest> parse_jail_set(const json& body, const HostProfile& host, const FurtherSetMistakes& further) {
  Mistakes mistakes;
  ChangeRequest set;
  set.is_set = true;
  set.restart = true;
  Fields fields(body, "", mistakes);
  if (!body.is_object()) return Fail(mistakes.error());
  if (const json* jails = fields.take("jails"); jails != nullptr) {
    read_members(*jails, fields.at("jails"), host, set, mistakes);
  } else {
    mistakes.add(fields.at("jails"), "a set needs its jails");
  }
  if (fields.take("prune") != nullptr) {
    fields.read("prune", set.prune);
    if (set.prune.empty() && !mistakes.at(fields.at("prune"))) {
      mistakes.add(fields.at("prune"), "needs at least one label that tells the set's jails apart");
    }
  }
  fields.read("restart", set.restart);
  fields.refuse_rest();
  if (mistakes.empty()) return set;
  if (further) {
    for (auto& each : further(set)) {
      if (!is_part_of_mistake(each.pointer, mistakes)) mistakes.add(std::move(each.pointer), std::move(each.detail));
    }
  }
  return Fail(mistakes.error());
}

// Tolerates unknown members: monitors of another version write these.
Result<LastExit> parse_last_exit(const json& body) {
  Mistakes mistakes;
  Fields fields(body, "", mistakes);
  LastExit exit;
  std::string at;
  fields.read("at", at);
  const auto time = parse_rfc3339(at);
  if (time) {
    exit.at = *time;
  } else {
    mistakes.add(fields.at("at"), "expects a time as in 2026-01-31T12:00:00Z");
  }
  if (int code = 0; fields.take("code") != nullptr) {
    fields.read("code", code);
    exit.code = code;
  }
  if (std::string name; fields.take("signal") != nullptr) {
    fields.read("signal", name);
    exit.signal = signal_number(name).value_or(0);
    if (exit.signal == 0) mistakes.add(fields.at("signal"), "expects the name of a signal");
  }
  fields.read("reason", exit.reason);
  if (!mistakes.empty()) return Fail(mistakes.error().in("exit record"));
  return exit;
}

}  // namespace jaild
