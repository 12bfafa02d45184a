#include "daemon/core/start_order.h"

#include <gtest/gtest.h>

#include <map>

namespace jaild::core {
namespace {

using Graph = std::map<std::string, std::vector<std::string>>;

DependencyLookup in(const Graph& graph) {
  return [&graph](const std::string& name) {
    const auto found = graph.find(name);
    return found == graph.end() ? std::vector<std::string>{} : found->second;
  };
}

TEST(StartOrder, DependenciesAreThoseOfDependAndTheParentOnce) {
  JailSpec spec;
  spec.params["depend"] = std::vector<std::string>{"db", "cache", "db", "a"};
  EXPECT_EQ(dependencies_of("a.b", spec), (std::vector<std::string>{"db", "cache", "a"}));
  EXPECT_EQ(dependencies_of("web", {}), std::vector<std::string>{});
}

using Loops = std::vector<std::vector<std::string>>;

TEST(StartOrder, ALoopIsSpelledOutR6_2) {
  const Graph graph{{"a", {"x", "b"}}, {"b", {"c"}}, {"c", {"a"}}, {"x", {}}};
  EXPECT_EQ(find_loops({"a"}, in(graph), 9), (Loops{{"a", "b", "c", "a"}}));
  EXPECT_EQ(find_loops({"b"}, in(graph), 9), (Loops{{"b", "c", "a", "b"}}));
  EXPECT_EQ(find_loops({"x"}, in(graph), 9), Loops{});
}

TEST(StartOrder, LoopsThatShareAJailAreToldApartAndEachOnce) {
  const Graph graph{{"a", {"b", "c"}}, {"b", {"a"}}, {"c", {"a"}}, {"d", {"e"}}, {"e", {"d"}}, {"f", {"a"}}};
  EXPECT_EQ(find_loops({"f", "a", "b", "c", "d", "e"}, in(graph), 9),
            (Loops{{"a", "b", "a"}, {"a", "c", "a"}, {"d", "e", "d"}}));
}

TEST(StartOrder, NoMoreLoopsAreToldThanAskedFor) {
  const Graph graph{{"a", {"a"}}, {"b", {"b"}}, {"c", {"c"}}};
  EXPECT_EQ(find_loops({"a", "b", "c"}, in(graph), 2), (Loops{{"a", "a"}, {"b", "b"}}));
}

TEST(StartOrder, ClosureIsEverythingReachableNearestFirst) {
  const Graph graph{{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {"a"}}};
  EXPECT_EQ(closure({"a"}, in(graph)), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_EQ(closure({"c", "b"}, in(graph)), (std::vector<std::string>{"d", "a"}));
}

TEST(StartOrder, DependenciesComeFirstThenPriorityThenName) {
  const Graph graph{{"web", {"db"}}, {"a", {}}, {"b", {}}};
  const auto priority = [](const std::string& name) { return name == "b" ? 10 : 50; };
  EXPECT_EQ(in_start_order({"web", "a", "b"}, in(graph), priority), (std::vector<std::string>{"b", "a", "db", "web"}));
}

TEST(StartOrder, ALoopAndWhatDependsOnItHasNoPlaceInTheOrder) {
  const Graph graph{{"a", {"b"}}, {"b", {"a"}}, {"c", {"a"}}, {"d", {}}};
  EXPECT_EQ(in_start_order({"a", "b", "c", "d"}, in(graph), [](const std::string&) { return 0; }),
            std::vector<std::string>{"d"});
}

}  // namespace
}  // namespace jaild::core
