// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/atomic_file.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/npy_header.hpp>
#include <parsae/io/shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// An .npy file (versions 1.0 to 3.0, C order, '<f4' or '|u1') mapped from the disk: nothing is read before it is used.
///
/// A C-order array [n_samples, n_inputs] lies in memory as the column-major n_inputs x n_samples matrix in which a
/// sample is a column, so samples() needs no copy. Of an array of higher rank, such as images [n, 28, 28], every
/// dimension after the first belongs to the inputs.
///
/// Throws FileError when the file is anything else, including one that is shorter or longer than its header says.
class NpyFile {
 public:
  enum class Type { F4, U1 };

  explicit NpyFile(const std::filesystem::path& path) : file_(path), header_(read_npy_header(file_)) {
    require_supported();
    require_exact_size();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] Type type() const { return header_.descr == "<f4" ? Type::F4 : Type::U1; }
  [[nodiscard]] Slice<const Index> shape() const { return header_.shape.slice(); }

  /// The first dimension. Like everything below, throws FileError when the array has fewer than two.
  [[nodiscard]] Index n_samples() const {
    require_rank();
    return header_.shape[0];
  }

  /// The product of all dimensions but the first.
  [[nodiscard]] Index n_inputs() const {
    require_rank();
    return detail::count_elements(shape().part(1, shape().size() - 1)).value();
  }

  /// The file itself as n_inputs x n_samples, valid as long as this object lives. Only for '<f4' whose data begins at a
  /// multiple of 4 (NumPy sees to that); else throws FileError. Values may be NaN or infinite: see require_finite().
  [[nodiscard]] Eigen::Map<const Matrix<float>> samples() const {
    const Index rows = n_inputs();
    if (type() != Type::F4) fail("only '<f4' can be mapped, got '" + header_.descr + "': use read_samples()");
    if (header_.data_begin % static_cast<Index>(alignof(float)) != 0) {
      fail("only data aligned to 4 bytes can be mapped: use read_samples()", header_.data_begin);
    }
    return {reinterpret_cast<const float*>(data()), rows, n_samples()};
  }

  /// A copy in memory, n_inputs x n_samples, of finite values; '|u1' gives 0 to 255. Throws FileError as
  /// require_finite().
  template <class Scalar>
  [[nodiscard]] Matrix<Scalar> read_samples() const {
    Matrix<Scalar> samples(n_inputs(), n_samples());
    if (type() == Type::F4) {
      require_finite();
      for (Index i = 0; i < samples.size(); ++i) samples.data()[i] = static_cast<Scalar>(f4(i));
    } else {
      for (Index i = 0; i < samples.size(); ++i)
        samples.data()[i] = static_cast<Scalar>(std::to_integer<int>(data()[i]));
    }
    return samples;
  }

  /// Reads the whole file and throws FileError naming the first value that is NaN or infinite by row (the sample) and
  /// column (the input) of the array.
  void require_finite() const {
    const Index size = n_inputs() * n_samples();
    if (type() != Type::F4) return;
    for (Index i = 0; i < size; ++i) {
      if (std::isfinite(f4(i))) continue;
      std::ostringstream reason;
      reason << "expected finite values, got " << f4(i) << " in row " << i / n_inputs() << ", column "
             << i % n_inputs();
      fail(reason.str(), header_.data_begin + 4 * i);
    }
  }

 private:
  [[nodiscard]] const std::byte* data() const { return file_.bytes().data() + header_.data_begin; }
  [[nodiscard]] float f4(Index i) const { return detail::load_little_endian<float>(data() + 4 * i); }

  void require_supported() const {
    const std::string& descr = header_.descr;
    if (descr.find('O') != std::string::npos)
      fail("'" + descr + "' holds pickled Python objects, which are never read");
    if (descr != "<f4" && descr != "|u1") {
      const std::string what = descr.starts_with('>') ? "' is big-endian and not" : "' is not";
      fail("'" + descr + what + " supported here; supported: '<f4', '|u1'");
    }
    if (header_.fortran_order) {
      fail("fortran_order True is not supported here; save the array in C order (numpy.ascontiguousarray)");
    }
  }

  void require_exact_size() const {
    Buffer<Index> dimensions = header_.shape;
    dimensions.push_back(type() == Type::F4 ? 4 : 1);
    const std::optional<Index> expected = detail::count_elements(dimensions.slice());
    if (!expected) fail("the shape " + detail::shape_text(shape()) + " has more elements than can be counted");
    const Index got = file_.size() - header_.data_begin;
    if (got == *expected) return;
    fail((got < *expected ? "truncated: the shape " : "bytes after the data: the shape ") +
             detail::shape_text(shape()) + " of '" + header_.descr + "' needs " + std::to_string(*expected) +
             " bytes after the header, got " + std::to_string(got),
         header_.data_begin + std::min(got, *expected));
  }

  void require_rank() const {
    if (shape().size() >= 2) return;
    fail("expected at least two dimensions (n_samples, n_inputs), got the shape " + detail::shape_text(shape()));
  }

  [[noreturn]] void fail(const std::string& reason, std::optional<Index> offset = std::nullopt) const {
    if (!offset) throw FileError(path(), reason);
    throw FileError(path(), reason, static_cast<std::uint64_t>(*offset));
  }

  MappedFile file_;
  NpyHeader header_;
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
