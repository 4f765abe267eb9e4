// SPDX-License-Identifier: MIT
#include <parsae/io/settings.hpp>

#include <support/catch.hpp>

#include <limits>
#include <vector>

namespace settings_test {

using namespace parsae;
using Json = nlohmann::ordered_json;

namespace {

struct Part {
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("rate", 0.25);
    visit("limit", std::numeric_limits<double>::infinity());
    visit("floor", -std::numeric_limits<double>::infinity());
    visit("none", std::numeric_limits<double>::quiet_NaN());
    visit("steps", std::vector<Index>{3, 4});
    visit("shape", "linear");
    visit("rate", 0.5);
  }
};

}  // namespace

TEST_CASE("settings become a JSON object under their names, each kept") {
  CHECK(settings_json(Part()).dump() ==
        R"({"rate":0.25,"limit":"inf","floor":"-inf","none":"nan","steps":[3,4],"shape":"linear","rate'":0.5})");
}

TEST_CASE("equal settings do not differ, in whatever order and however numbers are written") {
  CHECK(settings_differences(Json::object(), Json::object()).empty());
  CHECK(settings_differences(Json::parse(R"({"a":1,"b":{"c":[1,2]}})"), Json::parse(R"({"b":{"c":[1,2]},"a":1.0})"))
            .empty());
}

TEST_CASE("every setting that differs is named with both values") {
  const Json before = Json::parse(R"({"a":1,"b":{"c":"x","gone":true},"d":[1,2],"e":{}})");
  const Json now = Json::parse(R"({"a":2,"b":{"c":"y","new":null},"d":[1,3],"e":5})");
  CHECK(settings_differences(before, now) ==
        R"(a was 1 and is 2, b.c was "x" and is "y", b.new was not set and is null, b.gone was true and is not set, )"
        R"(d was [1,2] and is [1,3], e was an object and is 5)");
}

TEST_CASE("values nested deeper than the stack are no danger") {
  const std::size_t depth = 1'000'000;
  const Json deep = Json::parse(R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}");
  CHECK(settings_differences(deep, Json::parse(R"({"a":1})")) == "a was a nested array and is 1");
}

}  // namespace settings_test
