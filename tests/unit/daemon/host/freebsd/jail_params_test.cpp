#include "daemon/host/freebsd/jail_params.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

// Every kernel has these, in these forms.
TEST(JailParams, KernelTellsNamesAndForms) {
  const auto catalog = ParamCatalog::discover();
  ASSERT_TRUE(catalog) << catalog.error().message;
  const struct {
    const char* name;
    ParamForm form;
    bool read_only;
  } rows[] = {
      {"path", ParamForm::text, false},
      {"persist", ParamForm::boolean, false},
      {"host", ParamForm::jailsys, false},
      {"host.hostname", ParamForm::text, false},
      {"host.hostid", ParamForm::long_integer, false},
      {"ip4.addr", ParamForm::ip4_list, false},
      {"allow.mount", ParamForm::boolean, false},
      {"devfs_ruleset", ParamForm::integer, false},
      {"dying", ParamForm::boolean, true},
      {"children.cur", ParamForm::integer, true},
  };
  for (const auto& row : rows) {
    const auto param = catalog->find(row.name);
    ASSERT_TRUE(param) << row.name;
    EXPECT_EQ(param->form, row.form) << row.name;
    EXPECT_EQ(param->read_only, row.read_only) << row.name;
    EXPECT_GT(param->size, 0U) << row.name;
  }
  EXPECT_FALSE(catalog->find("nosuch.param"));
  EXPECT_EQ(catalog->find("meta.key").has_value(), catalog->find("meta").has_value());
  EXPECT_FALSE(catalog->find("metakey"));
}

}  // namespace
}  // namespace jaild::host
