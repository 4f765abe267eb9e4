// SPDX-License-Identifier: MIT
#include <parsae/core/buffer.hpp>
#include <parsae/core/parameter_array.hpp>

#include <support/catch.hpp>

namespace parameter_array_test {

using namespace parsae;

TEST_CASE("an array hands out the entries of one latent") {
  Buffer<float> values(12);
  for (Index i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const ParameterArray<float> array{"w_enc", Role::Learned, Axis::Latent, 3, values.slice()};
  const Slice<float> latent = array.of_latent(2);
  CHECK(latent.size() == 3);
  CHECK((latent[0] == 6 && latent[2] == 8));
  latent[1] = -1;
  CHECK(values[7] == -1);
}

TEST_CASE("an array is learned, one entry a latent, unless it says otherwise") {
  const ParameterArray<double> array;
  CHECK(array.role == Role::Learned);
  CHECK(array.axis == Axis::Latent);
  CHECK(array.rows == 1);
  CHECK(array.values.empty());
}

}  // namespace parameter_array_test
