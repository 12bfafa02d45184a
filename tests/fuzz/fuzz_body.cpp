// Every JSON body of the interface: the first byte says which call it is for. What is accepted is written out and read
// back the same; what is refused has a sentence, and a pointer for each mistake.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

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

void document(const json& body, std::string_view name_in_path) {
  static const HostProfile profile = host();
  const auto read = parse_jail_document(body, name_in_path, profile);
  if (!read) return require_told(read.error());
  const json again = to_json(read->spec);
  const auto back = parse_spec(again);
  require(back.has_value());
  require(*back == read->spec);
  static_cast<void>(validate(read->name, read->spec, profile));
}

// As PATCH does it: merged into a jail that is there.
void patch(const json& body) {
  if (!body.is_object()) return;
  json merged{{"name", "www1"},
              {"desired", "running"},
              {"spec", {{"params", {{"path", "/jail/www1"}, {"persist", true}}}, {"rctl", {"memoryuse:deny=1g"}}}}};
  merged.merge_patch(body);
  document(merged, "www1");
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
  switch (data[0] % 4) {
    case 0: document(*body, ""); break;
    case 1: document(*body, "www1"); break;
    case 2: patch(*body); break;
    case 3: token(*body); break;
  }
  return 0;
}
