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

// With `host`, all rules; without, those of the host only matter to a later validate().
Result<JailDocument> parse(const json& body, std::string_view name_in_path, const HostProfile* host,
                           const FurtherMistakes& further) {
  Mistakes mistakes;
  JailDocument document;
  Fields fields(body, "", mistakes);
  if (!body.is_object()) return Fail(mistakes.error());
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

  const bool spec_read = spec != nullptr && !mistakes.at(spec_pointer);
  if (spec_read && (host != nullptr || !mistakes.empty()))
    check_relations(document.name, document.spec, spec_pointer, mistakes);
  if (spec_read && host != nullptr) check_host(document.spec, *host, spec_pointer, mistakes);
  if (mistakes.empty()) return document;
  if (spec_read && further) {
    for (auto& each : further(document.name, document.spec))
      mistakes.add(std::move(each.pointer), std::move(each.detail));
  }
  return Fail(mistakes.error());
}

}  // namespace

Result<JailDocument> parse_jail_document(const json& body, std::string_view name_in_path) {
  return parse(body, name_in_path, nullptr, {});
}

Result<JailDocument> parse_jail_document(const json& body, std::string_view name_in_path, const HostProfile& host,
                                         const FurtherMistakes& further) {
  return parse(body, name_in_path, &host, further);
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
