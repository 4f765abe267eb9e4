// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/array_layout.hpp>
#include <parsae/io/atomic_file.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/element_type.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/npy_header.hpp>
#include <parsae/io/npy_layout.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// An .npy file (versions 1.0 to 3.0) mapped from the disk: nothing is read before it is used. Its elements are
/// floating point of 2, 4 or 8 bytes or integers of 1, 2, 4 or 8 bytes, in either byte order, and in C or Fortran
/// order.
///
/// A C-order array [n_samples, n_inputs] lies in memory as the column-major n_inputs x n_samples matrix in which a
/// sample is a column, so samples() needs no copy. Of an array of higher rank, such as images [n, 28, 28], every
/// dimension after the first belongs to the inputs.
///
/// Throws FileError when the file is anything else, including one that is shorter or longer than its header says.
class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path)
      : file_(path),
        header_(read_npy_header(file_)),
        type_(require_npy_array(path, header_, file_.size() - header_.data_begin)) {
    if (shape().size() >= 2) layout_ = npy_layout(path, header_, file_.size() - header_.data_begin);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] ElementType type() const { return type_; }
  [[nodiscard]] Slice<const Index> shape() const { return header_.shape.slice(); }

  /// The first dimension. Like everything below, throws FileError when the array has fewer than two.
  [[nodiscard]] Index n_samples() const { return layout().n_rows(); }

  /// The product of all dimensions but the first.
  [[nodiscard]] Index n_inputs() const { return layout().n_inputs(); }

  /// The file itself as n_inputs x n_samples, valid as long as this object lives. Only for '<f4' in C order whose data
  /// begins at a multiple of 4 (NumPy sees to that); else throws FileError. Values may be NaN or infinite: see
  /// require_finite().
  [[nodiscard]] Eigen::Map<const Matrix<float>> samples() const {
    const Index rows = n_inputs();
    if (type_ != ElementType{}) fail("only '<f4' can be mapped, got '" + header_.descr + "': use read_samples()");
    if (header_.fortran_order) fail("only C order can be mapped, got Fortran order: use read_samples()");
    if (header_.data_begin % static_cast<Index>(alignof(float)) != 0) {
      fail("only data aligned to 4 bytes can be mapped: use read_samples()", header_.data_begin);
    }
    return {reinterpret_cast<const float*>(data()), rows, n_samples()};
  }

  /// A copy in memory, n_inputs x n_samples, of finite values; integers keep their values. Throws FileError as
  /// require_finite(), also for a value beyond the range of Scalar.
  template <class Scalar>
  [[nodiscard]] Matrix<Scalar> read_samples() const {
    Matrix<Scalar> samples(n_inputs(), n_samples());
    layout().read_rows(data(), 0, Slice<Scalar>(samples.data(), samples.size()));
    for (Index row = 0; row < samples.cols(); ++row) require_finite(row, samples.col(row));
    return samples;
  }

  /// Reads the whole file and throws FileError naming the first value that is NaN or infinite by row (the sample) and
  /// column (the input) of the array.
  void require_finite() const {
    const ArrayLayout& layout = this->layout();
    if (!type_.is_floating_point()) return;
    Vector<double> sample(layout.n_inputs());
    for (Index row = 0; row < layout.n_rows(); ++row) {
      layout.read_rows(data(), row, Slice<double>(sample.data(), sample.size()));
      require_finite(row, sample);
    }
  }

 private:
  [[nodiscard]] const std::byte* data() const { return file_.bytes().data() + header_.data_begin; }

  [[nodiscard]] const ArrayLayout& layout() const {
    require_samples(path(), shape());
    return *layout_;
  }

  template <class Sample>
  void require_finite(Index row, const Sample& sample) const {
    if (sample.allFinite()) return;
    Index input = 0;
    while (std::isfinite(sample[input])) ++input;
    std::ostringstream reason;
    reason << "expected finite values, got " << sample[input] << " in row " << row << ", column " << input;
    fail(reason.str(), header_.data_begin + layout().offset(row, input));
  }

  [[noreturn]] void fail(const std::string& reason, std::optional<Index> offset = std::nullopt) const {
    if (!offset) throw FileError(path(), reason);
    throw FileError(path(), reason, static_cast<std::uint64_t>(*offset));
  }

  MappedFile file_;
  NpyHeader header_;
  ElementType type_;
  std::optional<ArrayLayout> layout_;  // of arrays that have samples
};

/// Writes n_inputs x n_samples (a sample is a column) as the C-order '<f4' array [n_samples, n_inputs], version 1.0.
/// The file is replaced as a whole or not at all; throws FileError.
inline void write_npy(const std::filesystem::path& path, const Eigen::Ref<const Matrix<float>>& samples) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(samples.cols()) + ", " +
                       std::to_string(samples.rows()) + "), }";
  constexpr std::size_t prefix = 10;
  header.append(63 - (prefix + header.size()) % 64, ' ');  // the data begins at a multiple of 64, after the newline
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  AtomicFile out(path);
  out.write(std::string_view("\x93NUMPY\x01\x00", 8));
  out.write(as_bytes(Slice<const std::uint16_t>(&length, 1)));
  out.write(header);
  for (Index sample = 0; sample < samples.cols(); ++sample) {
    out.write(as_bytes(Slice<const float>(samples.col(sample).data(), samples.rows())));
  }
  out.commit();
}

}  // namespace parsae::inline PARSAE_ABI
