// SPDX-License-Identifier: MIT
#include <parsae/data/matrix_source.hpp>

#include <language/llama_capture.hpp>
#include <support/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

namespace language_llama_capture_test {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using parsae::Index;

namespace {

// What the template touches of ggml: a tensor, a copy from wherever its data lie, and the callback's protocol.

enum stand_in_type { STAND_IN_F32 = 0, STAND_IN_F16 = 1 };

struct stand_in_tensor {
  stand_in_type type = STAND_IN_F32;
  std::int64_t ne[4] = {1, 1, 1, 1};
  std::size_t nb[4] = {4, 4, 4, 4};
  char name[64] = {};
  void* data = nullptr;  // of the device: only stand_in_get may read it
};

using stand_in_callback = bool (*)(stand_in_tensor* tensor, bool ask, void* user_data);

int n_copies = 0;

void stand_in_get(const stand_in_tensor* tensor, void* to, std::size_t offset, std::size_t size) {
  ++n_copies;
  std::memcpy(to, static_cast<const char*>(tensor->data) + offset, size);
}

struct StandIn {
  using Tensor = stand_in_tensor;
  static bool is_float(const Tensor& tensor) { return tensor.type == STAND_IN_F32; }
  static bool is_contiguous(const Tensor& tensor) {
    return tensor.nb[0] == 4 && tensor.nb[1] == 4 * static_cast<std::size_t>(tensor.ne[0]);
  }
  static void read(const Tensor& tensor, void* to, std::size_t n_bytes) { stand_in_get(&tensor, to, 0, n_bytes); }
};

using Capture = LlamaCapture<StandIn>;

/// A graph with one tensor a block: computes what is asked for, as the scheduler of ggml does; false when it was
/// stopped.
class StandInContext {
 public:
  StandInContext(stand_in_callback callback, void* user_data) : callback_(callback), user_data_(user_data) {}

  bool decode(Index n_tokens, Index width = 3) {
    for (int block = 0; block < 4; ++block) {
      std::vector<float> values(static_cast<std::size_t>(n_tokens * width));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = next_++;
      stand_in_tensor tensor;
      tensor.type = type;
      tensor.ne[0] = width;
      tensor.ne[1] = n_tokens;
      tensor.ne[2] = planes;
      tensor.nb[1] = 4 * static_cast<std::size_t>(width) + gap;
      tensor.data = values.data();
      const std::string name = "l_out-" + std::to_string(block);
      std::copy(name.begin(), name.end(), tensor.name);
      if (!callback_(&tensor, true, user_data_)) continue;
      if (block == 2) wanted.push_back(values);
      if (!callback_(&tensor, false, user_data_)) return false;
    }
    return true;
  }

  stand_in_type type = STAND_IN_F32;
  std::int64_t planes = 1;
  std::size_t gap = 0;
  std::vector<std::vector<float>> wanted;

 private:
  stand_in_callback callback_;
  void* user_data_;
  float next_ = 0;
};

std::string failure_of(const Capture& capture) {
  try {
    capture.rethrow_failure();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("the rows of one tensor, and of no other, become samples in the order of the tokens") {
  Capture capture({.tensor = "l_out-2"});
  StandInContext context(Capture::callback, &capture);
  CHECK(capture.n_rows() == 0);
  CHECK(capture.samples().size() == 0);
  n_copies = 0;
  for (const Index n_tokens : {5, 1, 2}) CHECK(context.decode(n_tokens));
  CHECK(n_copies == 3);
  CHECK(failure_of(capture) == "none");
  REQUIRE(capture.n_rows() == 8);
  REQUIRE(capture.samples().rows() == 3);
  std::vector<float> all;
  for (const std::vector<float>& values : context.wanted) all.insert(all.end(), values.begin(), values.end());
  CHECK(std::equal(all.begin(), all.end(), capture.samples().data(), capture.samples().data() + 24));

  const Eigen::Map<const parsae::Matrix<float>> samples = capture.samples();
  parsae::MatrixSource<float> source(samples, {.batch_size = 8});
  parsae::Batch<float> batch;
  CHECK(source.next(batch));
  CHECK(batch.inputs.rows() == 3);

  capture.clear();
  CHECK(capture.n_rows() == 0);
  CHECK(context.decode(4));
  CHECK(capture.n_rows() == 4);
}

TEST_CASE("no more rows are kept, or asked for, than wanted") {
  Capture capture({.tensor = "l_out-2", .most_rows = 6});
  StandInContext context(Capture::callback, &capture);
  CHECK(context.decode(4));
  CHECK(context.decode(4));
  CHECK(capture.n_rows() == 6);
  const std::size_t n_asked = context.wanted.size();
  CHECK(context.decode(4));
  CHECK(context.wanted.size() == n_asked);
  CHECK(capture.samples()(0, 5) == context.wanted[1][3]);
}

TEST_CASE("what cannot be taken stops the computation and waits to be thrown") {
  const auto failure = [](const auto& change, Index width) {
    Capture capture({.tensor = "l_out-2"});
    StandInContext context(Capture::callback, &capture);
    CHECK(context.decode(2));
    change(context);
    CHECK_FALSE(context.decode(2, width));
    CHECK(capture.n_rows() == 2);
    CHECK(context.decode(2));  // nothing is asked for any more
    CHECK(capture.n_rows() == 2);
    return failure_of(capture);
  };
  CHECK_THAT(failure([](StandInContext& c) { c.type = STAND_IN_F16; }, 3), ContainsSubstring("float32 elements"));
  CHECK_THAT(failure([](StandInContext& c) { c.gap = 4; }, 3), ContainsSubstring("rows one after another"));
  CHECK_THAT(failure([](StandInContext& c) { c.planes = 2; }, 3), ContainsSubstring("two dimensions"));
  CHECK_THAT(failure([](StandInContext&) {}, 4), ContainsSubstring("l_out-2: expected rows as wide as before, got 4"));
}

TEST_CASE("a tensor that is shown although nobody asked is not taken") {
  Capture capture({.tensor = "l_out-2"});
  std::array<float, 3> values{};
  stand_in_tensor tensor;
  tensor.ne[0] = 3;
  tensor.nb[1] = 12;
  tensor.data = values.data();
  for (const std::string& name : {std::string("l_out-20"), std::string("l_out-"), std::string("norm")}) {
    std::fill(tensor.name, tensor.name + 64, '\0');
    std::copy(name.begin(), name.end(), tensor.name);
    CHECK_FALSE(Capture::callback(&tensor, true, &capture));
    CHECK(Capture::callback(&tensor, false, &capture));
    CHECK(capture.n_rows() == 0);
  }
}

TEST_CASE("a capture of nothing is refused") {
  CHECK_THROWS_AS(Capture({.tensor = ""}), std::invalid_argument);
  CHECK_THROWS_AS(Capture({.tensor = "l_out-2", .most_rows = 0}), std::invalid_argument);
}

}  // namespace language_llama_capture_test
