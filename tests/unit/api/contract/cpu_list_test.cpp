#include "api/contract/cpu_list.h"

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(CpuList, ReadsNumbersAndRangesInAnyOrder) {
  const struct {
    const char* text;
    std::vector<int> ids;
  } rows[] = {{"0", {0}},   {"0-2,4", {0, 1, 2, 4}}, {"4,0-2", {0, 1, 2, 4}},
              {"3-3", {3}}, {"1,1,0-1", {0, 1}},     {"1023", {1023}},
              {"007", {7}}};
  for (const auto& row : rows) {
    const auto list = CpuList::parse(row.text);
    ASSERT_TRUE(list) << row.text;
    EXPECT_EQ(list->ids(), row.ids) << row.text;
    EXPECT_EQ(list->text(), row.text);
  }
}

TEST(CpuList, RefusesWhatIsNoList) {
  for (const char* text : {"", " ", "a", "0-", "-1", "-", ",", "0,", ",0", "0,,1", "2-1", "1024", "0-1024", "0 1",
                           "0x1", "99999999999999999999", "0-2-4", "1.5", "0-1,"}) {
    const auto list = CpuList::parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().kind, Kind::invalid);
    EXPECT_FALSE(list.error().message.empty());
  }
}

TEST(CpuList, FirstCountsFromZero) {
  EXPECT_EQ(CpuList::first(1).text(), "0");
  EXPECT_EQ(CpuList::first(4).text(), "0-3");
  EXPECT_EQ(CpuList::first(4), *CpuList::parse("0,1,2,3"));
  EXPECT_EQ(CpuList::first(0).ids(), std::vector<int>{0});
  EXPECT_EQ(CpuList::first(5000).ids().back(), 1023);
}

TEST(CpuList, WithinMeansEveryCpuOfIt) {
  EXPECT_TRUE(CpuList::parse("1,3")->within(CpuList::first(4)));
  EXPECT_FALSE(CpuList::parse("3-4")->within(CpuList::first(4)));
  EXPECT_TRUE(CpuList::parse("0,2")->within(*CpuList::parse("2,0")));
}

}  // namespace
}  // namespace jaild
