// Every JSON body of the interface, and the text messages of its WebSocket: the first byte says which call it is for.
// What is accepted is written out and read back the same; what is refused has a sentence, and a pointer for each
// mistake.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "api/contract/exec.h"
#include "api/contract/json.h"
#include "api/contract/token.h"
#include "api/contract/validate.h"

namespace {

using namespace jaild;
using nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_told(const Error& error) {
  require(!error.message.empty());
  const json shown = problem(error);
  require(!to_text(shown).empty());
  for (const FieldError& field : error.fields) {
    require(!field.detail.empty());
    require(field.pointer.empty() || field.pointer.front() == '/');
  }
}

HostProfile host() {
  HostProfile profile;
  profile.host = "sim";
  profile.os = "FreeBSD";
  profile.cpus = CpuList::first(8);
  profile.racct = true;
  profile.kernel_params = {"path", "host.hostname", "persist", "vnet", "securelevel", "allow.raw_sockets"};
  return profile;
}

void require_reads_back(const JailSpec& spec) {
  const auto back = parse_spec(to_json(spec));
  require(back.has_value());
  require(*back == spec);
}

void document(const json& body, std::string_view name_in_path) {
  static const HostProfile profile = host();
  const auto read = parse_jail_document(body, name_in_path, profile);
  if (!read) return require_told(read.error());
  require_reads_back(read->spec);
  require(validate(read->name, read->spec, profile).empty());
}

// As PATCH does it: merged into a jail that is there.
void patch(const json& body) {
  if (!body.is_object()) return;
  if (const auto removals = check_removals(body); !removals) return require_told(removals.error());
  json merged{{"name", "www1"},
              {"desired", "running"},
              {"spec", {{"params", {{"path", "/jail/www1"}, {"persist", true}}}, {"rctl", {"memoryuse:deny=1g"}}}}};
  merged.merge_patch(body);
  document(merged, "www1");
}

void jail_set(const json& body) {
  static const HostProfile profile = host();
  const auto read = parse_jail_set(body, profile);
  if (!read) return require_told(read.error());
  require(!body.contains("prune") || !read->prune.empty());
  std::set<std::string_view> names;
  for (const Change& change : read->changes) {
    const JailSpec& spec = std::get<Put>(change.what).spec;
    require(names.insert(change.name).second);
    require_reads_back(spec);
    require(validate(change.name, spec, profile).empty());
  }
}

void command(const json& body, ExecWay way) {
  const auto read = parse_exec_request(body, way);
  if (!read) return require_told(read.error());
  require(way == ExecWay::stream || (!read->command.empty() && !read->terminal));
  require(read->timeout <= exec_timeout_max);
  const json written = to_json(*read);
  const auto back = parse_exec_request(written, way);
  require(back.has_value());
  require(to_json(*back) == written);
}

void control(std::string_view message) {
  const auto read = parse_exec_control(message);
  if (!read) return require_told(read.error());
  if (const auto* size = std::get_if<TerminalSize>(&*read)) require(size->columns > 0 && size->rows > 0);
  if (const auto* signal = std::get_if<ExecSignal>(&*read)) require(signal->number > 0);
}

void token(const json& body) {
  const auto read = parse_token_request(body);
  if (!read) return require_told(read.error());
  require(!read->name.empty() && read->name.size() <= token_name_max && read->role != Role::none);
  if (read->expires_in) require(*read->expires_in <= token_lifetime_max);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto body = parse_json(text);
  if (!body) {
    require_told(body.error());
    return 0;
  }
  switch (data[0] % 8) {
    case 0: document(*body, ""); break;
    case 1: document(*body, "www1"); break;
    case 2: patch(*body); break;
    case 3: token(*body); break;
    case 4: jail_set(*body); break;
    case 5: command(*body, ExecWay::once); break;
    case 6: command(*body, ExecWay::stream); break;
    case 7: control(text); break;
  }
  return 0;
}
