#include <gtest/gtest.h>

#include "api/contract/param_table.h"

namespace jaild {
namespace {

TEST(Fstab, ReadsTheFourFields) {
  const auto entry = parse_fstab_line("  /usr/ports\t/jail/www/usr/ports  nullfs  ro,nosuid,,noatime 0 0\n");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->source, "/usr/ports");
  EXPECT_EQ(entry->target, "/jail/www/usr/ports");
  EXPECT_EQ(entry->type, "nullfs");
  EXPECT_EQ(entry->options, (std::vector<std::string>{"ro", "nosuid", "noatime"}));
}

TEST(Fstab, NeedsNoOptions) {
  const auto entry = parse_fstab_line("tmpfs /jail/www/tmp tmpfs");
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->options.empty());
}

TEST(Fstab, ResolvesOctalEscapes) {
  const auto entry = parse_fstab_line(R"(/a\040b /jail/c\011\\d nullfs rw)");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->source, "/a b");
  EXPECT_EQ(entry->target, "/jail/c\t\\d");
}

TEST(Fstab, RefusesWhatMountCouldNotUse) {
  for (const char* line : {"", "  ", "/a", "/a /b", "/a b nullfs", R"(/a\04 /b nullfs)", R"(/a\ /b nullfs)",
                           R"(/a\999 /b nullfs)", R"(/a /b\000 nullfs)", R"(/a\777 /b nullfs)", R"(/a \ nullfs)"}) {
    EXPECT_FALSE(parse_fstab_line(line)) << line;
  }
  EXPECT_FALSE(parse_fstab_line(std::string_view("/a /b\0c nullfs", 14)));
}

}  // namespace
}  // namespace jaild
