// SPDX-License-Identifier: MIT
#include <parsae/analysis/gene_set.hpp>

#include <support/catch.hpp>

namespace gene_set_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a gene set holds genes that there are, each once") {
  GeneSet set{"transport", {}};
  CHECK_NOTHROW(require_genes(set, 3));
  set.genes.push_back(2);
  set.genes.push_back(0);
  CHECK_NOTHROW(require_genes(set, 3));
  CHECK_THROWS_WITH(require_genes(set, 2),
                    ContainsSubstring("gene set transport: expected a value from 0 to 1, got 2"));
  set.genes.push_back(2);
  CHECK_THROWS_WITH(require_genes(set, 3), ContainsSubstring("gene set transport: expected every gene once, got 2"));
  set.genes[2] = -1;
  CHECK_THROWS_WITH(require_genes(set, 3), ContainsSubstring("gene set transport"));
}

}  // namespace gene_set_test
