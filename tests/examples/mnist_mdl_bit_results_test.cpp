// SPDX-License-Identifier: MIT
#include <parsae/analysis/dense_code.hpp>
#include <parsae/model/initialize.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <initializer_list>

#include "../../examples/mnist_mdl/bit_results.hpp"
#include "../../examples/mnist_mdl/forest_figure.hpp"
#include "../../examples/mnist_mdl/pixel_curves.hpp"

namespace mnist_mdl_bit_results_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using parsae::LatentId;
using parsae::Matrix;
using parsae::PresenceTree;
using parsae::SparseCode;
using parsae::Threads;

PresenceTree tree_of(std::initializer_list<LatentId> parents) {
  PresenceTree tree;
  for (const LatentId parent : parents) tree.parents.push_back(parent);
  return tree;
}

/// Latent 1 is active in a part of the samples of latent 0, latent 2 in the others alone, latent 3 now and then.
SparseCode<float> family(Index n) {
  Matrix<float> pre_acts = Matrix<float>::Constant(4, n, -1);
  for (Index i = 0; i < n; ++i) {
    if (i % 2 == 0) pre_acts(0, i) = 1 + static_cast<float>(i % 5);
    if (i % 6 == 0) pre_acts(1, i) = 1;
    if (i % 4 == 1) pre_acts(2, i) = 2;
    if (i % 7 == 0) pre_acts(3, i) = 1;
  }
  return parsae::test::reference_relu<float>(pre_acts);
}

/// An SAE whose codes are those of `family`, whatever the images.
EncodingSae small_sae() {
  EncodingSae small;
  TrainedSae& sae = small.sae;
  sae.width = 4;
  sae.w_dec = parsae::test::random_matrix<float>(6, 4, 1).colwise().normalized();
  sae.b_dec = parsae::test::random_vector<float>(6, 2);
  sae.scale = 0.5f;
  sae.validation.code = family(30);
  small.encode = [](const Matrix<float>& images) { return family(images.cols()); };
  return small;
}

}  // namespace

TEST_CASE("a tree saves the sum of the mutual informations") {
  const TreeResult result = tree_result(family(420), 4, Threads(2));
  CHECK(result.mutual_information_bits > 0.1);
  CHECK_THAT(result.bits_flat - result.bits_tree, WithinRel(result.mutual_information_bits, 1e-9));
  CHECK_THAT(result.densities[1], WithinRel(1.0 / 6, 1e-12));
  CHECK(result.tree.parents[2] == 0);
  CHECK(result.avoids[2]);
  CHECK_FALSE(result.avoids[1]);
  const nlohmann::ordered_json json = to_json(result);
  CHECK(json.at("bits_flat") == result.bits_flat);
  CHECK(json.at("bits_tree") == result.bits_tree);
  CHECK(json.at("mutual_information_bits") == result.mutual_information_bits);
}

TEST_CASE("gates are edges between latents that go together, the more frequent one above") {
  parsae::PairCounts counts(4);
  counts.add(family(420), Threads(1));
  // The other way round: 1 above 0; 2, which avoids 0, below it.
  const PresenceTree gates = gating_forest(counts, tree_of({1, -1, 0, 0}));
  CHECK(gates.parents[0] == PresenceTree::none);
  CHECK(gates.parents[1] == 0);
  CHECK(gates.parents[2] == PresenceTree::none);
  CHECK(gates.parents[3] == PresenceTree::none);  // independent of 0
}

TEST_CASE("a latent keeps the parent that tells most about it, and of equals the lower one is above") {
  // 2 is active within both others; 1 is the rarer one of these and tells more.
  Matrix<float> pre_acts = Matrix<float>::Constant(3, 60, -1);
  for (Index i = 0; i < 60; ++i) {
    if (i % 2 == 0) pre_acts(0, i) = 1;
    if (i % 3 == 0) pre_acts(1, i) = 1;
    if (i % 6 == 0) pre_acts(2, i) = 1;
  }
  parsae::PairCounts counts(3);
  counts.add(parsae::test::reference_relu<float>(pre_acts), Threads(1));
  CHECK(gating_forest(counts, tree_of({-1, 2, 0})).parents[2] == 1);
  CHECK(gating_forest(counts, tree_of({2, -1, 1})).parents[2] == 1);

  parsae::PairCounts twins(2);
  const Matrix<float> same = pre_acts.row(0).replicate(2, 1);
  twins.add(parsae::test::reference_relu<float>(same), Threads(1));
  const PresenceTree gates = gating_forest(twins, tree_of({1, -1}));
  CHECK(gates.parents[0] == PresenceTree::none);
  CHECK(gates.parents[1] == 0);
}

TEST_CASE("a message file gives back its codes, and is as large as was computed") {
  const parsae::test::TemporaryFolder folder;
  const EncodingSae sae = small_sae();
  GridRow row;
  row.code_bins = 4;
  row.dictionary_bits = 5;
  const Matrix<float> images = parsae::test::random_matrix<float>(6, 5000, 9);
  const DigitMessage message = write_digits(folder.path() / "x.message", sae, row, images, Threads(2));
  CHECK(message.size.n_samples == 5000);
  CHECK(static_cast<std::uintmax_t>(message.size.bytes.total()) ==
        std::filesystem::file_size(folder.path() / "x.message"));
  CHECK_THAT(message.bits_file() - message.bits_header(), WithinRel(message.bits_computed(), 0.02));

  // What a receiver makes of it: rounded codes in the rounded dictionary.
  SparseCode<float> rounded = family(5000);
  parsae::CodeQuantizer(sae.sae.validation.code, 4, {.n_bins = 4}).quantize(rounded);
  const Matrix<float> w_dec = parsae::quantize_dictionary(sae.sae.w_dec, 5).w_dec;
  const Matrix<float> received = ((w_dec * parsae::dense_code(rounded, 4)).colwise() + sae.sae.b_dec) / sae.sae.scale;
  CHECK_THAT(message.fvu, WithinRel(fvu_of_rounded(images, received), 1e-3));

  const SparseCode<float> code = family(30);
  const auto differs_by = [&code](const auto& change) {
    SparseCode<float> other = code;
    change(other);
    CHECK_THROWS_AS(parsae_examples::detail::require_same_code("x", code, other), std::runtime_error);
  };
  CHECK_NOTHROW(parsae_examples::detail::require_same_code("x", code, code));
  differs_by([](SparseCode<float>& other) { other.values[3] += 0.5f; });
  differs_by([](SparseCode<float>& other) { other.latents[3] += 1; });
  differs_by([](SparseCode<float>& other) { other.offsets[3] += 1; });
}

TEST_CASE("the best of the sweep is over all seeds, k and widths of one bound") {
  GridRow row;
  row.eps = 0.4;
  row.feasible = true;
  row.bits_total = 30;
  GridRow better = row;
  better.seed = 2;
  better.bits_total = 28;
  GridRow infeasible = row;
  infeasible.feasible = false;
  infeasible.bits_total = 1;
  GridRow elsewhere = row;
  elsewhere.eps = 0.3;
  elsewhere.bits_total = 2;
  CHECK(best_of_sweep({row, better, infeasible, elsewhere}, 0.4) == 28);
  CHECK(std::isnan(best_of_sweep({infeasible}, 0.4)));
}

TEST_CASE("a row of results.json has the agreed names") {
  MdlRow row;
  row.eps = 0.4;
  row.row.seed = 3;
  row.row.feasible = true;
  row.row.bits_total = 30;
  row.best_of_sweep_bits = 40;
  row.message.size.n_samples = 100;
  row.message.size.bits.presence = 2000;
  row.message.size.bytes.codes = 250;
  row.message.size.bytes.index = 12;
  const nlohmann::ordered_json json = to_json(row);
  CHECK(json.at("seed") == 3);
  CHECK(json.at("eps") == 0.4);
  CHECK(json.at("bits_computed") == 20);
  CHECK(json.at("file_bytes") == 262);
  CHECK(json.at("bits_file") == 8 * 2.62);
  CHECK(json.at("n_images") == 100);
  CHECK(json.at("best_of_sweep_bits") == 40);
  CHECK(json.at("ratio_to_sweep") == 0.75);
  CHECK_THAT(row.ratio_of_file(), WithinAbs(1, 1e-12));
  CHECK(json.at("bits_header") == 8 * 0.12);

  HierarchyRow hierarchy;
  hierarchy.method = "TreeGated";
  hierarchy.row = row.row;
  hierarchy.message = row.message;
  hierarchy.message.size.bits.independent = 3000;
  hierarchy.message.size.bits.forest = 2500;
  const nlohmann::ordered_json of_method = to_json(hierarchy);
  CHECK(of_method.at("method") == "TreeGated");
  CHECK(of_method.at("bits_total") == 30);
  CHECK(of_method.at("bits_file") == 8 * 2.62);
  CHECK(of_method.at("bits_presence_flat") == 30);
  CHECK(of_method.at("bits_presence_tree") == 25);
  hierarchy.row.feasible = false;
  CHECK(to_json(hierarchy).at("bits_file").is_null());
}

TEST_CASE("a forest is laid out from its most frequent latents, without crossing rows") {
  // 2 is the parent of 0 and 1; 3 and 4 are a tree of their own; 5 is alone.
  const PresenceTree tree = tree_of({2, 2, -1, 4, -1, -1});
  const std::vector<double> bits{0.5, 0.25, 0, 0.125, 0, 0};
  const std::vector<double> densities{0.1, 0.2, 0.5, 0.4, 0.3, 0.9};
  const parsae_examples::detail::ForestLayout layout(tree, bits, densities, 60);
  const auto& nodes = layout.nodes();
  REQUIRE(nodes.size() == 5);
  CHECK(nodes[0].latent == 2);
  CHECK(nodes[0].parent == -1);
  CHECK(nodes[0].row == 0.5);
  CHECK(nodes[1].latent == 0);
  CHECK(nodes[1].parent == 0);
  CHECK(nodes[1].edge == 0);
  CHECK(nodes[2].latent == 1);
  CHECK(nodes[2].row == 1);
  CHECK(nodes[3].latent == 3);  // more frequent than 4
  CHECK(nodes[4].latent == 4);
  CHECK(nodes[4].parent == 3);
  CHECK(nodes[4].edge == 3);  // which the forest has the other way round
  CHECK(layout.n_columns() == 2);
  CHECK(layout.n_rows() == 3);
  CHECK(parsae_examples::detail::ForestLayout(tree, bits, densities, 1).nodes().size() == 2);  // the strongest edge

  const std::vector<std::vector<float>> columns(6, std::vector<float>(784, 0.5f));
  const std::string svg =
      parsae_examples::detail::forest_figure(tree, bits, {true, false, false, false, false, false}, densities, columns);
  CHECK(svg.find("latent 2, active in 50.0 % of the digits") != std::string::npos);
  CHECK(svg.find("latent 5,") == std::string::npos);
  const std::size_t dashed = svg.find("stroke-dasharray");
  CHECK(dashed != std::string::npos);
  CHECK(svg.find("stroke-dasharray", dashed + 1) == std::string::npos);
  CHECK(parsae_examples::detail::forest_figure(tree_of({-1}), {0}, {false}, {1}, {columns[0]}).empty());
}

}  // namespace mnist_mdl_bit_results_test
