// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../../examples/mnist_mdl/digits.hpp"

namespace mnist_mdl_digits_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

void write_idx(const std::filesystem::path& path, const std::vector<std::uint8_t>& shape,
               const std::vector<std::uint8_t>& values) {
  std::vector<std::uint8_t> bytes{0, 0, 8, static_cast<std::uint8_t>(shape.size())};
  for (const std::uint8_t dimension : shape) bytes.insert(bytes.end(), {0, 0, 0, dimension});
  bytes.insert(bytes.end(), values.begin(), values.end());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Two training digits and one test digit, none of MNIST.
void write_own_digits(const std::filesystem::path& folder) {
  std::vector<std::uint8_t> pixels(2 * 784, 0);
  pixels[784 + 28] = 255;
  write_idx(folder / "train-images-idx3-ubyte", {2, 28, 28}, pixels);
  write_idx(folder / "train-labels-idx1-ubyte", {2}, {7, 3});
  write_idx(folder / "t10k-images-idx3-ubyte", {1, 28, 28}, std::vector<std::uint8_t>(784, 51));
  write_idx(folder / "t10k-labels-idx1-ubyte", {1}, {9});
}

/// An empty cache for as long as it lives: the cache of whoever runs the tests is neither read nor written.
class OwnCache {
 public:
  OwnCache() {
    const char* old = std::getenv("XDG_CACHE_HOME");
    if (old != nullptr) old_ = old;
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
  }
  ~OwnCache() {
    if (old_.empty())
      unsetenv("XDG_CACHE_HOME");
    else
      setenv("XDG_CACHE_HOME", old_.c_str(), 1);
  }
  OwnCache(const OwnCache&) = delete;
  OwnCache& operator=(const OwnCache&) = delete;

 private:
  parsae::test::TemporaryFolder folder_;
  std::string old_;
};

DigitsSettings offline(std::string& notes) {
  DigitsSettings settings;
  settings.network = DigitsSettings::Network::Forbidden;
  settings.note = [&notes](const std::string& line) { notes += line + "\n"; };
  return settings;
}

}  // namespace

TEST_CASE("the shipped part is real, complete and says that it is a part") {
  const OwnCache cache;
  std::string notes;
  const Digits digits = obtain_digits(offline(notes));
  CHECK(digits.train.rows() == 784);
  CHECK(digits.train.cols() == 1600);
  CHECK(digits.test.cols() == 400);
  CHECK(digits.train_labels.size() == 1600);
  CHECK(digits.test_labels.size() == 400);
  CHECK_FALSE(digits.full);
  CHECK_THAT(digits.source, ContainsSubstring("1,600 training and 400 test digits"));
  CHECK_THAT(digits.source, ContainsSubstring("small part"));
  CHECK(notes.empty());
  CHECK(digits.train.maxCoeff() == 1.0F);
  CHECK(digits.train.minCoeff() == 0.0F);
  // The database begins with a handwritten 5, its test part with a 7.
  CHECK(digits.train_labels[0] == 5);
  CHECK(digits.test_labels[0] == 7);
}

TEST_CASE("own digits are used with a note that they are not MNIST") {
  const parsae::test::TemporaryFolder folder;
  write_own_digits(folder.path());
  std::string notes;
  DigitsSettings settings = offline(notes);
  settings.data_folder = folder.path();
  const Digits digits = obtain_digits(settings);
  CHECK(digits.train.cols() == 2);
  CHECK(digits.train(28, 1) == 1.0F);  // second row, first column
  CHECK(digits.train.sum() == 1.0F);
  CHECK_THAT(digits.test(0, 0), WithinAbs(0.2, 1e-7));
  CHECK(digits.test_labels[0] == 9);
  CHECK_FALSE(digits.full);
  CHECK_THAT(notes, ContainsSubstring("does not hold the published MNIST"));
}

TEST_CASE("own digits of a wrong shape are refused by name") {
  const parsae::test::TemporaryFolder folder;
  std::string notes;
  DigitsSettings settings = offline(notes);
  settings.data_folder = folder.path();
  CHECK_THROWS_WITH(obtain_digits(settings),
                    ContainsSubstring("train-images-idx3-ubyte.gz in this folder, found neither"));
  write_own_digits(folder.path());
  write_idx(folder / "t10k-labels-idx1-ubyte", {2}, {9, 9});
  CHECK_THROWS_WITH(obtain_digits(settings), ContainsSubstring("expected 1 labels, as many as images, got 2"));
  write_idx(folder / "t10k-labels-idx1-ubyte", {1}, {10});
  CHECK_THROWS_WITH(obtain_digits(settings), ContainsSubstring("expected labels 0 to 9, got 10 for image 0"));
  write_idx(folder / "train-images-idx3-ubyte", {2, 2, 3}, std::vector<std::uint8_t>(12, 0));
  CHECK_THROWS_WITH(obtain_digits(settings), ContainsSubstring("got the shape (2, 2, 3)"));
  write_idx(folder / "train-images-idx3-ubyte", {0, 28, 28}, {});
  CHECK_THROWS_WITH(obtain_digits(settings), ContainsSubstring("got the shape (0, 28, 28)"));
  settings.data_folder = folder / "absent";
  CHECK_THROWS_AS(obtain_digits(settings), parsae::FileError);
}

TEST_CASE("a cache with other content is passed over, and the note names the file") {
  const OwnCache cache;
  std::filesystem::create_directories(mnist_cache_folder());
  write_own_digits(mnist_cache_folder());
  std::string notes;
  const Digits digits = obtain_digits(offline(notes));
  CHECK(digits.train.cols() == 1600);
  CHECK_THAT(notes, ContainsSubstring("the cache is passed over: train-images-idx3-ubyte has SHA-256"));
}

TEST_CASE("fetched files replace those of the cache, a damaged copy of the other kind too") {
  const OwnCache cache;
  const std::filesystem::path folder = mnist_cache_folder();
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "train-images-idx3-ubyte.gz") << "damaged";
  const TemporaryFolder workplace(folder.parent_path());
  write_own_digits(workplace.path());
  REQUIRE(move_to_mnist_cache(workplace.path(), folder));
  CHECK(read_mnist_folder(folder)[0].n_items() == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "train-images-idx3-ubyte.gz"));
  CHECK_FALSE(std::filesystem::exists(workplace.path() / "train-images-idx3-ubyte"));
}

TEST_CASE("the hash of an array is the hash of its uncompressed file") {
  const parsae::test::TemporaryFolder folder;
  write_idx(folder / "labels", {3}, {1, 2, 3});
  std::ifstream file(folder / "labels", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(sha256_of_idx(parsae::read_idx(folder / "labels")) == sha256_hex(bytes));
}

}  // namespace mnist_mdl_digits_test
