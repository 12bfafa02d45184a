// What the tests of the contract share: a host, and short ways to a spec and to its mistakes.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/validate.h"

namespace jaild::test {

inline HostProfile host_with_limits() {
  HostProfile host;
  host.host = "sim";
  host.os = "FreeBSD";
  host.release = "15.1-RELEASE";
  host.machine = "amd64";
  host.cpus = CpuList::first(4);
  host.memory_bytes = 8'000'000'000;
  host.racct = true;
  host.kernel_params = {"path", "allow.brand_new", "quantum.state"};
  return host;
}

inline nlohmann::json json_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value) ADD_FAILURE() << value.error().message << " in " << text;
  return value.value_or(nlohmann::json());
}

inline JailSpec spec_of(std::string_view text) {
  auto spec = parse_spec(json_of(text));
  if (!spec) ADD_FAILURE() << spec.error().message << " in " << text;
  return spec.value_or(JailSpec());
}

// A spec in which only `params` (without braces) differ from one that is valid.
inline std::string with_params(const std::string& params) {
  return R"({"params":{"path":"/jail/www","persist":true)" + (params.empty() ? "" : "," + params) + "}}";
}

inline std::vector<std::string> places(const std::vector<FieldError>& fields) {
  std::vector<std::string> out;
  for (const FieldError& field : fields) out.push_back(field.pointer);
  std::ranges::sort(out);
  return out;
}

// Where a whole document with this spec has mistakes, on host_with_limits().
inline std::vector<std::string> mistakes_in(const std::string& spec, const HostProfile& host = host_with_limits()) {
  const auto document = parse_jail_document(json_of(R"({"name":"www","spec":)" + spec + "}"), "", host);
  if (document) return {};
  EXPECT_EQ(document.error().kind, Kind::invalid);
  EXPECT_FALSE(document.error().message.empty());
  for (const FieldError& field : document.error().fields) EXPECT_FALSE(field.detail.empty()) << field.pointer;
  return places(document.error().fields);
}

using Places = std::vector<std::string>;

}  // namespace jaild::test
