// SPDX-License-Identifier: MIT
#include <parsae/core/buffer.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <vector>

namespace buffer_test {

using namespace parsae;

TEST_CASE("a buffer grows, is indexed and iterated") {
  Buffer<double> buffer(2, 1.5);
  CHECK(buffer.size() == 2);
  CHECK(buffer[1] == 1.5);
  buffer.push_back(4);
  buffer.back() += 1;
  const Buffer<double>& constant = buffer;
  CHECK(constant.back() == 5);
  CHECK(constant[2] == 5);
  CHECK(constant.data() == buffer.data());
  double sum = 0;
  for (const double value : constant) sum += value;
  CHECK(sum == 8);
  for (double& value : buffer) value = 2;
  CHECK(buffer == Buffer<double>(3, 2.0));
  CHECK_FALSE(buffer == Buffer<double>(3));
  CHECK_FALSE(buffer == Buffer<double>(2, 2.0));
}

TEST_CASE("new elements are zero, old ones are kept") {
  Buffer<int> buffer(1, 7);
  buffer.resize(3);
  CHECK((buffer[0] == 7 && buffer[1] == 0 && buffer[2] == 0));
  buffer.assign(2, 9);
  CHECK(buffer == Buffer<int>(2, 9));
  CHECK(Buffer<int>().empty());
  CHECK_FALSE(buffer.empty());
}

TEST_CASE("a smaller buffer keeps its memory") {
  Buffer<float> buffer(1000);
  const float* memory = buffer.data();
  buffer.resize(3);
  buffer.clear();
  CHECK(buffer.empty());
  CHECK(buffer.capacity() >= 1000);
  buffer.assign(1000, 1);
  CHECK(buffer.data() == memory);

  Buffer<float> reserved;
  reserved.reserve(50);
  memory = reserved.data();
  for (int i = 0; i < 50; ++i) reserved.push_back(1);
  CHECK(reserved.data() == memory);
}

TEST_CASE("a slice is appended, and slices see the buffer") {
  Buffer<int> buffer(2, 1);
  const Buffer<int> more(3, 2);
  buffer.append(more.slice());
  CHECK(buffer.size() == 5);
  CHECK((buffer[1] == 1 && buffer[2] == 2 && buffer[4] == 2));
  buffer.append(Slice<const int>());
  CHECK(buffer.size() == 5);
  buffer.slice()[0] = 8;
  CHECK(buffer[0] == 8);
  CHECK(buffer.slice().size() == 5);
  CHECK(more.slice().data() == more.data());
}

TEST_CASE("memory is aligned for vector loads") {
  std::vector<Buffer<std::uint8_t>> alive;  // so that no two have the same address
  for (Index size = 1; size < 40; ++size) alive.emplace_back(size);
  for (const Buffer<std::uint8_t>& buffer : alive)
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % EIGEN_DEFAULT_ALIGN_BYTES == 0);
}

}  // namespace buffer_test
