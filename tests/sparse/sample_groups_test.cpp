// SPDX-License-Identifier: MIT
#include <parsae/sparse/sample_groups.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <vector>

namespace sample_groups_test {

using namespace parsae;

namespace {

struct Entry {
  SampleId sample = 0;
  int order = 0;
};

std::vector<int> orders(Slice<Entry> group) {
  std::vector<int> all;
  for (const Entry& entry : group) all.push_back(entry.order);
  return all;
}

Slice<const Entry> slice(const std::vector<Entry>& entries) {
  return {entries.data(), static_cast<Index>(entries.size())};
}

const auto all = [](const Entry&) { return true; };

}  // namespace

TEST_CASE("entries are grouped by sample in the order in which they came") {
  const std::vector<Entry> entries{{12, 0}, {10, 1}, {12, 2}, {14, 3}, {10, 4}, {12, 5}};
  SampleGroups<Entry> groups;
  groups.build({10, 15}, slice(entries), all);
  CHECK(orders(groups.of(0)) == std::vector<int>{1, 4});
  CHECK(orders(groups.of(1)).empty());
  CHECK(orders(groups.of(2)) == std::vector<int>{0, 2, 5});
  CHECK(orders(groups.of(3)).empty());
  CHECK(orders(groups.of(4)) == std::vector<int>{3});
}

TEST_CASE("an entry that is not kept is in no group") {
  const std::vector<Entry> entries{{1, 0}, {0, 1}, {1, 2}, {0, 3}, {1, 4}};
  SampleGroups<Entry> groups;
  groups.build({0, 2}, slice(entries), [](const Entry& entry) { return entry.order % 4 != 0; });
  CHECK(orders(groups.of(0)) == std::vector<int>{1, 3});
  CHECK(orders(groups.of(1)) == std::vector<int>{2});
  groups.build({0, 2}, slice(entries), [](const Entry&) { return false; });
  CHECK(groups.of(0).empty());
  CHECK(groups.of(1).empty());
}

TEST_CASE("groups hold nothing of the block before, and a permuted group stays one") {
  const std::vector<Entry> first{{3, 0}, {3, 1}, {4, 2}, {5, 3}};
  const std::vector<Entry> second{{9, 7}, {8, 8}};
  SampleGroups<Entry> groups;
  groups.reserve(3, 4);
  groups.build({3, 6}, slice(first), all);
  const Slice<Entry> group = groups.of(0);
  std::reverse(group.begin(), group.end());
  CHECK(orders(groups.of(0)) == std::vector<int>{1, 0});
  CHECK(orders(groups.of(1)) == std::vector<int>{2});
  groups.build({8, 10}, slice(second), all);
  CHECK(orders(groups.of(0)) == std::vector<int>{8});
  CHECK(orders(groups.of(1)) == std::vector<int>{7});
  groups.build({8, 10}, {}, all);
  CHECK(groups.of(0).empty());
  CHECK(groups.of(1).empty());
}

}  // namespace sample_groups_test
