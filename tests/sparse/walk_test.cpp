// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/allocators/tree_gated_selection.hpp>
#include <parsae/sparse/walk.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>
#include <support/walk_case.hpp>

#include <atomic>
#include <vector>

namespace walk_test {

using namespace parsae;
using test::first_difference;
using test::random_vector;
using test::WalkCase;

namespace {

/// Fixed floors of both kinds and nothing else: the filter alone decides. It also watches what the walk promises a
/// rule.
template <class Scalar>
class FixedFloors {
 public:
  struct Worker {
    Buffer<Candidate<Scalar>> settled;
    bool open = false;
    bool broken = false;
  };

  static constexpr bool raises_floors = false;

  FixedFloors(const Vector<Scalar>& by_sample, const Vector<Scalar>& by_latent, Index buffer)
      : by_sample_(by_sample), by_latent_(by_latent), buffer_(buffer) {}

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker.settled.clear(); }
  [[nodiscard]] Index buffer_size(Index) const { return buffer_; }

  void begin(Worker& worker, SampleRange block, Floors<Scalar> floors) const {
    worker.broken |=
        worker.open || floors.by_sample.size() != block.size() || floors.by_latent.size() != by_latent_.size();
    worker.open = true;
    for (Index i = 0; i < block.size(); ++i) floors.by_sample[i] = by_sample_(block.begin + i);
    for (Index j = 0; j < by_latent_.size(); ++j) floors.by_latent[j] = by_latent_(j);
  }

  void tighten(Worker& worker, SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    worker.broken |= kept.size() + PanelProduct<Scalar>::latents <= buffer_ || floors.by_sample.size() != block.size();
    settle(worker, block, kept);
    kept.clear();
  }

  /// Leaves the survivors where they are: a block starts with an empty buffer all the same.
  void end(Worker& worker, SampleRange block, const Buffer<Candidate<Scalar>>& kept) const {
    settle(worker, block, kept);
    worker.open = false;
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const {
    for (const Worker& worker : workers) is_sound_ = is_sound_ && !worker.open && !worker.broken;
    write_code(workers, by_sample_.size(), code);
  }

  [[nodiscard]] bool is_sound() const { return is_sound_; }

 private:
  void settle(Worker& worker, SampleRange block, const Buffer<Candidate<Scalar>>& kept) const {
    worker.broken |= !worker.open || kept.size() > buffer_;
    for (const Candidate<Scalar>& entry : kept)
      worker.broken |= entry.sample < block.begin || entry.sample >= block.end;
    worker.settled.append(kept.slice());
  }

  Vector<Scalar> by_sample_;
  Vector<Scalar> by_latent_;
  Index buffer_;
  mutable bool is_sound_ = true;
};

/// A rule with another buffer than its own; counts how often the buffer was full.
template <class Rule>
struct WithBuffer {
  using Worker = typename Rule::Worker;
  Rule rule;
  Index size = 0;
  std::atomic<int>* times_full = nullptr;

  static constexpr bool raises_floors = Rule::raises_floors;

  [[nodiscard]] Index most_per_sample() const { return rule.most_per_sample(); }
  [[nodiscard]] Worker worker() const { return rule.worker(); }
  void reset(Worker& worker, Index block) const { rule.reset(worker, block); }
  [[nodiscard]] Index buffer_size(Index) const { return size; }
  template <class FloorsOf>
  void begin(Worker& worker, SampleRange block, FloorsOf floors) const {
    rule.begin(worker, block, floors);
  }
  template <class FloorsOf, class Kept>
  void tighten(Worker& worker, SampleRange block, FloorsOf floors, Kept& kept) const {
    ++*times_full;
    rule.tighten(worker, block, floors, kept);
  }
  template <class Kept>
  void end(Worker& worker, SampleRange block, Kept& kept) const {
    rule.end(worker, block, kept);
  }
  template <class Code>
  void finish(Slice<Worker> workers, Code& code) const {
    rule.finish(workers, code);
  }
};

/// Block of one tile, several tiles, the whole batch; group of one panel, several panels, all of them.
struct Partition {
  Index block;
  Index group_bytes;
};
const Partition partitions[] = {{1, 1}, {13, 20000}, {40, 1}, {1200, 400000}};

/// The rule's code is `expected` for every partition and number of threads, each Walk used for two runs.
template <class Scalar, class Rule>
void check_exact(const WalkCase<Scalar>& input, const Rule& rule, const SparseCode<Scalar>& expected) {
  using Walker = Walk<Scalar, Rule>;
  for (const Partition& partition : partitions) {
    Walker walker(typename Walker::Settings{partition.block, partition.group_bytes});
    for (const int threads : {4, 1, 2}) {
      SparseCode<Scalar> code;
      walker.run(input.inputs, input.w_enc, input.b_enc, Threads(threads), rule, code);
      CAPTURE(partition.block, partition.group_bytes, threads);
      CHECK(first_difference(code, expected) == "");
    }
  }
}

/// Bounds from `Code` products lead to the same code, whether or not this machine has an instruction for them.
template <class Code, class Rule>
void check_screened(const WalkCase<float>& input, const Rule& rule, const SparseCode<float>& expected) {
  using Rules = WalkRules<float, Rule>;
  ScreenedLatents<Code> latents;
  typename Rules::Workers workers;
  ScreenedWalk<Rule> walk;
  for (const Index block : {PanelProduct<float>::samples, 4 * PanelProduct<float>::samples})
    for (const int threads : {4, 1}) {
      SparseCode<float> code;
      latents.share(input.inputs, threads == 1 ? 100 : 0);
      const typename Rules::Rules refs(rule);
      const Rules rules(refs, workers, threads, block);
      latents.build(input.w_enc, input.b_enc, Threads(threads));
      walk.run(rules, block, 20000, input.inputs, latents, input.w_enc, input.b_enc, Threads(threads));
      rules.finish(std::tie(code));
      CAPTURE(Code::name, block, threads);
      CHECK(first_difference(code, expected) == "");
    }
}

template <class Scalar, class Rule>
void check_everywhere(const WalkCase<Scalar>& input, const Rule& rule, const SparseCode<Scalar>& expected) {
  check_exact(input, rule, expected);
  if constexpr (std::is_same_v<Scalar, float>) {
    check_screened<Int8Code>(input, rule, expected);
    check_screened<Bf16Code>(input, rule, expected);
  }
}

template <class Scalar>
void check_every_rule(const WalkCase<Scalar>& input) {
  const Index batch = input.batch();
  const Index n_latents = input.n_latents();
  const Matrix<Scalar> pre_acts = input.pre_acts();
  CAPTURE(input.inputs.rows(), n_latents, batch);

  for (const Index k : {Index{0}, Index{1}, Index{3}, n_latents, n_latents + 5}) {
    CAPTURE(k);
    check_everywhere(input, TopKSelection<Scalar>(batch, k), test::reference_top_k(pre_acts, k));
  }
  Buffer<std::uint8_t> eligible(n_latents);
  for (Index j = 0; j < n_latents; ++j) eligible[j] = j % 3 == 1;
  check_everywhere(input, TopKSelection<Scalar>(batch, 2, eligible.slice()),
                   test::reference_top_k(pre_acts, 2, eligible.slice()));
  eligible.assign(n_latents, 0);
  check_everywhere(input, TopKSelection<Scalar>(batch, 2, eligible.slice()), test::reference_top_k(pre_acts, 0));

  const std::vector<LatentId> parents = test::random_parents(n_latents, 12);
  LatentForest<Scalar> forest(n_latents);
  forest.assign({parents.data(), n_latents});
  for (const Index k : {Index{1}, Index{3}, n_latents}) {
    CAPTURE(k);
    check_everywhere(input, TreeGatedSelection<Scalar>(batch, k, forest),
                     test::reference_tree_gated(pre_acts, k, parents));
  }

  for (const Index budget : {Index{1}, batch, 4 * batch + 1, n_latents * batch + 1}) {
    CAPTURE(budget);
    check_everywhere(input, MutualChoiceSelection<Scalar>(batch, budget),
                     test::reference_mutual_choice(pre_acts, budget));
  }

  check_everywhere(input, ReLU<Scalar>().select(batch, n_latents), test::reference_relu(pre_acts));

  const Vector<Scalar> threshold = random_vector<Scalar>(n_latents, 9).cwiseAbs();
  const Threshold<Scalar> fixed(threshold);
  check_everywhere(input, fixed.select(batch, n_latents), test::reference_threshold<Scalar>(pre_acts, threshold, 0));

  JumpReLU<Scalar> jump(typename JumpReLU<Scalar>::Settings{0.5, 0.8});
  jump.resize(n_latents);
  jump.threshold() = threshold;
  check_everywhere(input, jump.select(batch, n_latents),
                   test::reference_threshold<Scalar>(pre_acts, threshold, static_cast<Scalar>(0.8)));

  Gated<Scalar> gated;
  gated.resize(n_latents);
  gated.log_scale() = random_vector<Scalar>(n_latents, 10);
  gated.shift() = random_vector<Scalar>(n_latents, 11);
  const auto value = [&](Index j, Index i) {
    return std::max(multiply_add(std::exp(gated.log_scale()(j)), pre_acts(j, i), gated.shift()(j)), Scalar(0));
  };
  check_everywhere(input, gated.select(batch, n_latents),
                   test::code_where<Scalar>(
                       pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > 0; }, value));
  check_everywhere(input, gated.inference().select(batch, n_latents),
                   test::code_where<Scalar>(
                       pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > 0 && value(j, i) > 0; }, value));
}

}  // namespace

TEMPLATE_TEST_CASE("every rule finds the code of the dense reference", "", float, double) {
  check_every_rule(WalkCase<TestType>::random(7, 70, 40));
}

TEMPLATE_TEST_CASE("ties have one answer", "", float, double) {
  check_every_rule(WalkCase<TestType>::rounded(3, 70, 40));
}

TEMPLATE_TEST_CASE("latents and samples that fill no panel or tile", "", float, double) {
  constexpr Index panel = PanelProduct<TestType>::latents;
  constexpr Index tile = PanelProduct<TestType>::samples;
  for (const Index n_latents : {Index{1}, panel - 1, panel, panel + 1, 2 * panel + 3})
    for (const Index batch : {Index{1}, tile - 1, tile, tile + 1, 2 * tile + 1}) {
      const WalkCase<TestType> input = WalkCase<TestType>::random(5, n_latents, batch);
      const Matrix<TestType> pre_acts = input.pre_acts();
      CAPTURE(n_latents, batch);
      check_everywhere(input, TopKSelection<TestType>(batch, 2), test::reference_top_k(pre_acts, 2));
      check_everywhere(input, MutualChoiceSelection<TestType>(batch, batch),
                       test::reference_mutual_choice(pre_acts, batch));
      check_everywhere(input, ReLU<TestType>().select(batch, n_latents), test::reference_relu(pre_acts));
    }
}

TEMPLATE_TEST_CASE("nothing positive, nothing stored", "", float, double) {
  WalkCase<TestType> input = WalkCase<TestType>::random(4, 50, 30);
  input.b_enc.setConstant(-100);
  const SparseCode<TestType> none = test::reference_top_k(input.pre_acts(), 0);
  REQUIRE(none.stored() == 0);
  check_everywhere(input, TopKSelection<TestType>(30, 4), none);
  check_everywhere(input, MutualChoiceSelection<TestType>(30, 100), none);
  check_everywhere(input, ReLU<TestType>().select(30, 50), none);

  input.w_enc.setZero();
  input.b_enc.setZero();  // zero is not positive
  check_everywhere(input, TopKSelection<TestType>(30, 4), none);
  check_everywhere(input, MutualChoiceSelection<TestType>(30, 100), none);
  check_everywhere(input, ReLU<TestType>().select(30, 50), none);
}

TEST_CASE("no samples, no latents, no inputs") {
  check_everywhere(WalkCase<float>::random(4, 50, 0), TopKSelection<float>(0, 2), SparseCode<float>());
  const WalkCase<float> no_latents = WalkCase<float>::random(4, 0, 20);
  check_everywhere(no_latents, TopKSelection<float>(20, 2), test::reference_top_k(no_latents.pre_acts(), 2));
  const WalkCase<float> no_inputs = WalkCase<float>::random(0, 40, 20);
  check_everywhere(no_inputs, TopKSelection<float>(20, 2), test::reference_top_k(no_inputs.pre_acts(), 2));
}

TEMPLATE_TEST_CASE("an entry survives iff it reaches the floors of its sample and of its latent", "", float, double) {
  constexpr Index smallest_buffer = PanelProduct<TestType>::latents;
  const WalkCase<TestType> input = WalkCase<TestType>::rounded(3, 83, 41);
  const Matrix<TestType> pre_acts = input.pre_acts();
  Vector<TestType> by_sample = test::rounded_matrix<TestType>(41, 1, 5);
  Vector<TestType> by_latent = test::rounded_matrix<TestType>(83, 1, 6);
  for (Index i = 0; i < 41; i += 5) by_sample(i) = floor_always<TestType>;
  for (Index j = 0; j < 83; j += 7) by_latent(j) = floor_always<TestType>;
  by_sample(7) = floor_never<TestType>;
  by_latent.head(40).setConstant(floor_never<TestType>);  // whole panels, which the walk may skip
  Index equal = 0;
  const auto keep = [&](Index j, Index i) {
    equal += pre_acts(j, i) == std::max(by_sample(i), by_latent(j));
    return pre_acts(j, i) >= by_sample(i) && pre_acts(j, i) >= by_latent(j);
  };
  const SparseCode<TestType> expected =
      test::code_where<TestType>(pre_acts, keep, [&](Index j, Index i) { return pre_acts(j, i); });
  REQUIRE(equal > 10);
  REQUIRE(expected.stored() > 100);
  for (const Index buffer : {smallest_buffer, smallest_buffer + 5, Index{100000}}) {
    const FixedFloors<TestType> rule(by_sample, by_latent, buffer);
    check_everywhere(input, rule, expected);
    CHECK(rule.is_sound());
  }
}

TEMPLATE_TEST_CASE("with no floor at all the walk delivers every pre-activation, exactly once", "", float, double) {
  const WalkCase<TestType> input = WalkCase<TestType>::random(20, 37, 29);
  const Matrix<TestType> pre_acts = input.pre_acts();
  const FixedFloors<TestType> rule(Vector<TestType>::Constant(29, floor_always<TestType>),
                                   Vector<TestType>::Constant(37, floor_always<TestType>), 1000);
  check_everywhere(input, rule, test::code_of<TestType>(pre_acts, Matrix<int>::Ones(37, 29)));
  CHECK(rule.is_sound());
}

TEMPLATE_TEST_CASE("the size of the buffer changes nothing", "", float, double) {
  constexpr Index panel = PanelProduct<TestType>::latents;
  constexpr Index batch = 35;
  constexpr Index n_latents = 15 * panel;
  for (const WalkCase<TestType>& input :
       {WalkCase<TestType>::random(5, n_latents, batch), WalkCase<TestType>::rounded(2, n_latents, batch)}) {
    const Matrix<TestType> pre_acts = input.pre_acts();
    const auto check = [&](const auto& rule, Index size, const SparseCode<TestType>& expected, bool is_full) {
      std::atomic<int> times_full = 0;
      using Rule = std::remove_cvref_t<decltype(rule)>;
      check_exact(input, WithBuffer<Rule>{rule, size, &times_full}, expected);
      CHECK((times_full > 0) == is_full);
      check_everywhere(input, WithBuffer<Rule>{rule, size, &times_full}, expected);
    };
    const SparseCode<TestType> top_k = test::reference_top_k(pre_acts, 2);
    const Index smallest =
        2 * (batch + PanelProduct<TestType>::samples) + panel;  // what tightening can leave, and a row
    check(TopKSelection<TestType>(batch, 2), smallest, top_k, true);
    check(TopKSelection<TestType>(batch, 2), 100000, top_k, false);
    const SparseCode<TestType> mutual = test::reference_mutual_choice(pre_acts, 70);
    check(MutualChoiceSelection<TestType>(batch, 70), panel, mutual, true);
    check(MutualChoiceSelection<TestType>(batch, 70), 3 * panel + 1, mutual, true);
    check(MutualChoiceSelection<TestType>(batch, 70), 100000, mutual, false);
    const std::vector<LatentId> parents = test::random_parents(n_latents, 12);
    LatentForest<TestType> forest(n_latents);
    forest.assign({parents.data(), n_latents});
    const SparseCode<TestType> tree_gated = test::reference_tree_gated(pre_acts, 2, parents);
    check(TreeGatedSelection<TestType>(batch, 2, forest), panel, tree_gated, true);
    check(TreeGatedSelection<TestType>(batch, 2, forest), 100000, tree_gated, false);
    const SparseCode<TestType> relu = test::reference_relu(pre_acts);
    check(ReLU<TestType>().select(batch, n_latents), panel, relu, true);
    check(ReLU<TestType>().select(batch, n_latents), 100000, relu, false);
  }
}

TEMPLATE_TEST_CASE("a rule that promises the k largest of each sample gets first floors", "", float, double) {
  // Half of the entries are positive: without first floors the buffer would be full again and again.
  constexpr Index batch = 2 * PanelProduct<TestType>::samples;
  constexpr Index n_latents = LaneMaxima<TestType>::panels * PanelProduct<TestType>::latents;
  constexpr Index k = 2;
  using Rule = WithBuffer<TopKSelection<TestType>>;
  const WalkCase<TestType> input = WalkCase<TestType>::random(20, n_latents, batch);
  std::atomic<int> times_full{0};
  const Rule rule{TopKSelection<TestType>(batch, k), 4 * k * batch + PanelProduct<TestType>::latents, &times_full};
  Walk<TestType, Rule> walker;
  SparseCode<TestType> code;
  walker.run(input.inputs, input.w_enc, input.b_enc, Threads(1), rule, code);
  CHECK(first_difference(code, test::reference_top_k(input.pre_acts(), k)) == "");
  CHECK(times_full == 0);
}

TEST_CASE("lower bounds of the first panels keep most of their entries from waiting") {
  constexpr Index batch = 64;
  constexpr Index n_latents = LaneMaxima<float>::panels * PanelProduct<float>::latents;
  constexpr Index k = 2;
  using Walker = Walk<float, TopKSelection<float>>;
  Walker walker(Walker::Settings{1200, 400000, Precision::Screened});
  const WalkCase<float> input = WalkCase<float>::random(256, n_latents, batch);
  SparseCode<float> code;
  walker.run(input.inputs, input.w_enc, input.b_enc, Threads(1), TopKSelection<float>(batch, k), code);
  CHECK(first_difference(code, test::reference_top_k(input.pre_acts(), k)) == "");
  CHECK(walker.screening().survivors < batch * n_latents / 8);  // half of the entries are positive
}

TEST_CASE("a walk tells an input that is much larger than the others in shares") {
  const auto rescored = [](const WalkCase<float>& input) {
    using Walker = Walk<float, TopKSelection<float>>;
    Walker walker(Walker::Settings{1200, 400000, Precision::Screened});
    SparseCode<float> code;
    walker.run(input.inputs, input.w_enc, input.b_enc, Threads(1), TopKSelection<float>(input.batch(), 16), code);
    CHECK(first_difference(code, test::reference_top_k(input.pre_acts(), 16)) == "");
    return walker.screening().rescored;
  };
  WalkCase<float> input = WalkCase<float>::random(256, 2000, 48);
  const Index without = rescored(input);
  input.inputs.row(1) *= 40;
  CHECK(rescored(input) <= 2 * without);
}

TEMPLATE_TEST_CASE("rules that share a walk get the codes of walks of their own", "", float, double) {
  const WalkCase<TestType> input = WalkCase<TestType>::rounded(3, 90, 50);
  const Matrix<TestType> pre_acts = input.pre_acts();
  Buffer<std::uint8_t> eligible(90);
  for (Index j = 0; j < 90; ++j) eligible[j] = j % 4 == 0;
  const MutualChoiceSelection<TestType> main(50, 200);
  const TopKSelection<TestType> auxiliary(50, 3, eligible.slice());
  const ThresholdSelection<TestType> relu = ReLU<TestType>().select(50, 90);
  using Rule = TopKSelection<TestType>;
  using Walker = Walk<TestType, MutualChoiceSelection<TestType>, Rule, ThresholdSelection<TestType>>;
  for (const Partition& partition : partitions)
    for (const int threads : {1, 2, 4}) {
      Walker walker(typename Walker::Settings{partition.block, partition.group_bytes});
      SparseCode<TestType> code;
      SparseCode<TestType> auxiliary_code;
      SparseCode<TestType> relu_code;
      walker.run(input.inputs, input.w_enc, input.b_enc, Threads(threads), main, auxiliary, relu, code, auxiliary_code,
                 relu_code);
      CHECK(first_difference(code, test::reference_mutual_choice(pre_acts, 200)) == "");
      CHECK(first_difference(auxiliary_code, test::reference_top_k(pre_acts, 3, eligible.slice())) == "");
      CHECK(first_difference(relu_code, test::reference_relu(pre_acts)) == "");
    }
}

TEMPLATE_TEST_CASE("one walk serves batches, dictionaries and rules of any size in turn", "", float, double) {
  Walk<TestType, TopKSelection<TestType>> top_k(typename Walk<TestType, TopKSelection<TestType>>::Settings{16, 4000});
  Walk<TestType, MutualChoiceSelection<TestType>> mutual;
  SparseCode<TestType> code;
  struct Shape {
    Index n_inputs, n_latents, batch, k;
    int threads;
  };
  for (const Shape& shape : {Shape{9, 80, 60, 5, 4}, Shape{3, 20, 7, 2, 1}, Shape{9, 80, 60, 1, 2},
                             Shape{12, 130, 90, 8, 4}, Shape{9, 80, 0, 5, 2}, Shape{9, 80, 60, 5, 4}}) {
    const auto input = WalkCase<TestType>::random(shape.n_inputs, shape.n_latents, shape.batch);
    CAPTURE(shape.n_latents, shape.batch, shape.k);
    top_k.run(input.inputs, input.w_enc, input.b_enc, Threads(shape.threads),
              TopKSelection<TestType>(shape.batch, shape.k), code);
    CHECK(first_difference(code, test::reference_top_k(input.pre_acts(), shape.k)) == "");
    const Index budget = std::max<Index>(shape.k * shape.batch, 1);
    mutual.run(input.inputs, input.w_enc, input.b_enc, Threads(shape.threads),
               MutualChoiceSelection<TestType>(shape.batch, budget), code);
    CHECK(first_difference(code, test::reference_mutual_choice(input.pre_acts(), budget)) == "");
  }
}

TEST_CASE("a sample encoded alone has the bits it has in a batch") {
  const WalkCase<float> input = WalkCase<float>::random(33, 100, 30);
  Walk<float, TopKSelection<float>> walker;
  SparseCode<float> together;
  walker.run(input.inputs, input.w_enc, input.b_enc, Threads(2), TopKSelection<float>(30, 6), together);
  for (Index i = 0; i < 30; ++i) {
    SparseCode<float> alone;
    walker.run(input.inputs.col(i), input.w_enc, input.b_enc, Threads(1), TopKSelection<float>(1, 6), alone);
    REQUIRE(alone.stored() == together.count_of(i));
    for (Index e = 0; e < alone.stored(); ++e) {
      CHECK(alone.latents[e] == together.latents[together.begin_of(i) + e]);
      CHECK(alone.values[e] == together.values[together.begin_of(i) + e]);
    }
  }
}

TEST_CASE("impossible settings and shapes are refused") {
  using Walker = Walk<float, TopKSelection<float>>;
  CHECK_THROWS_WITH(Walker(Walker::Settings{0, 1}), "Walk block: expected at least 1, got 0");
  CHECK_THROWS_WITH(Walker(Walker::Settings{1, 0}), "Walk group_bytes: expected at least 1, got 0");
  CHECK_THROWS_WITH(Walker(Walker::Settings{1, 1, Precision::Screened, 0}),
                    "Walk screened_block: expected at least 1, got 0");
  Walker walker;
  SparseCode<float> code;
  const WalkCase<float> input = WalkCase<float>::random(4, 10, 3);
  const TopKSelection<float> rule(3, 1);
  const Matrix<float> narrow = input.w_enc.topRows(3);
  CHECK_THROWS_WITH(walker.run(input.inputs, narrow, input.b_enc, Threads(1), rule, code),
                    "Walk w_enc: expected a 4 x 10 matrix, got 3 x 10");
  CHECK_THROWS_WITH(walker.run(input.inputs, input.w_enc, input.b_enc.head(9), Threads(1), rule, code),
                    "Walk w_enc: expected a 4 x 9 matrix, got 4 x 10");
}

}  // namespace walk_test
