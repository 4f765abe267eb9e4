// SPDX-License-Identifier: MIT
#include <cells/cell_data.hpp>
#include <cells/normalization.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <fstream>
#include <string>

namespace cells_cell_data_test {

using namespace parsae_examples::cells;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using parsae::test::TemporaryFolder;

namespace {

constexpr Index n_cells = 21;

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Count of gene g in cell i.
Index count_at(Index g, Index i) { return (g + 2 * i) % 5; }

/// Three genes of 21 cells, a row a cell.
std::filesystem::path write_counts(const TemporaryFolder& folder) {
  std::string text;
  for (Index i = 0; i < n_cells; ++i)
    text += std::to_string(count_at(0, i)) + "," + std::to_string(count_at(1, i)) + "," +
            std::to_string(count_at(2, i)) + "\n";
  write(folder / "counts.csv", text);
  return folder / "counts.csv";
}

std::string repeated(const std::string& even, const std::string& odd) {
  std::string text;
  for (Index i = 0; i < n_cells; ++i) text += (i % 2 == 0 ? even : odd) + "\n";
  return text;
}

void check_counts(const CellData& data) {
  REQUIRE(data.counts.rows() == 3);
  REQUIRE(data.counts.cols() == n_cells);
  for (Index i = 0; i < n_cells; ++i)
    for (Index g = 0; g < 3; ++g) CHECK(data.counts(g, i) == static_cast<float>(count_at(g, i)));
}

}  // namespace

TEST_CASE("cells are rows of a table and columns of a Matrix Market file, if nothing else is said") {
  const TemporaryFolder folder;
  check_counts(read_cells({.counts = write_counts(folder)}));
  std::string text = "%%MatrixMarket matrix array integer general\n3 21\n";
  for (Index i = 0; i < n_cells; ++i)
    for (Index g = 0; g < 3; ++g) text += std::to_string(count_at(g, i)) + "\n";
  write(folder / "counts.mtx", text);
  check_counts(read_cells({.counts = folder / "counts.mtx"}));
  CHECK_THROWS_WITH(read_cells({.counts = folder / "counts.mtx", .cells = CellAxis::Rows}),
                    ContainsSubstring("at least 20 cells"));
  CHECK_THROWS_WITH(read_cells({.counts = folder / "counts.csv", .cells = CellAxis::Columns}),
                    ContainsSubstring("at least 20 cells"));
}

TEST_CASE("names of genes come from their file, from the one beside the counts, or are numbers") {
  const TemporaryFolder folder;
  CellFiles files{.counts = write_counts(folder)};
  CHECK(read_cells(files).genes == std::vector<std::string>{"gene 0", "gene 1", "gene 2"});
  write(folder / "counts.features.txt", "CD3D\nNKG7\nLYZ\n");
  CHECK(read_cells(files).genes == std::vector<std::string>{"CD3D", "NKG7", "LYZ"});
  write(folder / "features.tsv", "ENSG1\tA\tGene Expression\nENSG2\tB\tGene Expression\nENSG3\tC\tGene Expression\n");
  files.genes = folder / "features.tsv";
  CHECK(read_cells(files).genes == std::vector<std::string>{"A", "B", "C"});
  write(folder / "features.tsv", "A\nB\n");
  CHECK_THROWS_WITH(read_cells(files), ContainsSubstring("expected 3 gene names, one a line, got 2 lines"));
}

TEST_CASE("labels are names a line, or numbers with names beside them; types stand in the order of their names") {
  const TemporaryFolder folder;
  CellFiles files{.counts = write_counts(folder), .labels = folder / "types.txt"};
  write(files.labels, repeated("T cell", "B cell"));
  const CellData data = read_cells(files);
  CHECK(data.types == std::vector<std::string>{"B cell", "T cell"});
  REQUIRE(data.label.size() == n_cells);
  CHECK(data.label[0] == 1);
  CHECK(data.label[1] == 0);

  write(files.labels, repeated("T cell", "T cell"));
  CHECK_THROWS_WITH(read_cells(files), ContainsSubstring("at least two cell types"));
  write(files.labels, "T cell\nB cell\n");
  CHECK_THROWS_WITH(read_cells(files), ContainsSubstring("expected 21 labels, one for each cell, got 2"));

  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (21,), }";
  header.append(53 - header.size() % 64 + 64, ' ');
  header += '\n';
  const auto size = static_cast<char>(header.size());
  std::string npy = std::string("\x93NUMPY\x01\x00", 8) + size + '\0' + header;
  for (Index i = 0; i < n_cells; ++i) npy += static_cast<char>(i % 3);
  files.labels = folder / "types.npy";
  write(files.labels, npy);
  CHECK(read_cells(files).types == std::vector<std::string>{"type 0", "type 1", "type 2"});
  write(folder / "types.names.txt", "c\nb\na\n");
  const CellData named = read_cells(files);
  CHECK(named.types == std::vector<std::string>{"a", "b", "c"});
  CHECK(named.label[0] == 2);
  CHECK(named.label[2] == 0);
  write(folder / "types.names.txt", "c\nb\n");
  CHECK_THROWS_WITH(read_cells(files), ContainsSubstring("whole numbers from 0 to 1"));
}

TEST_CASE("gene sets keep the genes that the cells have, each once") {
  const TemporaryFolder folder;
  CellFiles files{.counts = write_counts(folder), .sets = folder / "sets.gmt"};
  write(files.sets, "first\tnote\tgene 2\tgene 0\tgene 2\tunheard-of\nnone of them\tnote\tunheard-of\n");
  const CellData data = read_cells(files);
  REQUIRE(data.sets.size() == 1);
  CHECK(data.sets[0].name == "first");
  REQUIRE(data.sets[0].genes.size() == 2);
  CHECK(data.sets[0].genes[0] == 0);
  CHECK(data.sets[0].genes[1] == 2);
  write(files.sets, "no genes here\n");
  CHECK_THROWS_WITH(read_cells(files), ContainsSubstring("line 1: expected a name, a description and genes"));
  write(files.sets, "none\tnote\tunheard-of\n");
  CHECK_THROWS_WITH(read_cells(files), ContainsSubstring("sets with genes of the cells, got none"));
}

TEST_CASE("counts are finite and not negative") {
  const TemporaryFolder folder;
  const std::filesystem::path path = write_counts(folder);
  std::ofstream(path, std::ios::app) << "1,-2,3\n";
  CHECK_THROWS_WITH(read_cells({.counts = path}), ContainsSubstring("for gene 1 of cell 21"));
  CHECK_THROWS_AS(read_cells({.counts = folder / "absent.csv"}), parsae::FileError);
}

TEST_CASE("simulated cells are counts with types and their programs as gene sets") {
  const CellData data = simulated_cells(50, parsae::Threads(2));
  CHECK(data.is_simulated);
  CHECK(data.counts.cols() == 50);
  CHECK(data.counts.minCoeff() >= 0);
  CHECK(data.counts == data.counts.unaryExpr([](float y) { return std::round(y); }));
  CHECK(data.label.size() == 50);
  CHECK(data.sets.size() == 20);
}

TEST_CASE("log counts per million by their definition, and a cell without counts") {
  Matrix<float> counts(2, 3);
  counts << 1, 0, 5, 3, 0, 0;
  const Matrix<float> logs = log_counts_per_million(counts);
  CHECK_THAT(logs(0, 0), WithinAbs(std::log(250001.0), 1e-5));
  CHECK_THAT(logs(1, 0), WithinAbs(std::log(750001.0), 1e-5));
  CHECK(logs.col(1).isZero());
  CHECK_THAT(logs(0, 2), WithinAbs(std::log(1000001.0), 1e-5));
}

TEST_CASE("z-scores have mean 0 and variance 1 where they were fitted, and other cells the same scale") {
  Matrix<float> expression = parsae::test::random_matrix<float>(4, 200, 3);
  expression.row(1) *= 10;
  expression.row(2).setConstant(7);
  const ZScore all(expression, 10);
  REQUIRE(all.genes().size() == 3);  // without the constant one
  const Matrix<float> scores = all.transform(expression);
  for (Index g = 0; g < 3; ++g) {
    CHECK_THAT(scores.row(g).mean(), WithinAbs(0, 1e-5));
    CHECK_THAT(scores.row(g).squaredNorm() / 200, WithinAbs(1, 1e-4));
  }
  const Matrix<float> moved = (expression.leftCols(1).array() + 1).matrix();
  const double step = all.transform(moved)(1, 0) - scores(1, 0);  // one unit, in deviations of the fit
  CHECK_THAT(step * step * (expression.row(1).array() - expression.row(1).mean()).square().mean(), WithinAbs(1, 1e-3));
  const ZScore one(expression, 1);
  REQUIRE(one.genes().size() == 1);
  CHECK(one.genes()[0] == 1);  // the one that varies most
  CHECK_THROWS_WITH(ZScore(Matrix<float>::Ones(3, 5), 2), ContainsSubstring("a gene that varies"));
}

}  // namespace cells_cell_data_test
