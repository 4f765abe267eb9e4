// SPDX-License-Identifier: MIT
#include <parsae/io/array_choice.hpp>

#include <io/damaged_file.hpp>

#include <string>
#include <vector>

namespace array_choice_test {

using namespace parsae;

TEST_CASE("the only array needs no name, others are named or listed") {
  const auto reason = [](const std::vector<std::string>& names, const std::string& wanted) {
    return test::refusal("file", [&] { (void)choose_array("file", names, wanted); }).reason();
  };
  CHECK(choose_array("file", {"a"}, "") == "a");
  CHECK(choose_array("file", {"a", "b"}, "b") == "b");
  CHECK(reason({"a", "b"}, "") == "expected the name of one of its arrays, got none; it has: a, b");
  CHECK(reason({"a"}, "b") == "has no array 'b'; it has: a");
  CHECK(reason({}, "") == "has no arrays");
  CHECK(
      reason(std::vector<std::string>(23, "x"), "") ==
      "expected the name of one of its arrays, got none; it has: x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, "
      "x, x, and 3 more");
}

}  // namespace array_choice_test
