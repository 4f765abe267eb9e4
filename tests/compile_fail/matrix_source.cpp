// SPDX-License-Identifier: MIT
// CASE_TEMPORARY: use of deleted function|call to deleted constructor
// CASE_CONST_TEMPORARY: use of deleted function|call to deleted constructor
// CASE_EXPRESSION: use of deleted function|call to deleted constructor
// CASE_ROW_MAJOR: use of deleted function|call to deleted constructor
#include <parsae/data/matrix_source.hpp>

#include <utility>

parsae::Matrix<float> made() { return parsae::Matrix<float>::Ones(4, 16); }

int main() {
  parsae::Matrix<float> samples = made();
#if defined(CASE_TEMPORARY)
  const parsae::MatrixSource<float> source(made(), {.batch_size = 8});
#elif defined(CASE_CONST_TEMPORARY)
  const parsae::MatrixSource<float> source(static_cast<const parsae::Matrix<float> >(samples), {.batch_size = 8});
#elif defined(CASE_EXPRESSION)
  const parsae::MatrixSource<float> source(2 * samples, {.batch_size = 8});
#elif defined(CASE_ROW_MAJOR)
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = samples;
  const parsae::MatrixSource<float> source(rows, {.batch_size = 8});
#else
  const Eigen::Map<const parsae::Matrix<float> > map(samples.data(), 4, 16);
  const Eigen::Ref<const parsae::Matrix<float> > reference = samples;
  const parsae::MatrixSource<float> whole(samples, {.batch_size = 8});
  const parsae::MatrixSource<float> constant(std::as_const(samples), {.batch_size = 8});
  const parsae::MatrixSource<float> mapped(map, {.batch_size = 8});
  const parsae::MatrixSource<float> referred(reference, {.batch_size = 8});
  const parsae::MatrixSource<float> source(samples.leftCols(8), {.batch_size = 8});
#endif
  return static_cast<int>(source.n_samples());
}
