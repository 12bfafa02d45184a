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
  EXPECT_FALSE(catalog->find("path.key")) << "path holds no KEY=VALUE";
  EXPECT_FALSE(catalog->find("")) << "the root of the tree is no parameter";
}

TEST(JailParams, AreAskedOfTheKernelWhenTheCatalogHasThemNot) {
  const ParamCatalog empty;
  EXPECT_FALSE(empty.find("host"));
  const auto node = empty.find_or_load("host");
  ASSERT_TRUE(node) << "a node that is a parameter itself";
  EXPECT_EQ(node->form, ParamForm::jailsys);
  EXPECT_EQ(node->name, "host");
  EXPECT_TRUE(empty.find_or_load("host.hostname"));
  EXPECT_FALSE(empty.find_or_load("allow.mount.nosuchfs"));
}

TEST(JailParams, TheKernelItselfIsTheFirstModule) {
  const auto modules = loaded_modules();
  ASSERT_FALSE(modules.empty());
  EXPECT_EQ(modules.front(), "kernel");
}

TEST(JailParams, ModulesAreThoseThatLibjailLoads) {
  EXPECT_EQ(module_of_param("linux.osname"), "linux");
  EXPECT_EQ(module_of_param("linux"), "linux");
  EXPECT_EQ(module_of_param("sysvshm"), "sysvshm");
  EXPECT_EQ(module_of_param("allow.mount.zfs"), "zfs");
  EXPECT_EQ(module_of_param("allow.mount./tmp/zfs"), "") << "no path";
  EXPECT_EQ(module_of_param("allow.vmm"), "");
}

}  // namespace
}  // namespace jaild::host
