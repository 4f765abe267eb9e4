// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/train/latent_backward.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace latent_backward_test {

using namespace parsae;
using test::random_matrix;

namespace {

constexpr Index n_inputs = 21;
constexpr Index n_outputs = 37;
constexpr Index batch = 50;

Branch<float> random_branch(Index n_latents, float threshold, std::uint64_t stream) {
  Branch<float> branch;
  branch.code = test::reference_threshold<float>(random_matrix<float>(n_latents, batch, stream),
                                                 Vector<float>::Constant(n_latents, threshold), 0.5f);
  branch.d_recon = random_matrix<float>(n_outputs, batch, stream + 1);
  const Vector<float> d_values = test::random_vector<float>(branch.code.stored(), stream + 2);
  branch.d_values.append({d_values.data(), d_values.size()});
  branch.by_latent.build(branch.code, branch.d_values, n_latents, Threads(1));
  return branch;
}

// That the gradient of one latent is right is what the gradient checks of latent_pass_test.cpp show.
template <class Auxiliary>
void check_groups(const Auxiliary& auxiliary_loss) {
  using Backward = LatentBackward<JumpReLU<float>>;
  const GradientLayout layout{n_inputs, 64, 64 + n_outputs, 1, 128};
  const Objective objective(MeanSquaredError(), auxiliary_loss,
                            L1({.coefficient = 0.1, .weighting = L1::Weighting::DecoderNorm}), L0STE());
  for (const DecoderNorm norm : {DecoderNorm::Unit, DecoderNorm::Free})
    for (const bool has_auxiliary : {false, true})
      for (const Index n : {Index{1}, Index{7}, Backward::group}) {
        CAPTURE(norm == DecoderNorm::Unit, has_auxiliary, n);
        Autoencoder<JumpReLU<float>> model({.n_inputs = n_inputs,
                                            .n_latents = n,
                                            .n_outputs = n_outputs,
                                            .decoder_norm = norm,
                                            .centering = Centering::None},
                                           JumpReLU<float>({.initial_threshold = 0.2, .bandwidth = 0.5}));
        model.decoder.w_dec = random_matrix<float>(n_outputs, n, 1);
        const Matrix<float> centered = random_matrix<float>(n_inputs, batch, 2);
        const Branch<float> main = random_branch(n, 0.2f, 10);
        const Branch<float> auxiliary = has_auxiliary ? random_branch(n, 1, 20) : Branch<float>();
        ColumnSlices<float> slices[3];
        slices[0].pack(centered, Threads(1));
        slices[1].pack(main.d_recon, Threads(1));
        if (has_auxiliary) slices[2].pack(auxiliary.d_recon, Threads(1));
        const BackwardInputs<float> inputs{centered, main, auxiliary, slices[0], slices[1], slices[2]};

        Backward backward;
        backward.reserve(batch, true);
        Matrix<float> alone(layout.size, n);
        Matrix<float> in_group = Matrix<float>::Constant(layout.size, n, 77);
        Buffer<LatentId> latents;
        std::array<double, 2> losses_alone{};
        std::array<double, 2> losses_in_group{};
        for (Index j = 0; j < n; ++j) {
          latents.push_back(static_cast<LatentId>(j));
          backward.differentiate(model, layout, objective, inputs, j, alone.col(j).data(), losses_alone);
        }
        backward.differentiate_group(model, layout, objective, inputs, latents.slice(), in_group.data(),
                                     losses_in_group);
        CHECK(alone.norm() > 1);
        CHECK(in_group == alone);
        CHECK(losses_in_group == losses_alone);
      }
}

/// The decoder is a constant to it.
struct FrozenAuxK : AuxK {
  static constexpr AuxiliaryDecoder decoder = AuxiliaryDecoder::Frozen;
};

}  // namespace

TEST_CASE("Latents in a group get the bits that each gets alone", "[latent_backward]") {
  check_groups(AuxK());
  check_groups(FrozenAuxK());
}

}  // namespace latent_backward_test
