// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// Genes that somebody says belong together: a biological process, or the genes of a simulated program.
struct GeneSet {
  std::string name;
  Buffer<Index> genes;  ///< rows of the expression matrix, each once, in any order
};

/// Requires every gene of the set to be one of n_genes, and none twice.
inline void require_genes(const GeneSet& set, Index n_genes) {
  const std::string argument = "gene set " + set.name;
  Buffer<Index> sorted = set.genes;
  std::sort(sorted.begin(), sorted.end());
  for (const Index gene : sorted) require_between(argument, gene, Index{0}, n_genes - 1);
  const Index* repeated = std::adjacent_find(sorted.begin(), sorted.end());
  if (repeated != sorted.end()) reject(argument, "every gene once", *repeated);
}

}  // namespace parsae::inline PARSAE_ABI
