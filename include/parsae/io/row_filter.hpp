// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/types.hpp>
#include <parsae/io/row_file.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Which rows are fit for training: finite ones whose Euclidean norm is not above a limit.
class RowFilter {
 public:
  enum class Verdict : std::uint8_t { Kept, NotFinite, Outlier };

  RowFilter() = default;

  /// \param largest_norm  > 0; 0: no limit
  explicit RowFilter(double largest_norm) : largest_norm_(largest_norm) {}

  /// The limit is `ratio` >= 1 times the median norm of the first finite rows of every file, some 4096 in all.
  /// FileError when there is none, or when most of them are zero.
  [[nodiscard]] static RowFilter of_median_norm(const std::vector<std::unique_ptr<RowFile>>& files, double ratio) {
    const Index of_each = divide_up(4096, static_cast<Index>(files.size()));
    Vector<float> row(files.front()->n_inputs());
    std::vector<double> norms;
    for (const std::unique_ptr<RowFile>& file : files) {
      for (Index i = 0; i < std::min(of_each, file->n_rows()); ++i) {
        file->read(i, Slice<float>(row.data(), row.size()));
        if (row.allFinite()) norms.push_back(norm(row));
      }
    }
    const std::filesystem::path& path = files.front()->path();
    if (norms.empty()) throw FileError(path, "no finite row among the first ones of this and the other files");
    const auto middle = norms.begin() + static_cast<std::ptrdiff_t>(norms.size() / 2);
    std::nth_element(norms.begin(), middle, norms.end());
    if (*middle > 0) return RowFilter(ratio * *middle);
    throw FileError(path, "most of the first rows are zero: outlying norms have no median to compare with");
  }

  [[nodiscard]] double largest_norm() const { return largest_norm_; }

  [[nodiscard]] Verdict judge(const Eigen::Ref<const Vector<float>>& row) const {
    // A finite sum says in one quick pass that all are finite; it also overflows when they are merely large.
    if (!std::isfinite(row.sum()) && !row.allFinite()) return Verdict::NotFinite;
    if (largest_norm_ > 0 && norm(row) > largest_norm_) return Verdict::Outlier;
    return Verdict::Kept;
  }

  /// In double: the squares of large floats overflow.
  [[nodiscard]] static double norm(const Eigen::Ref<const Vector<float>>& row) { return row.cast<double>().norm(); }

 private:
  double largest_norm_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
