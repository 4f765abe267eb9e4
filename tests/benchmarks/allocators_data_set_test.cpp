// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "../../benchmarks/allocators/data_set.hpp"

namespace allocators_data_set_test {

namespace {

using namespace parsae_benchmarks;
using Catch::Matchers::ContainsSubstring;

/// The first input of every sample, sorted: who is there.
std::vector<float> names(const DataSet& data) {
  std::vector<float> found;
  for (const parsae::Matrix<float>* part : {&data.train, &data.validation, &data.test})
    for (Index i = 0; i < part->cols(); ++i) found.push_back((*part)(0, i));
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("synthetic data has its dictionary and other samples to judge by than to train on") {
  const DataSet data = obtain_data({.n_synthetic = 500, .seed = 3});
  CHECK(data.name == "synthetic");
  CHECK(data.train.rows() == 64);
  CHECK(data.train.cols() == 450);
  CHECK(data.validation.cols() == 50);
  CHECK(data.test.cols() == 50);
  CHECK(data.has_truth());
  CHECK(data.truth == parsae::Superposition({.seed = 3}).truth());
  for (Index i = 0; i < 50; ++i)
    for (const parsae::Matrix<float>* other : {&data.train, &data.validation})
      CHECK((other->colwise() - data.test.col(i)).colwise().squaredNorm().minCoeff() > 0);
  CHECK_THAT(data.source, ContainsSubstring("450 training, 50 validation and 50 held-out samples of 64 inputs"));
}

TEST_CASE(
    "a tenth of a file is held out by the seed, a tenth of the rest is for validation, and nobody is lost or doubled") {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "rows.npy";
  parsae::Matrix<float> samples = parsae::test::random_matrix<float>(3, 95, 1);
  for (Index i = 0; i < 95; ++i) samples(0, i) = static_cast<float>(i);
  parsae::write_npy(path, samples);
  const DataSet data = obtain_data({.data = path.string(), .seed = 1});
  CHECK(data.name == "rows.npy");
  CHECK_FALSE(data.has_truth());
  CHECK(data.test.cols() == 9);
  CHECK(data.validation.cols() == 8);
  CHECK(data.train.cols() == 78);
  const std::vector<float> there = names(data);
  for (std::size_t i = 0; i < 95; ++i) CHECK(there[i] == static_cast<float>(i));
  CHECK(data.test.col(0) == samples.col(static_cast<Index>(data.test(0, 0))));
  const DataSet again = obtain_data({.data = path.string(), .seed = 1});
  CHECK(again.test == data.test);
  CHECK(again.validation == data.validation);
  const DataSet other = obtain_data({.data = path.string(), .seed = 2});
  CHECK(other.test != data.test);
  CHECK(other.validation != data.validation);
  CHECK_THAT(data.source, !ContainsSubstring(folder.path().string()));
}

TEST_CASE("a file of held-out samples of its own is used as it is, and training samples are split for validation") {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path train = folder.path() / "train.npy";
  const std::filesystem::path test = folder.path() / "test.npy";
  parsae::Matrix<float> samples = parsae::test::random_matrix<float>(4, 30, 1);
  for (Index i = 0; i < 30; ++i) samples(0, i) = static_cast<float>(i);
  parsae::write_npy(train, samples);
  parsae::write_npy(test, parsae::test::random_matrix<float>(4, 3, 2));
  const DataSet data = obtain_data({.data = train.string(), .test = test});
  CHECK(data.test == parsae::test::random_matrix<float>(4, 3, 2));
  // The validation samples come out of the training samples all the same.
  CHECK(data.train.cols() == 27);
  REQUIRE(data.validation.cols() == 3);
  for (const parsae::Matrix<float>* part : {&data.train, &data.validation})
    for (Index i = 0; i < part->cols(); ++i) CHECK(part->col(i) == samples.col(static_cast<Index>((*part)(0, i))));
  std::vector<float> there = names(data);
  for (Index i = 0; i < 30; ++i) CHECK(std::count(there.begin(), there.end(), static_cast<float>(i)) == 1);

  parsae::write_npy(test, parsae::test::random_matrix<float>(5, 3, 2));
  CHECK_THROWS_WITH(obtain_data({.data = train.string(), .test = test}),
                    ContainsSubstring("expected 4 inputs a sample as in train.npy, got 5"));
}

TEST_CASE("data that is not there, not two-dimensional or too little is refused by name") {
  const parsae::test::TemporaryFolder folder;
  CHECK_THROWS_WITH(obtain_data({.data = "mnits"}),
                    ContainsSubstring("--data: expected synthetic, mnist or an .npy file that exists, got mnits"));
  const std::filesystem::path path = folder.path() / "few.npy";
  parsae::write_npy(path, parsae::test::random_matrix<float>(3, 19, 1));
  CHECK_THROWS_WITH(obtain_data({.data = path.string()}), ContainsSubstring("expected at least 20 samples"));
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }";
  header.append(117 - header.size(), ' ');
  std::ofstream(path) << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << header << "\n12345678";
  CHECK_THROWS_WITH(obtain_data({.data = path.string()}), ContainsSubstring("expected two dimensions"));
}

}  // namespace allocators_data_set_test
