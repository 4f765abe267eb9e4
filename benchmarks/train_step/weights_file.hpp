// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/slice.hpp>
#include <parsae/model/autoencoder.hpp>

#include <measure/problem_size.hpp>

#include <filesystem>
#include <fstream>
#include <ios>

namespace parsae_benchmarks {

/// Reads float32 values in the byte order of this machine, one array after the other.
class FloatReader {
 public:
  explicit FloatReader(const std::filesystem::path& path) : path_(path), in_(path, std::ios::binary) {
    if (!in_) throw parsae::FileError(path, "cannot be opened to read");
  }

  void read(parsae::Slice<float> values) {
    in_.read(reinterpret_cast<char*>(values.data()),
             static_cast<std::streamsize>(values.size()) * static_cast<std::streamsize>(sizeof(float)));
    if (!in_) throw parsae::FileError(path_, "has fewer values than expected");
  }

 private:
  std::filesystem::path path_;
  std::ifstream in_;
};

/// Writes what FloatReader reads.
class FloatWriter {
 public:
  explicit FloatWriter(const std::filesystem::path& path) : path_(path), out_(path, std::ios::binary) {}

  void write(parsae::Slice<const float> values) {
    out_.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size()) * static_cast<std::streamsize>(sizeof(float)));
  }

  /// Throws parsae::FileError when anything could not be written.
  void close() {
    out_.close();
    if (!out_) throw parsae::FileError(path_, "cannot be written: the disk may be full");
  }

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

/// use(slice) for w_enc, b_enc, w_dec and b_dec: every model has these four, whatever its activation adds.
template <class Act, class Use>
void for_each_weight(parsae::Autoencoder<Act>& model, const Use& use) {
  model.visit_arrays([&](const parsae::ParameterArray<float>& array) {
    if (array.name.starts_with("w_") || array.name.starts_with("b_")) use(array.values);
  });
}

}  // namespace parsae_benchmarks
