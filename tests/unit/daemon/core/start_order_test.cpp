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

TEST(StartOrder, ALoopIsSpelledOutR6_2) {
  const Graph graph{{"a", {"x", "b"}}, {"b", {"c"}}, {"c", {"a"}}, {"x", {}}};
  EXPECT_EQ(find_loop("a", in(graph)), (std::vector<std::string>{"a", "b", "c", "a"}));
  EXPECT_EQ(find_loop("b", in(graph)), (std::vector<std::string>{"b", "c", "a", "b"}));
  EXPECT_EQ(find_loop("x", in(graph)), std::vector<std::string>{});
}

TEST(StartOrder, ALoopThatDoesNotPassThroughTheNameIsNotItsFault) {
  const Graph graph{{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}};
  EXPECT_EQ(find_loop("a", in(graph)), std::vector<std::string>{});
}

TEST(StartOrder, AJailThatDependsOnItselfIsALoop) {
  const Graph graph{{"a", {"a"}}};
  EXPECT_EQ(find_loop("a", in(graph)), (std::vector<std::string>{"a", "a"}));
}

TEST(StartOrder, ClosureIsEverythingReachableNearestFirst) {
  const Graph graph{{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {"a"}}};
  EXPECT_EQ(closure("a", in(graph)), (std::vector<std::string>{"b", "c", "d"}));
}

}  // namespace
}  // namespace jaild::core
