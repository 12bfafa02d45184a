#include "daemon/runtime/exec_audit.h"

#include <gtest/gtest.h>

namespace jaild::runtime {

TEST(ExecAudit, ACommandReadsAsItCouldBeTyped) {
  EXPECT_EQ(command_text({"ps", "aux"}), "ps aux");
  EXPECT_EQ(command_text({"sh", "-c", "echo 'a  b' >x"}), R"(sh -c 'echo '\''a  b'\'' >x')");
  EXPECT_EQ(command_text({"printf", "", "a\nb"}), "printf '' 'a\nb'");
  EXPECT_EQ(command_text({}), "(login shell)");
}

TEST(ExecAudit, ALongCommandIsCutBetweenCharacters) {
  const std::string text = command_text({std::string(audited_command_max - 2, 'x') + "\u00e9\u00e9", "more"});
  EXPECT_EQ(text, "'" + std::string(audited_command_max - 2, 'x') + "...");
}

TEST(ExecAudit, TheRecordSaysWhoWhereAndWhatButNoSecrets) {
  ExecRequest request;
  request.command = {"mysql"};
  request.user = "www";
  request.env = {{"PASSWORD", "hunter2"}};
  request.input = "hunter2";
  const core::RecordRequested record = exec_record("db", request, {"uid 0", "unix pid 7"});
  EXPECT_EQ(record.type, EventType::jail_exec);
  EXPECT_EQ(record.jail, "db");
  EXPECT_FALSE(record.what) << "an event alone";
  EXPECT_EQ(record.data.at("by"), "uid 0");
  EXPECT_EQ(record.data.at("from"), "unix pid 7");
  EXPECT_EQ(record.data.at("command"), "mysql");
  EXPECT_EQ(record.data.at("user"), "www");
  for (const auto& [key, value] : record.data) EXPECT_EQ(value.find("hunter2"), std::string::npos) << key;
}

}  // namespace jaild::runtime
