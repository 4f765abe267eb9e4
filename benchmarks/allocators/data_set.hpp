// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/shuffle.hpp>
#include <parsae/data/superposition.hpp>
#include <parsae/io/npy.hpp>

#include <mnist_mdl/digits.hpp>

#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

namespace parsae_benchmarks {

using parsae::Index;

/// What every rule is trained on and judged by; a sample is a column.
struct DataSet {
  std::string name;    ///< "synthetic", "mnist", or the file's name
  std::string source;  ///< a sentence
  parsae::Matrix<float> train;
  parsae::Matrix<float> validation;  ///< what learning rates and coefficients are chosen on: never trained on
  parsae::Matrix<float> test;        ///< what the figures of the page are measured on: nothing is chosen on it
  parsae::Matrix<float> truth{};     ///< the dictionary that made the data; no columns where nobody knows

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
  const parsae::Superposition world({.seed = settings.seed});
  const Index n_test = std::max<Index>(settings.n_synthetic / 10, 1);
  DataSet data;
  data.name = "synthetic";
  data.train = world.inputs({0, settings.n_synthetic}, settings.threads);
  data.test = world.inputs({settings.n_synthetic, settings.n_synthetic + n_test}, settings.threads);
  data.truth = world.truth();
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
  DataSet data;
  data.name = "mnist";
  data.source = digits.source;
  data.train = std::move(digits.train);
  data.test = std::move(digits.test);
  return data;
}

[[nodiscard]] inline parsae::Matrix<float> npy_samples(const std::filesystem::path& path) {
  const parsae::NpyFile file(path);
  if (file.shape().size() != 2)
    throw parsae::FileError(path,
                            "expected two dimensions (samples, inputs), got " + std::to_string(file.shape().size()));
  return file.read_samples<float>();
}

/// Which samples a split takes out: purposes are between those of the library, which leaves these numbers free.
enum class HoldOut : std::uint64_t { Test = std::uint64_t{35} << 48, Validation = std::uint64_t{36} << 48 };

/// Takes a tenth of the samples out, at least one, drawn by the seed; the rest stays in shuffled order.
[[nodiscard]] inline parsae::Matrix<float> hold_out(parsae::Matrix<float>& samples, std::uint64_t seed,
                                                    HoldOut purpose) {
  std::vector<Index> order(static_cast<std::size_t>(samples.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  parsae::shuffle(parsae::Slice<Index>(order.data(), samples.cols()),
                  parsae::Random(seed, static_cast<std::uint64_t>(purpose)));
  const Index n_out = std::max<Index>(samples.cols() / 10, 1);
  parsae::Matrix<float> out(samples.rows(), n_out);
  parsae::Matrix<float> rest(samples.rows(), samples.cols() - n_out);
  for (Index i = 0; i < samples.cols(); ++i) {
    const Index from = order[static_cast<std::size_t>(i)];
    if (i < n_out)
      out.col(i) = samples.col(from);
    else
      rest.col(i - n_out) = samples.col(from);
  }
  samples = std::move(rest);
  return out;
}

[[nodiscard]] inline DataSet npy_data(const DataSettings& settings) {
  const std::filesystem::path path = settings.data;
  if (!std::filesystem::exists(path))
    parsae::reject("--data", "synthetic, mnist or an .npy file that exists", settings.data);
  DataSet data;
  data.name = path.filename().string();
  data.train = npy_samples(path);
  if (data.train.cols() < 20)
    throw parsae::FileError(
        path, "expected at least 20 samples to hold a tenth of them out, got " + std::to_string(data.train.cols()));
  if (settings.test.empty()) {
    data.test = hold_out(data.train, settings.seed, HoldOut::Test);
  } else {
    data.test = npy_samples(settings.test);
    if (data.test.rows() != data.train.rows())
      throw parsae::FileError(settings.test, "expected " + std::to_string(data.train.rows()) +
                                                 " inputs a sample as in " + data.name + ", got " +
                                                 std::to_string(data.test.rows()));
  }
  if (data.train.size() == 0) throw parsae::FileError(path, "holds no inputs");
  if (data.test.size() == 0) throw parsae::FileError(settings.test, "holds no samples");
  data.source = data.name + (settings.test.empty() ? ", a tenth held out" : "");
  return data;
}

}  // namespace detail

/// Reads or makes the data; a tenth of the training samples becomes the validation samples. Throws parsae::FileError
/// for a file that is not what it should be, and std::invalid_argument for a name that is none.
[[nodiscard]] inline DataSet obtain_data(const DataSettings& settings) {
  DataSet data = settings.data == "synthetic" ? detail::synthetic_data(settings)
                 : settings.data == "mnist"   ? detail::mnist_data(settings)
                                              : detail::npy_data(settings);
  data.validation = detail::hold_out(data.train, settings.seed, detail::HoldOut::Validation);
  using parsae_examples::grouped;
  data.source += "; " + grouped(data.train.cols()) + " training, " + grouped(data.validation.cols()) +
                 " validation and " + grouped(data.test.cols()) + " held-out samples of " + grouped(data.train.rows()) +
                 " inputs";
  return data;
}

}  // namespace parsae_benchmarks
