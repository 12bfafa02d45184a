#include "daemon/metrics/text_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace jaild::metrics {
namespace {

TEST(TextWriter, AFamilyWithoutSamplesIsNotThere) {
  TextWriter writer(0);
  writer.family("a_total", "A", MetricType::counter);
  writer.family("b", "B", MetricType::gauge);
  writer.sample("", "", 1);
  EXPECT_EQ(std::move(writer).take(), "# HELP b B\n# TYPE b gauge\nb 1\n");
}

TEST(TextWriter, HelpAndTypeComeOnceForAllSamplesOfAFamily) {
  TextWriter writer(0);
  writer.family("a_total", "A", MetricType::counter);
  writer.sample(open_labels("jail", "x"), more_labels("state", "up"), 1);
  writer.sample(open_labels("jail", "y"), "", false);
  EXPECT_EQ(std::move(writer).take(),
            "# HELP a_total A\n# TYPE a_total counter\na_total{jail=\"x\",state=\"up\"} 1\na_total{jail=\"y\"} 0\n");
}

TEST(TextWriter, LabelValuesAreEscaped) {
  EXPECT_EQ(open_labels("a", "x\\y\"z\nend"), R"({a="x\\y\"z\nend")");
}

TEST(TextWriter, NumbersAreExact) {
  struct Row {
    double value;
    const char* text;
  };
  for (const auto& [value, text] : {Row{0.1, "0.1"}, Row{-2.5, "-2.5"}, Row{1e300, "1e+300"}, Row{0, "0"}}) {
    TextWriter writer(0);
    writer.family("a", "A", MetricType::gauge);
    writer.sample("", "", value);
    EXPECT_TRUE(std::move(writer).take().ends_with(std::string("\na ") + text + "\n")) << text;
  }
  TextWriter writer(0);
  writer.family("a", "A", MetricType::gauge);
  writer.sample("", "", std::numeric_limits<std::uint64_t>::max());
  writer.sample("", "", std::numeric_limits<std::int64_t>::min());
  const auto all = std::move(writer).take();
  EXPECT_NE(all.find("a 18446744073709551615\na -9223372036854775808\n"), std::string::npos) << all;
}

}  // namespace
}  // namespace jaild::metrics
