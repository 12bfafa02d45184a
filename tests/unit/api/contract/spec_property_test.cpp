#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"
#include "tests/unit/api/contract/spec_generator.h"

namespace jaild {
namespace {

using test::json_of;
using test::SpecGenerator;

constexpr std::uint64_t property_seeds = 1500;

TEST(SpecProperty, EveryValidSpecReadsBackEqual) {  // R8.5, R12.3
  for (std::uint64_t seed = 0; seed < property_seeds; ++seed) {
    const JailSpec spec = SpecGenerator(seed).spec();
    const std::string text = to_text(to_json(spec));
    const auto mistakes = validate("www", spec, test::host_with_limits());
    ASSERT_TRUE(mistakes.empty()) << "seed " << seed << ": " << mistakes[0].pointer << ' ' << mistakes[0].detail;
    const auto read = parse_spec(json_of(text));
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message << " in " << text;
    ASSERT_EQ(*read, spec) << "seed " << seed << ": " << text;
    ASSERT_EQ(to_text(to_json(*read)), text) << "seed " << seed;
  }
}

// How a person may write what to_json() prints: lists of one as a string, numbers and booleans as jail.conf has them.
nlohmann::json as_jail_conf_has_it(const JailSpec& spec) {
  nlohmann::json body = to_json(spec);
  nlohmann::json& params = body["params"];
  nlohmann::json written = nlohmann::json::object();
  for (const auto& [name, value] : params.items()) {
    if (value.is_array() && value.size() == 1) {
      written[name] = value[0];
    } else if (value.is_number_integer()) {
      written[name] = std::to_string(value.get<std::int64_t>());
    } else if (value.is_boolean()) {
      const std::size_t last = name.rfind('.') + 1;  // 0 without a dot
      written[name.substr(0, last) + "no" + name.substr(last)] = value.get<bool>() ? "false" : "true";
    } else {
      written[name] = value;
    }
  }
  params = written;
  return body;
}

TEST(SpecProperty, SpellingsOfJailConfMeanTheSame) {
  for (std::uint64_t seed = 0; seed < property_seeds; ++seed) {
    const JailSpec spec = SpecGenerator(seed).spec();
    const auto body = as_jail_conf_has_it(spec);
    const auto read = parse_spec(body);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message;
    ASSERT_EQ(*read, spec) << "seed " << seed << ": " << to_text(body);
  }
}

}  // namespace
}  // namespace jaild
