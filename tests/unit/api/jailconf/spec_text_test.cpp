#include "api/jailconf/spec_text.h"

#include <gtest/gtest.h>

#include "api/contract/json.h"
#include "api/jailconf/declare.h"
#include "tests/fakes/memory_files.h"
#include "tests/unit/api/contract/spec_generator.h"

namespace jaild::jailconf {
namespace {

JailSpec spec_read(std::string_view text) {
  const auto body = parse_json(text);
  auto spec = parse_spec(body.value_or(nlohmann::json()));
  if (!spec) ADD_FAILURE() << spec.error().message;
  return spec.value_or(JailSpec());
}

TEST(SpecText, IsABlockOfJailConf) {
  const JailSpec spec = spec_read(R"({"params":{"path":"/jail/www","persist":true,"allow.mount":false,"securelevel":2,
      "exec.start":["/bin/sh /etc/rc","echo \"$HOME\""],"exec.created":["echo made"]},
      "command":"/bin/httpd -f","rctl":["memoryuse:deny=2g"],"cpuset":"0-1","priority":7,"labels":{"tier":"web"}})");
  EXPECT_EQ(spec_text("www", spec),
            "www {\n"
            "\tallow.mount = false;\n"
            "\texec.created = \"rctl -a jail:www:memoryuse:deny=2g\";\n"
            "\texec.created += \"cpuset -l 0-1 -j www\";\n"
            "\texec.created += \"echo made\";\n"
            "\texec.release = \"rctl -r jail:www\";\n"
            "\texec.start = \"/bin/sh /etc/rc\";\n"
            "\texec.start += \"echo \\\"\\$HOME\\\"\";\n"
            "\texec.start += \"/bin/httpd -f &\";\n"
            "\tpath = \"/jail/www\";\n"
            "\tpersist;\n"
            "\tsecurelevel = \"2\";\n"
            "\t#jaild: command = \"/bin/httpd -f\"\n"
            "\t#jaild: priority = 7\n"
            "\t#jaild: labels = {\"tier\":\"web\"}\n"
            "}\n");
}

TEST(SpecText, ACommandGoesToTheBackgroundAsJail8DoesIt) {
  EXPECT_EQ(background_command("/bin/httpd -f"), "/bin/httpd -f &");
  EXPECT_EQ(background_command("cd /x && ./run # all"), "(cd /x && ./run # all\n) &");
}

// Issue 5: import of an export is the identity.
TEST(SpecText, ImportOfAnExportIsTheIdentity) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    test::SpecGenerator generator(seed);
    const JailSpec spec = generator.spec();
    const std::string text = spec_text("www-1.db", spec);
    test::MemoryFiles files({{"/jail.conf", text}});
    const Configuration configuration = read_configuration("/jail.conf", files);
    ASSERT_TRUE(configuration.ok() && configuration.diagnostics.empty()) << "seed " << seed << "\n" << text;
    const Declarations back = declare(configuration);
    ASSERT_TRUE(back.mistakes.empty()) << "seed " << seed << ": " << back.mistakes.front() << "\n" << text;
    ASSERT_EQ(back.jails.size(), 1U);
    const auto document = parse_jail_document(back.jails.front().body, "");
    ASSERT_TRUE(document) << "seed " << seed;
    EXPECT_EQ(document->name, "www-1.db");
    ASSERT_EQ(to_json(document->spec).dump(1), to_json(spec).dump(1)) << "seed " << seed << "\n" << text;
    ASSERT_TRUE(document->spec == spec) << "seed " << seed;
  }
}

}  // namespace
}  // namespace jaild::jailconf
