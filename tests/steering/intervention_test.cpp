// SPDX-License-Identifier: MIT
#include <parsae/steering/intervention.hpp>

#include <support/catch.hpp>

#include <limits>

namespace intervention_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("an intervention knows what it does to each unit") {
  Intervention intervention(5);
  CHECK(intervention.count(Treatment::None) == 5);
  intervention.suppress({1, 3});
  intervention.stimulate(4);
  intervention.suppress(3);  // again: nothing changes
  CHECK(intervention[0] == Treatment::None);
  CHECK(intervention[1] == Treatment::Suppress);
  CHECK(intervention[4] == Treatment::Stimulate);
  CHECK(intervention.count(Treatment::Suppress) == 2);
  CHECK(intervention.treatments().part(3, 2)[1] == Treatment::Stimulate);
}

TEST_CASE("contradictions and units that do not exist are refused") {
  Intervention intervention(3);
  intervention.suppress(0);
  intervention.stimulate(1);
  CHECK_THROWS_WITH(intervention.stimulate(0), ContainsSubstring("suppressed and stimulated at once, got 0"));
  CHECK_THROWS_WITH(intervention.suppress(1), ContainsSubstring("suppressed and stimulated at once, got 1"));
  CHECK_THROWS_WITH(intervention.suppress(3), ContainsSubstring("Intervention unit: expected a value from 0 to 2"));
  CHECK_THROWS_WITH(intervention.stimulate(-1), ContainsSubstring("Intervention unit"));
  CHECK_THROWS_WITH(Intervention(0), ContainsSubstring("Intervention n_units"));
  CHECK_THROWS_WITH(Intervention(3, {.suppression = 1.5}), ContainsSubstring("Intervention suppression"));
  CHECK_THROWS_WITH(Intervention(3, {.stimulation = std::numeric_limits<double>::quiet_NaN()}),
                    ContainsSubstring("Intervention stimulation"));
  CHECK_THROWS_WITH(Intervention(3, {.policy = SuppressionPolicy::MaskLogit, .suppression = 0.5}),
                    ContainsSubstring("1 with SuppressionPolicy::MaskLogit, got 0.5"));
}

}  // namespace intervention_test
