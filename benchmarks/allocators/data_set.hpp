// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/npy.hpp>

#include <mnist_mdl/digits.hpp>

#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "superposition.hpp"

namespace parsae_benchmarks {

/// What every rule is trained on and judged by; a sample is a column.
struct DataSet {
  std::string name;    ///< "synthetic", "mnist", or the file's name
  std::string source;  ///< a sentence
  parsae::Matrix<float> train;
  parsae::Matrix<float> test;
  parsae::Matrix<float> truth{};  ///< the dictionary that made the data; no columns where nobody knows

  [[nodiscard]] bool has_truth() const { return truth.cols() > 0; }
};

struct DataSettings {
  std::string data = "synthetic";  ///< "synthetic", "mnist" or an .npy file
  std::filesystem::path test{};    ///< held-out samples for an .npy file; empty: a tenth of it
  Index n_synthetic = 200'000;     ///< synthetic training samples; a tenth as many are held out
  bool is_offline = false;         ///< never fetch MNIST
  std::uint64_t seed = 1;
  parsae::Threads threads = parsae::Threads::available();
};

namespace detail {

[[nodiscard]] inline DataSet synthetic_data(const DataSettings& settings) {
  const Superposition world({.seed = settings.seed});
  const Index n_test = std::max<Index>(settings.n_synthetic / 10, 1);
  DataSet data{"synthetic", "", world.samples(0, settings.n_synthetic, settings.threads),
               world.samples(settings.n_synthetic, n_test, settings.threads), world.truth()};
  data.source = std::to_string(world.truth().cols()) + " random directions in " + std::to_string(world.truth().rows()) +
                " dimensions, 8 of them active in a sample on average, the most frequent in every second one and then "
                "falling as 1/rank; amplitudes 0.5 to 1.5, 5 % noise";
  return data;
}

[[nodiscard]] inline DataSet mnist_data(const DataSettings& settings) {
  using parsae_examples::DigitsSettings;
  DigitsSettings wanted;
  wanted.network = settings.is_offline ? DigitsSettings::Network::Forbidden : DigitsSettings::Network::Allowed;
  wanted.note = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  parsae_examples::Digits digits = parsae_examples::obtain_digits(wanted);
  return {"mnist", digits.source, std::move(digits.train), std::move(digits.test)};
}

[[nodiscard]] inline parsae::Matrix<float> npy_samples(const std::filesystem::path& path) {
  const parsae::NpyFile file(path);
  if (file.shape().size() != 2)
    throw parsae::FileError(path,
                            "expected two dimensions (samples, inputs), got " + std::to_string(file.shape().size()));
  return file.read_samples<float>();
}

/// Every tenth of a shuffled row of the samples is held out.
inline void split(const parsae::Matrix<float>& samples, std::uint64_t seed, DataSet& data) {
  constexpr auto purpose = std::uint64_t{35} << 48;  // behind those of Superposition
  const parsae::Random random(seed, purpose);
  std::vector<Index> order(static_cast<std::size_t>(samples.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1, i)]);
  const Index n_test = std::max<Index>(samples.cols() / 10, 1);
  data.test.resize(samples.rows(), n_test);
  data.train.resize(samples.rows(), samples.cols() - n_test);
  for (Index i = 0; i < samples.cols(); ++i) {
    const Index from = order[static_cast<std::size_t>(i)];
    if (i < n_test)
      data.test.col(i) = samples.col(from);
    else
      data.train.col(i - n_test) = samples.col(from);
  }
}

[[nodiscard]] inline DataSet npy_data(const DataSettings& settings) {
  const std::filesystem::path path = settings.data;
  if (!std::filesystem::exists(path))
    parsae::reject("--data", "synthetic, mnist or an .npy file that exists", settings.data);
  DataSet data;
  data.name = path.filename().string();
  parsae::Matrix<float> samples = npy_samples(path);
  if (settings.test.empty()) {
    if (samples.cols() < 20) throw parsae::FileError(path, "expected at least 20 samples to hold a tenth of them out");
    split(samples, settings.seed, data);
  } else {
    data.train = std::move(samples);
    data.test = npy_samples(settings.test);
    if (data.test.rows() != data.train.rows())
      throw parsae::FileError(settings.test, "expected " + std::to_string(data.train.rows()) +
                                                 " inputs a sample as in " + data.name + ", got " +
                                                 std::to_string(data.test.rows()));
  }
  for (const parsae::Matrix<float>* part : {&data.train, &data.test})
    if (part->size() == 0) throw parsae::FileError(part == &data.train ? path : settings.test, "holds no samples");
  data.source = data.name + (settings.test.empty() ? ", a tenth held out" : "");
  return data;
}

}  // namespace detail

/// Reads or makes the data. Throws parsae::FileError for a file that is not what it should be, and
/// std::invalid_argument for a name that is none.
[[nodiscard]] inline DataSet obtain_data(const DataSettings& settings) {
  DataSet data = settings.data == "synthetic" ? detail::synthetic_data(settings)
                 : settings.data == "mnist"   ? detail::mnist_data(settings)
                                              : detail::npy_data(settings);
  using parsae_examples::grouped;
  data.source += "; " + grouped(data.train.cols()) + " training and " + grouped(data.test.cols()) +
                 " held-out samples of " + grouped(data.train.rows()) + " inputs";
  return data;
}

}  // namespace parsae_benchmarks
