// Broken documents: whatever is fed in, there is an answer, it can be printed, and what was accepted is valid.
#include <gtest/gtest.h>

#include "api/contract/param_table.h"
#include "tests/unit/api/contract/samples.h"
#include "tests/unit/api/contract/spec_generator.h"

namespace jaild {
namespace {

using namespace std::literals;
using nlohmann::json;
using test::SpecGenerator;

constexpr std::uint64_t seed_count = 3000;

std::string document_text(SpecGenerator& random) {
  json body = {{"name", "www"}, {"spec", to_json(random.spec())}, {"desired", "running"}};
  return to_text(body);
}

// A few bytes changed, taken out, put in or repeated.
std::string with_broken_bytes(std::string text, SpecGenerator& random) {
  constexpr std::string_view spice = "{}[],:\"\\/-+.e0129\0\x01\x7f\x80\xc3\xff nulltrue"sv;
  for (std::uint64_t i = 1 + random.below(4); i > 0 && !text.empty(); --i) {
    const std::size_t at = random.below(text.size());
    switch (random.below(4)) {
      case 0: text[at] = spice[random.below(spice.size())]; break;
      case 1: text.erase(at, 1 + random.below(20)); break;
      case 2: text.insert(at, 1, spice[random.below(spice.size())]); break;
      default: text.insert(at, text.substr(random.below(text.size()), random.below(60))); break;
    }
  }
  return text;
}

json odd_value(SpecGenerator& random) {
  switch (random.below(12)) {
    case 0: return nullptr;
    case 1: return random.chance(2);
    case 2: return static_cast<std::int64_t>(random.below(~0ULL));
    case 3: return random.below(~0ULL) | 1ULL << 63;
    case 4: return -1;
    case 5: return 1.5;
    case 6: return std::string(random.below(300), 'x');
    case 7: return std::string("a\0b\n", 4);
    case 8: return json::array({1, "a", nullptr});
    case 9: return json::object({{"a~/b", 1}});
    case 10: return json::array();
    default: return "";
  }
}

// A member or element somewhere replaced, removed or added.
void break_value(json& value, SpecGenerator& random) {
  if (!value.is_structured() || value.empty() || random.chance(4)) {
    value = odd_value(random);
    return;
  }
  if (value.is_object() && random.chance(6)) {
    value[random.chance(2) ? "zz/~" : "allow.noraw_sockets"] = odd_value(random);
    return;
  }
  auto at = value.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(value.size())));
  if (random.chance(8)) {
    value.erase(at);
  } else {
    break_value(*at, random);
  }
}

// Whether a pointer leads to something in `body`, or to a member that is missing in an object there.
bool leads_somewhere(const json& body, const std::string& pointer) {
  const json::json_pointer place(pointer);
  if (body.contains(place) || place.empty()) return true;
  return leads_somewhere(body, place.parent_pointer().to_string());
}

void feed(const json& body, std::uint64_t seed) {
  for (const std::string_view name_in_path : {std::string_view(), std::string_view("www")}) {
    const auto document = parse_jail_document(body, name_in_path, test::host_with_limits());
    if (document) {
      EXPECT_TRUE(validate(document->name, document->spec, test::host_with_limits()).empty()) << "seed " << seed;
      const auto again = parse_spec(to_json(document->spec));
      ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().message;
      EXPECT_EQ(*again, document->spec) << "seed " << seed;
      continue;
    }
    EXPECT_EQ(document.error().kind, Kind::invalid);
    ASSERT_FALSE(document.error().fields.empty()) << "seed " << seed;
    EXPECT_FALSE(to_text(problem(document.error())).empty());
    for (const FieldError& field : document.error().fields)
      EXPECT_TRUE(leads_somewhere(body, field.pointer)) << "seed " << seed << ": " << field.pointer;
  }
}

TEST(SpecFuzz, BrokenTextIsAnswered) {  // P10, R11.1
  int accepted = 0;
  for (std::uint64_t seed = 0; seed < seed_count; ++seed) {
    SpecGenerator random(seed);
    const std::string text = with_broken_bytes(document_text(random), random);
    const auto body = parse_json(text);
    if (body) {
      ++accepted;
      feed(*body, seed);
    } else {
      EXPECT_EQ(body.error().kind, Kind::bad_json);
      EXPECT_FALSE(to_text(problem(body.error())).empty());
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(SpecFuzz, BrokenValuesAreAnswered) {  // P10
  for (std::uint64_t seed = 0; seed < seed_count; ++seed) {
    SpecGenerator random(seed);
    auto body = parse_json(document_text(random));
    ASSERT_TRUE(body);
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i) break_value(*body, random);
    feed(*body, seed);
  }
}

TEST(SpecFuzz, SmallGrammarsTakeAnyBytes) {
  constexpr std::string_view letters = "0129.:/|-=, \\abfgkmx[]#?@h\0\xff"sv;
  for (std::uint64_t seed = 0; seed < seed_count * 10; ++seed) {
    SpecGenerator random(seed);
    std::string text;
    for (std::size_t i = random.below(24); i > 0; --i) text += letters[random.below(letters.size())];
    if (const auto list = CpuList::parse(text)) {
      EXPECT_FALSE(list->ids().empty());
    }
    if (const auto rule = RctlRule::parse("maxproc:log=" + text)) {
      EXPECT_EQ(RctlRule::parse(rule->kernel_text("j").substr(7)).value(), *rule);
    }
    if (const auto entry = parse_address(text, false)) {
      EXPECT_EQ(parse_address(entry->address, false)->address, entry->address);
    }
    if (const auto entry = parse_address(text, true)) {
      EXPECT_EQ(parse_address(entry->address, true)->address, entry->address);
    }
    if (const auto entry = parse_fstab_line("/a /b" + text)) {
      EXPECT_FALSE(entry->type.empty());
    }
    (void)parse_rfc3339(text);
    (void)find_param(text);
    (void)name_problem(text);
  }
}

}  // namespace
}  // namespace jaild
