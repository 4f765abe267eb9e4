// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/selection.hpp>

#include <type_traits>
#include <variant>

namespace parsae::inline PARSAE_ABI {

/// One of two selection rules, chosen at run time, behind one type: the walk of a training run keeps its workers when
/// the rule changes from one step to the next.
/// \tparam Second  its worker derives from First's
template <class First, class Second>
class EitherSelection {
 public:
  using Worker = typename Second::Worker;
  static_assert(std::is_base_of_v<typename First::Worker, Worker>, "one worker must serve both rules");
  static_assert(First::raises_floors == Second::raises_floors, "floors of both rules must rise, or of neither");
  static constexpr bool raises_floors = First::raises_floors;

  EitherSelection(const First& rule) : rule_(rule) {}   // NOLINT(google-explicit-constructor)
  EitherSelection(const Second& rule) : rule_(rule) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] Index most_per_sample() const {
    return std::visit([](const auto& rule) { return rule.most_per_sample(); }, rule_);
  }
  [[nodiscard]] Worker worker() const { return {}; }

  void reset(Worker& worker, Index block) const {
    std::visit([&](const auto& rule) { rule.reset(worker, block); }, rule_);
  }

  [[nodiscard]] Index buffer_size(Index block) const {
    return std::visit([&](const auto& rule) { return rule.buffer_size(block); }, rule_);
  }

  template <class Scalar>
  void begin(Worker& worker, SampleRange block, Floors<Scalar> floors) const {
    std::visit([&](const auto& rule) { rule.begin(worker, block, floors); }, rule_);
  }

  template <class Scalar>
  void tighten(Worker& worker, SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    std::visit([&](const auto& rule) { rule.tighten(worker, block, floors, kept); }, rule_);
  }

  template <class Scalar>
  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    std::visit([&](const auto& rule) { rule.end(worker, block, kept); }, rule_);
  }

  [[nodiscard]] bool confirm(Slice<Worker> workers) const {
    return std::visit(
        [&](const auto& rule) {
          if constexpr (requires { rule.confirm(workers); })
            return rule.confirm(workers);
          else
            return true;
        },
        rule_);
  }

  template <class Scalar>
  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const {
    std::visit([&](const auto& rule) { rule.finish(workers, code); }, rule_);
  }

 private:
  std::variant<First, Second> rule_;
};

}  // namespace parsae::inline PARSAE_ABI
