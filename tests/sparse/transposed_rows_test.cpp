// SPDX-License-Identifier: MIT
#include <parsae/sparse/transposed_rows.hpp>
#include <parsae/sparse/used_latents.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace transposed_rows_test {

using namespace parsae;

TEMPLATE_TEST_CASE("a panel's entries move to where a counting sort puts them", "", float, double) {
  using Used = UsedLatents<TestType>;
  for (const Index n_latents : {1, 33, 70})
    for (const Index batch : {1, 15, 64, 131})
      for (const TestType threshold : {TestType(-10), TestType(0.5)}) {
        const SparseCode<TestType> code = test::reference_threshold<TestType>(
            test::random_matrix<TestType>(n_latents, batch, 3), Vector<TestType>::Constant(n_latents, threshold), 1);
        LatentMajor<TestType> sorted;
        sorted.build(code, code.values, n_latents, Threads(1));
        Used used;
        used.find(code, sorted, Threads(1));
        Buffer<Index> offsets;
        for (Index j = 0, at = 0; j < n_latents; at += sorted.count_of(j++)) offsets.push_back(at);
        Buffer<SampleId> samples(code.stored(), -1);
        Buffer<TestType> pre_acts(code.stored(), -1);
        const TransposedRows<TestType, Used> rows{code, used, samples.data()};
        for (Index panel = used.n_panels() - 1; panel >= 0; --panel)
          rows.template move<1>(panel, offsets, {code.pre_acts.data()}, {pre_acts.data()});
        Index n_wrong = 0;
        for (Index j = 0; j < n_latents; ++j) {
          const LatentEntries<TestType> entries = sorted.entries(j);
          for (Index e = 0; e < entries.size(); ++e)
            n_wrong += samples[offsets[j] + e] != entries.samples[e] || pre_acts[offsets[j] + e] != entries.pre_acts[e];
        }
        CAPTURE(n_latents, batch, threshold);
        CHECK(n_wrong == 0);
      }
}

}  // namespace transposed_rows_test
