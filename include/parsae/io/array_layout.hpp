// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/io/element_type.hpp>
#include <parsae/io/shape.hpp>

#include <cstddef>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// How an array [n_rows, ...] lies in consecutive bytes, and how rows of it become samples. All dimensions after the
/// first, in C order, are the inputs of a sample.
class ArrayLayout {
 public:
  enum class Order {
    C,       ///< the last dimension varies fastest: a row is contiguous
    Fortran  ///< the first dimension varies fastest: an input is contiguous
  };

  /// \param shape  at least two dimensions of at least 0, whose size in bytes can be counted
  ArrayLayout(ElementType type, Slice<const Index> shape, Order order) : type_(type), order_(order) {
    if (shape.size() < 2) reject("ArrayLayout shape", "at least two dimensions", detail::shape_text(shape));
    shape_.append(shape);
    n_inputs_ = detail::count_elements(shape.part(1, shape.size() - 1)).value();
    if (order == Order::Fortran && n_rows() > 0) order_inputs();
  }

  [[nodiscard]] ElementType type() const { return type_; }
  [[nodiscard]] Order order() const { return order_; }
  [[nodiscard]] Index n_rows() const { return shape_[0]; }
  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_bytes() const { return n_rows() * n_inputs_ * type_.size(); }

  /// Offset of one element from the first one, in bytes.
  [[nodiscard]] Index offset(Index row, Index input) const {
    const Index element = order_ == Order::C ? row * n_inputs_ + input : input_order_[input] * n_rows() + row;
    return element * type_.size();
  }

  /// Bytes [begin, begin + size), counted from the first element.
  struct Extent {
    Index begin = 0;
    Index size = 0;
  };

  /// Where `count` rows lie: in Fortran order all over the array.
  [[nodiscard]] Extent extent(Index first_row, Index count) const {
    if (order_ == Order::Fortran) return {0, n_bytes()};
    return {offset(first_row, 0), count * n_inputs_ * type_.size()};
  }

  /// Rows [first_row, first_row + out.size() / n_inputs()) of the array whose first byte is `data`, sample after
  /// sample.
  template <class Scalar>
  void read_rows(const std::byte* data, Index first_row, Slice<Scalar> out) const {
    if (out.empty()) return;
    if (order_ == Order::C) {
      convert_elements(type_, data + offset(first_row, 0), out.size(), out.data());
      return;
    }
    read_inputs(data, first_row, 0, n_inputs_, out);
  }

  /// The same for inputs [first_input, first_input + n) alone; the other places of `out` stay as they are. For arrays
  /// in Fortran order, which are read input by input.
  template <class Scalar>
  void read_inputs(const std::byte* data, Index first_row, Index first_input, Index n, Slice<Scalar> out) const {
    const Index n_rows = out.size() / n_inputs_;
    for (Index input = first_input; input < first_input + n; ++input) {
      if (order_ == Order::C) {
        for (Index i = 0; i < n_rows; ++i) {
          convert_elements(type_, data + offset(first_row + i, input), 1, out.data() + i * n_inputs_ + input);
        }
      } else {
        convert_elements(type_, data + offset(first_row, input), n_rows, out.data() + input, n_inputs_);
      }
    }
  }

  /// For people: "'<f4' (1000, 784), C order".
  [[nodiscard]] std::string description() const {
    return "'" + type_.name() + "' " + detail::shape_text(shape_.slice()) +
           (order_ == Order::C ? ", C order" : ", Fortran order");
  }

 private:
  /// input_order_[i] is the place that input i, counted in C order, has among the inputs counted in Fortran order.
  void order_inputs() {
    input_order_.resize(n_inputs_);
    for (Index input = 0; input < n_inputs_; ++input) {
      Index place = 0;
      Index rest = input;
      Index stride = n_inputs_;
      for (Index axis = shape_.size() - 1; axis >= 1; --axis) {
        stride /= shape_[axis];
        place += rest % shape_[axis] * stride;
        rest /= shape_[axis];
      }
      input_order_[input] = place;
    }
  }

  ElementType type_;
  Order order_;
  Buffer<Index> shape_;
  Index n_inputs_ = 0;
  Buffer<Index> input_order_;
};

}  // namespace parsae::inline PARSAE_ABI
