// SPDX-License-Identifier: MIT
#include <parsae/sparse/walk_rules.hpp>

#include <support/catch.hpp>

#include <string>

namespace walk_rules_test {

using namespace parsae;

namespace {

/// Does nothing; its workers remember how often they were made ready, and that they are still the same.
template <int place>
struct Inert {
  struct Worker {
    int made = 0;
    int resets = 0;
  };

  static constexpr bool raises_floors = false;

  mutable int made = 0;
  mutable int finished_workers = -1;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {++made, 0}; }
  void reset(Worker& worker, Index) const { ++worker.resets; }
  [[nodiscard]] Index buffer_size(Index) const { return 0; }
  void begin(Worker&, SampleRange, Floors<float>) const {}
  void tighten(Worker&, SampleRange, Floors<float>, Buffer<Candidate<float>>&) const {}
  void end(Worker&, SampleRange, Buffer<Candidate<float>>&) const {}
  void finish(Slice<Worker> workers, SparseCode<float>& code) const {
    finished_workers = static_cast<int>(workers.size());
    code.offsets.assign(place + 1, 0);
  }
};

/// One that wants the walk repeated as long as it has doubts.
template <int place>
struct Doubting : Inert<place> {
  using Worker = typename Inert<place>::Worker;
  mutable int doubts = 0;
  mutable Index asked_workers = 0;
  [[nodiscard]] bool confirm(Slice<Worker> workers) const {
    asked_workers = workers.size();
    return doubts-- <= 0;
  }
};

using Rules = WalkRules<float, Inert<4>, Inert<7>>;

}  // namespace

TEST_CASE("workers are made once, and all of them begin every walk anew") {
  const Inert<4> first;
  const Inert<7> second;
  const Rules::Rules refs(first, second);
  Rules::Workers workers;
  const Rules walk1(refs, workers, 3, 10);
  CHECK(first.made == 3);
  CHECK(second.made == 3);
  const Rules walk2(refs, workers, 2,
                    10);  // the third worker sits this walk out and must not keep the last one's findings
  CHECK(first.made == 3);
  const Rules walk3(refs, workers, 4, 10);
  CHECK(first.made == 4);
  REQUIRE(std::get<0>(workers).size() == 4);
  for (std::size_t w = 0; w < 4; ++w) {
    CAPTURE(w);
    CHECK(std::get<0>(workers)[w].made == static_cast<int>(w) + 1);
    CHECK(std::get<0>(workers)[w].resets == (w < 3 ? 3 : 1));
    CHECK(std::get<1>(workers)[w].resets == (w < 3 ? 3 : 1));
  }
}

TEST_CASE("rules are visited in order, each with its own workers") {
  const Inert<4> first;
  const Inert<7> second;
  const Rules::Rules refs(first, second);
  Rules::Workers workers;
  const Rules rules(refs, workers, 2, 10);
  std::string places;
  Rules::for_each([&](auto r) { places += std::to_string(r()); });
  CHECK(places == "01");
  CHECK(Rules::count == 2);
  CHECK(&rules.rule<0>() == &first);
  CHECK(&rules.rule<1>() == &second);
  CHECK(&rules.worker<0>(1) == &std::get<0>(workers)[1]);
  CHECK(&rules.worker<1>(0) == &std::get<1>(workers)[0]);
}

TEST_CASE("at the end each rule gets the workers of this walk and its own code") {
  const Inert<4> first;
  const Inert<7> second;
  const Rules::Rules refs(first, second);
  Rules::Workers workers;
  const Rules large(refs, workers, 5, 10);
  const Rules rules(refs, workers, 2, 10);
  SparseCode<float> code1;
  SparseCode<float> code2;
  rules.finish(std::tie(code1, code2));
  CHECK(first.finished_workers == 2);
  CHECK(second.finished_workers == 2);
  CHECK(code1.n_samples() == 4);
  CHECK(code2.n_samples() == 7);
}

TEST_CASE("blocks are whole tiles, as large as they may be, and as many as there are threads") {
  constexpr Index tile = PanelProduct<float>::samples;
  for (const Index batch : {Index{0}, Index{1}, tile, 5 * tile, Index{1000}, Index{4096}})
    for (const Index most : {Index{1}, tile, 7 * tile + 1, Index{1200}})
      for (const int threads : {1, 2, 7}) {
        const Index block = Rules::block_size(batch, most, Threads(threads));
        CAPTURE(batch, most, threads, block);
        CHECK(block % tile == 0);
        CHECK(block >= tile);
        CHECK(block < most + tile);
        if (block > tile) CHECK((block - tile) * threads < batch);  // no thread is without work for want of a block
        // Nor is the batch cut finer than threads and `most` ask for.
        CHECK((block * threads >= batch || block + tile > most / 2));
      }
  CHECK(Rules::block_size(4096, 1200, Threads(2)) == divide_up(1024, tile) * tile);
  // Five blocks for two threads would leave one of them idle at the end.
  CHECK(Rules::block_size(2048, 480, Threads(2)) == divide_up(divide_up(2048, 6), tile) * tile);
}

TEST_CASE("groups: first one whose tiles are all kept, then as many panels as have passed, up to the most") {
  constexpr Index first = LaneMaxima<float>::panels;
  CHECK(Rules::group_size(0, 100) == first);
  CHECK(Rules::group_size(0, 1) == 4);  // large panels: little more than the cache holds
  CHECK(Rules::group_size(first, 100) == first);
  CHECK(Rules::group_size(2 * first, 100) == 2 * first);
  CHECK(Rules::group_size(200, 100) == 100);
  CHECK(Rules::largest_group(100) == 100);
  CHECK(Rules::largest_group(1) == 4);
  CHECK(Rules::group_size(0, 100, 40) == 40);
  CHECK(Rules::group_size(0, 1, 40) == 4);
  CHECK(Rules::group_size(40, 100, 40) == 40);
}

TEST_CASE("of the first panels every tile is seen before one is taken, and no later one is seen") {
  std::string log;
  const auto multiply = [&](Index panel, Index slot) {
    log += 'm' + std::to_string(panel) + '/' + std::to_string(slot) + ' ';
  };
  const auto see_first = [&](Index n_panels) { log += 's' + std::to_string(n_panels) + ' '; };
  const auto take = [&](Index panel, Index slot) {
    log += 't' + std::to_string(panel) + '/' + std::to_string(slot) + ' ';
  };
  Rules::pass(0, 3, multiply, see_first, take);
  CHECK(log == "m0/0 m1/1 m2/2 s3 t0/0 t1/1 t2/2 ");
  log.clear();
  Rules::pass(3, 5, multiply, see_first, take);
  CHECK(log == "m3/0 t3/0 m4/0 t4/0 ");
}

TEST_CASE("one rule in doubt is enough to repeat a walk, and every rule is asked") {
  using Doubtful = WalkRules<float, Doubting<4>, Inert<7>, Doubting<8>>;
  const Doubting<4> first;
  const Inert<7> second;
  const Doubting<8> third;
  const Doubtful::Rules refs(first, second, third);
  Doubtful::Workers workers;
  const Doubtful rules(refs, workers, 3, 10);
  CHECK(rules.confirm());
  CHECK(first.asked_workers == 3);
  CHECK(third.asked_workers == 3);
  first.doubts = 1;
  third.doubts = 2;
  CHECK_FALSE(rules.confirm());
  CHECK_FALSE(rules.confirm());
  CHECK(rules.confirm());
  CHECK(third.doubts == -1);
}

}  // namespace walk_rules_test
