// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/gene_set.hpp>
#include <parsae/core/buffer.hpp>
#include <parsae/core/file_error.hpp>
#include <parsae/data/hierarchical_cells.hpp>
#include <parsae/io/npy.hpp>
#include <parsae/io/text_lines.hpp>
#ifdef PARSAE_CELLS_WITH_HDF5
#include <parsae/hdf5/open_h5_rows.hpp>
#else
#include <parsae/io/open_row_file.hpp>
#endif

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "matrix_market.hpp"

namespace parsae_examples::cells {

using parsae::Index;
using parsae::Matrix;

/// Cells with the counts of their genes; a cell is a column.
struct CellData {
  std::string source;    ///< for people
  Matrix<float> counts;  ///< n_genes x n_cells, finite, >= 0
  std::vector<std::string> genes;
  parsae::Buffer<Index> label;  ///< by cell, or empty
  std::vector<std::string> types;
  std::vector<parsae::GeneSet> sets;  ///< may be none

  bool is_simulated = false;

  [[nodiscard]] bool is_labelled() const { return !label.empty(); }
};

/// Which axis of a file the cells are.
enum class CellAxis {
  Usual,  ///< columns of .mtx, as sequencers' software writes it, else rows
  Rows,
  Columns
};

struct CellFiles {
  std::filesystem::path counts{};
  std::filesystem::path genes{};   ///< a name a line; empty: numbered, or `counts` with .features.txt for its extension
  std::filesystem::path labels{};  ///< a cell type a line, or .npy with numbers from 0; empty: none
  std::filesystem::path sets{};    ///< gene sets in the GMT format; empty: none
  CellAxis cells = CellAxis::Usual;
};

namespace detail {

[[nodiscard]] inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
  const parsae::MappedFile file(path);
  parsae::TextLines lines(file);
  std::vector<std::string> found;
  while (const auto line = lines.next()) found.emplace_back(*line);
  while (!found.empty() && found.back().empty()) found.pop_back();
  return found;
}

[[nodiscard]] inline std::vector<std::string> split_tabs(const std::string& line) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    parts.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

[[nodiscard]] inline std::string counted(Index n, const std::string& what) { return std::to_string(n) + " " + what; }

[[nodiscard]] inline Matrix<float> read_rows(const std::filesystem::path& path) {
#ifdef PARSAE_CELLS_WITH_HDF5
  const std::unique_ptr<parsae::RowFile> file = parsae::open_row_file_or_h5(path);
#else
  const std::unique_ptr<parsae::RowFile> file = parsae::open_row_file(path);
#endif
  constexpr Index most_numbers = Index{1} << 29;
  if (file->n_rows() > most_numbers / file->n_inputs())
    throw parsae::FileError(path, "expected at most " + std::to_string(most_numbers) + " numbers with zeros, got " +
                                      std::to_string(file->n_rows()) + " x " + std::to_string(file->n_inputs()));
  Matrix<float> rows(file->n_inputs(), file->n_rows());
  file->read(0, parsae::Slice<float>(rows.data(), rows.size()));
  return rows;
}

/// n_genes x n_cells.
[[nodiscard]] inline Matrix<float> read_counts(const std::filesystem::path& path, CellAxis axis) {
  std::string name = path.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const bool is_market = name.ends_with(".mtx");
  Matrix<float> counts = is_market ? MatrixMarket(path).matrix() : read_rows(path);
  // A Matrix Market matrix stands as in the file, genes x cells by custom; a row of any other file is a column here.
  const bool cells_are_columns_of_file = axis == CellAxis::Columns || (axis == CellAxis::Usual && is_market);
  if (is_market != cells_are_columns_of_file) counts = counts.transpose().eval();
  for (Index i = 0; i < counts.cols(); ++i)
    for (Index g = 0; g < counts.rows(); ++g)
      if (!(counts(g, i) >= 0) || !std::isfinite(counts(g, i)))
        throw parsae::FileError(path, "expected counts of at least 0, got " + std::to_string(counts(g, i)) +
                                          " for gene " + std::to_string(g) + " of cell " + std::to_string(i));
  if (counts.cols() < 20 || counts.rows() < 3)
    throw parsae::FileError(path, "expected at least 20 cells of 3 genes, got " + counted(counts.cols(), "cells of ") +
                                      counted(counts.rows(), "genes"));
  return counts;
}

[[nodiscard]] inline std::vector<std::string> read_genes(const CellFiles& files, Index n_genes) {
  std::filesystem::path path = files.genes;
  if (path.empty()) {
    path = files.counts;
    path.replace_extension(".features.txt");
    if (!std::filesystem::exists(path)) {
      std::vector<std::string> numbered;
      for (Index g = 0; g < n_genes; ++g) numbered.push_back("gene " + std::to_string(g));
      return numbered;
    }
  }
  std::vector<std::string> names = read_lines(path);
  for (std::string& name : names) {
    const std::vector<std::string> parts = split_tabs(name);  // features.tsv: identifier, name, kind
    name = parts.size() > 1 ? parts[1] : parts[0];
  }
  if (static_cast<Index>(names.size()) != n_genes)
    throw parsae::FileError(path, "expected " + counted(n_genes, "gene names") + ", one a line, got " +
                                      counted(static_cast<Index>(names.size()), "lines"));
  return names;
}

/// The numbers of a one-dimensional .npy file.
[[nodiscard]] inline std::vector<double> read_numbers(const std::filesystem::path& path) {
  const parsae::MappedFile file(path);
  const parsae::NpyHeader header = parsae::read_npy_header(file);
  const Index n_bytes = file.size() - header.data_begin;
  const parsae::ElementType type = parsae::require_npy_array(path, header, n_bytes);
  if (header.shape.size() != 1) throw parsae::FileError(path, "expected one dimension, a label for each cell");
  std::vector<double> numbers(static_cast<std::size_t>(header.shape[0]));
  parsae::convert_elements(type, file.bytes().data() + header.data_begin, header.shape[0], numbers.data());
  return numbers;
}

/// A name for each cell: the lines of a text file, or the lines of .names.txt that the numbers of an .npy file choose.
[[nodiscard]] inline std::vector<std::string> read_type_names(const std::filesystem::path& path) {
  if (path.extension() != ".npy") return read_lines(path);
  std::filesystem::path names_path = path;
  names_path.replace_extension(".names.txt");
  const bool is_named = std::filesystem::exists(names_path);
  const std::vector<std::string> names = is_named ? read_lines(names_path) : std::vector<std::string>();
  std::vector<std::string> found;
  for (const double number : read_numbers(path)) {
    const double most = is_named ? static_cast<double>(names.size()) - 1 : 1e6;
    if (!(number >= 0 && number <= most) || number != std::floor(number))
      throw parsae::FileError(path, "expected whole numbers from 0 to " + std::to_string(static_cast<Index>(most)) +
                                        (is_named ? ", as " + names_path.filename().string() + " has names" : "") +
                                        ", got " + std::to_string(number));
    const auto at = static_cast<std::size_t>(number);
    found.push_back(is_named ? names[at] : "type " + std::to_string(at));
  }
  return found;
}

/// Types get numbers in the order of their names.
inline void read_labels(const std::filesystem::path& path, CellData& data) {
  const std::vector<std::string> names = read_type_names(path);
  if (static_cast<Index>(names.size()) != data.counts.cols())
    throw parsae::FileError(path, "expected " + counted(data.counts.cols(), "labels") + ", one for each cell, got " +
                                      std::to_string(names.size()));
  std::map<std::string, Index> numbers;
  for (const std::string& name : names) numbers.emplace(name, 0);
  for (auto& [name, number] : numbers) {
    number = static_cast<Index>(data.types.size());
    data.types.push_back(name);
  }
  if (data.types.size() < 2) throw parsae::FileError(path, "expected at least two cell types, got one");
  if (data.types.size() > 200)
    throw parsae::FileError(path, "expected at most 200 cell types, got " + std::to_string(data.types.size()));
  for (const std::string& name : names) data.label.push_back(numbers.at(name));
}

/// A line a set: name, description, genes, between tabs. Genes that the cells do not have are left out.
inline void read_sets(const std::filesystem::path& path, CellData& data) {
  std::map<std::string, Index> numbers;
  for (std::size_t g = 0; g < data.genes.size(); ++g) numbers.emplace(data.genes[g], static_cast<Index>(g));
  Index line_number = 0;
  for (const std::string& line : read_lines(path)) {
    ++line_number;
    const std::vector<std::string> parts = split_tabs(line);
    if (parts.size() < 3)
      throw parsae::FileError(
          path, "line " + std::to_string(line_number) + ": expected a name, a description and genes, between tabs");
    std::set<Index> genes;
    for (std::size_t p = 2; p < parts.size(); ++p)
      if (const auto found = numbers.find(parts[p]); found != numbers.end()) genes.insert(found->second);
    parsae::GeneSet set{parts[0], {}};
    for (const Index gene : genes) set.genes.push_back(gene);
    if (!genes.empty()) data.sets.push_back(set);
  }
  if (data.sets.empty()) throw parsae::FileError(path, "expected sets with genes of the cells, got none");
}

}  // namespace detail

/// Throws parsae::FileError for a file that cannot be read as what it should be.
[[nodiscard]] inline CellData read_cells(const CellFiles& files) {
  CellData data;
  data.counts = detail::read_counts(files.counts, files.cells);
  data.genes = detail::read_genes(files, data.counts.rows());
  if (!files.labels.empty()) detail::read_labels(files.labels, data);
  if (!files.sets.empty()) detail::read_sets(files.sets, data);
  data.source = files.counts.filename().string();
  return data;
}

/// Cells of eight types whose genes follow 20 programs, the large simulation rounded to counts; its gene sets are the
/// programs.
[[nodiscard]] inline CellData simulated_cells(Index n_cells, parsae::Threads threads) {
  const parsae::HierarchicalCells simulation({.n_genes = 1000, .n_programs = 20, .n_types = 8, .seed = 7});
  const auto cells = simulation.draw({0, n_cells}, threads);
  CellData data;
  data.is_simulated = true;
  data.source = "simulated cells (a hierarchy of 20 programs and 8 types)";
  data.counts = cells.expression.unaryExpr([](float y) { return std::round(std::max(y, 0.0f)); });
  data.label = cells.type;
  for (Index t = 0; t < 8; ++t) data.types.push_back("type " + std::to_string(t));
  for (Index g = 0; g < 1000; ++g) data.genes.push_back("gene " + std::to_string(g));
  for (Index p = 0; p < 20; ++p) {
    parsae::GeneSet set{"program " + std::to_string(p), {}};
    for (Index g = 0; g < 1000; ++g)
      if (simulation.connectivity()(g, p) != 0) set.genes.push_back(g);
    data.sets.push_back(set);
  }
  return data;
}

/// The blood cells in the folder of real data that PARSAE_TEST_DATA names; nothing where they are not there.
[[nodiscard]] inline std::optional<CellFiles> default_cell_files() {
  const char* folder = std::getenv("PARSAE_TEST_DATA");
  if (folder == nullptr) return std::nullopt;
  const std::filesystem::path cells = std::filesystem::path(folder) / "cells";
  CellFiles files{cells / "pbmc68k_counts.npy", {}, cells / "pbmc68k_labels.npy", {}, CellAxis::Usual};
  std::error_code ignored;
  if (!std::filesystem::exists(files.counts, ignored) || !std::filesystem::exists(files.labels, ignored))
    return std::nullopt;
  return files;
}

}  // namespace parsae_examples::cells
