// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/autoencoder.hpp>

namespace parsae::inline PARSAE_ABI {

struct InferenceEncoderSettings {
  Precision precision = Precision::Screened;
  Threads threads = Threads::available();  ///< that build the copies of the weights
};

/// The encoder of a trained model, made ready to run inside another program: once for each token, from raw memory.
///
///     const InferenceEncoder encoder(sae);           // shared by all threads
///     auto workspace = encoder.workspace();          // one for each thread that calls
///     encoder.encode(activations, workspace, code);  // n_inputs consecutive values
///
/// One sample is bound by memory: every weight is read once. With Precision::Screened the weights are read in a
/// low-precision copy (a quarter of the bytes as int8, half as bf16; both are held, 3/4 of the size of w_enc), and a
/// few latents in full precision; the code has the bits of Autoencoder::encode either way.
///
/// A const InferenceEncoder may be used from any number of threads, each with a workspace of its own. Encoding
/// allocates nothing, except where a rule or the code meets more entries than ever before.
template <Activation Act>
class InferenceEncoder {
 public:
  using Scalar = typename Act::Scalar;
  using Model = Autoencoder<Act>;

  using Settings = InferenceEncoderSettings;

 private:
  using Rule = decltype(std::declval<const Act&>().inference());
  using Selection = decltype(std::declval<const Rule&>().select(Index{}, Index{}));
  using Rules = WalkRules<Scalar, Selection>;
  using Way = ScreeningPolicy::Way;

  static constexpr bool can_screen = std::is_same_v<Scalar, float>;
  static constexpr Index row = PanelProduct<Scalar>::latents;
  static constexpr Index walk_block = typename Walk<Scalar, Selection>::Settings().block;
  static constexpr Index screened_block = typename Walk<Scalar, Selection>::Settings().screened_block;
  static constexpr Index walk_group_bytes = typename Walk<Scalar, Selection>::Settings().group_bytes;

  /// What only float has.
  struct ScreenedWork {
    Buffer<std::uint32_t> words;
    Buffer<float> lower;
    ScreenedFilter<Selection> filter;
    ScreenedWalk<Selection> walk;
  };
  struct NoScreening {};

 public:
  /// What one calling thread needs from call to call.
  class Workspace {
   public:
    /// How the samples were screened.
    [[nodiscard]] const ScreeningReport& screening() const { return policy_.report(); }

   private:
    friend class InferenceEncoder;
    Workspace() = default;

    Matrix<Scalar> centered_;  ///< n_inputs x 1
    Buffer<Scalar> pre_acts_;  ///< of all latents, or their upper bounds
    ScreeningPolicy policy_;
    typename Rules::Workers rule_workers_;
    ExactFilter<Scalar, Selection> filter_;
    ExactWalk<Scalar, Selection> walk_;
    std::conditional_t<can_screen, ScreenedWork, NoScreening> screened_;
  };

  /// \param model  outlives the encoder and does not change meanwhile
  explicit InferenceEncoder(const Model& model, const Settings& settings = {})
      : model_(&model), rule_(model.activation.inference()), precision_(settings.precision) {
    if constexpr (can_screen) {
      if (is_ready(Way::Int8)) int8_latents_.build(model.encoder.w_enc, model.encoder.b_enc, settings.threads);
      if (is_ready(Way::Bf16)) bf16_latents_.build(model.encoder.w_enc, model.encoder.b_enc, settings.threads);
    }
  }

  /// Scratch for one calling thread, with all the memory it will need.
  [[nodiscard]] Workspace workspace() const {
    Workspace work;
    work.centered_.setZero(model_->n_inputs(), 1);
    const Selection selection = rule_.select(1, model_->n_latents());
    const typename Rules::Rules refs(selection);
    const Rules rules(refs, work.rule_workers_, 1, 1);
    work.pre_acts_.resize(divide_up(model_->n_latents(), row) * row);
    for (const Way way : {Way::Int8, Way::Bf16, Way::Exact})
      if (is_ready(way)) run(way, rules, work, Threads(1));
    work.policy_ = {};
    return work;
  }

  /// The code of one sample. Refuses NaN and Inf.
  /// \param sample   n_inputs consecutive values, in the user's units
  /// \param threads  that share the latents; one is best when the program encodes in several threads itself
  void encode(const Scalar* sample, Workspace& workspace, SparseCode<Scalar>& code,
              Threads threads = Threads(1)) const {
    const Eigen::Map<const Matrix<Scalar>> samples(sample, model_->n_inputs(), 1);
    model_->encoder.center(samples, model_->input_scale, model_->decoder.b_dec, threads, workspace.centered_);
    require_finite("encode sample", workspace.centered_);
    const Selection selection = rule_.select(1, model_->n_latents());
    const typename Rules::Rules refs(selection);
    const Rules rules(refs, workspace.rule_workers_, 1, 1);
    run(next_way(workspace), rules, workspace, threads);
    rules.finish(std::tie(code));
  }

  /// The codes of many samples at a time. Refuses NaN and Inf.
  /// \param samples  n_inputs x n, in the user's units
  void encode(const Eigen::Ref<const Matrix<Scalar>>& samples, Workspace& workspace, SparseCode<Scalar>& code,
              Threads threads) const {
    model_->encoder.center(samples, model_->input_scale, model_->decoder.b_dec, threads, workspace.centered_);
    require_finite("encode samples", workspace.centered_);
    const Selection selection = rule_.select(samples.cols(), model_->n_latents());
    const typename Rules::Rules refs(selection);
    const Rules rules(refs, workspace.rule_workers_, threads.count(),
                      Rules::block_size(samples.cols(), walk_block, threads));
    run_walk(next_way(workspace), rules, workspace, threads);
    rules.finish(std::tie(code));
  }

 private:
  [[nodiscard]] bool is_ready(Way way) const {
    return way == Way::Exact ||
           (can_screen && precision_ == Precision::Screened && ScreeningPolicy::is_possible(way, model_->n_inputs()));
  }

  [[nodiscard]] Way next_way(Workspace& workspace) const {
    const bool screens = is_ready(Way::Int8) || is_ready(Way::Bf16);
    return screens ? workspace.policy_.next(model_->n_inputs()) : Way::Exact;
  }

  void run_walk(Way way, const Rules& rules, Workspace& workspace, Threads threads) const {
    if constexpr (can_screen) {
      if (way == Way::Int8) return screen_walk(way, int8_latents_, rules, workspace, threads);
      if (way == Way::Bf16) return screen_walk(way, bf16_latents_, rules, workspace, threads);
    }
    const Encoder<Scalar>& encoder = model_->encoder;
    workspace.policy_.observe(way, 0, 0, 0, 0, 0);
    workspace.walk_.run(rules, Rules::block_size(workspace.centered_.cols(), walk_block, threads), walk_group_bytes,
                        workspace.centered_, encoder.w_enc, encoder.b_enc, threads);
  }

  template <class Latents>
  void screen_walk(Way way, const Latents& latents, const Rules& rules, Workspace& workspace, Threads threads) const {
    const Matrix<float>& inputs = workspace.centered_;
    const Encoder<float>& encoder = model_->encoder;
    const auto counts =
        workspace.screened_.walk.run(rules, Rules::block_size(inputs.cols(), screened_block, threads), walk_group_bytes,
                                     inputs, latents, encoder.w_enc, encoder.b_enc, threads);
    workspace.policy_.observe(way, model_->n_latents() * inputs.cols(), inputs.rows(), inputs.cols(), counts.survivors,
                              counts.rescored);
  }

  void run(Way way, const Rules& rules, Workspace& workspace, Threads threads) const {
    if constexpr (can_screen) {
      if (way == Way::Int8) return screen(way, int8_latents_, rules, workspace, threads);
      if (way == Way::Bf16) return screen(way, bf16_latents_, rules, workspace, threads);
    }
    workspace.policy_.observe(way, 0, 0, 0, 0, 0);
    multiply_exactly(workspace, threads);
    const auto& rule = rules.template rule<0>();
    auto& worker = rules.template worker<0>(0);
    workspace.filter_.reserve(rule, 1, model_->n_latents());
    workspace.filter_.begin(rule, worker, {0, 1}, model_->n_latents());
    for (Index latent = 0; latent < workspace.pre_acts_.size(); latent += row)
      workspace.filter_.take(rule, worker, workspace.pre_acts_.data() + latent, 0, 1, latent);
    workspace.filter_.end(rule, worker);
  }

  /// Latents at a time for one task: enough to repay a thread's wake-up, few enough to share evenly.
  static constexpr Index task_latents = 1024;

  void multiply_exactly(Workspace& workspace, Threads threads) const {
    using Product = GatheredProduct<Scalar>;
    const Index n_latents = model_->n_latents();
    const Encoder<Scalar>& encoder = model_->encoder;
    threads.for_each(divide_up(n_latents, task_latents), [&](Index task, int) {
      const Index last = std::min(n_latents, (task + 1) * task_latents);
      for (Index first = task * task_latents; first < last; first += Product::latents) {
        Index latents[std::size_t{Product::latents}];
        for (Index j = 0; j < Product::latents; ++j) latents[j] = std::min(first + j, n_latents - 1);
        Product::multiply(encoder.w_enc.data(), latents, workspace.centered_.data(), model_->n_inputs(),
                          encoder.b_enc.data(), workspace.pre_acts_.data() + first);
      }
    });
  }

  template <class Code>
  void screen(Way way, const ScreenedLatents<Code>& latents, const Rules& rules, Workspace& workspace,
              Threads threads) const {
    ScreenedWork& work = workspace.screened_;
    work.lower.resize(workspace.pre_acts_.size());
    bound<Code>(latents, workspace, threads);

    const auto& rule = rules.template rule<0>();
    auto& worker = rules.template worker<0>(0);
    work.filter.reset(rule, 1, model_->n_latents());
    work.filter.begin(rule, worker, {0, 1}, {&workspace.centered_, &model_->encoder.w_enc, &model_->encoder.b_enc});
    for (Index latent = 0; latent < work.lower.size(); latent += row)
      work.filter.take(rule, worker, workspace.pre_acts_.data() + latent, work.lower.data() + latent, 0, 1, latent);
    work.filter.end(rule, worker);
    workspace.policy_.observe(way, model_->n_latents(), model_->n_inputs(), 1, work.filter.counts().survivors,
                              work.filter.counts().rescored);
  }

  /// Upper and lower bounds of all pre-activations.
  template <class Code>
  void bound(const ScreenedLatents<Code>& latents, Workspace& workspace, Threads threads) const {
    const Index n_inputs = model_->n_inputs();
    ScreenedWork& work = workspace.screened_;
    work.words.resize(latents.n_words());
    const SampleBound sample =
        bound_of(Code::encode(workspace.centered_.data(), n_inputs, work.words.data()), Code::gamma(n_inputs));
    for (std::uint32_t& word : work.words) word ^= Code::sample_offset;
    constexpr Index task_panels = task_latents / row;
    threads.for_each(divide_up(latents.n_panels(), task_panels), [&](Index task, int) {
      const Index last = std::min(latents.n_panels(), (task + 1) * task_panels);
      for (Index panel = task * task_panels; panel < last; ++panel)
        ScreenProduct<Code>::multiply_one(work.words.data(), sample, latents.panel(panel), latents.n_words(),
                                          underflow_bound(n_inputs), workspace.pre_acts_.data() + panel * row,
                                          work.lower.data() + panel * row);
    });
  }

  const Model* model_;
  Rule rule_;
  Precision precision_;
  ScreenedLatents<Int8Code> int8_latents_;
  ScreenedLatents<Bf16Code> bf16_latents_;
};

}  // namespace parsae::inline PARSAE_ABI
