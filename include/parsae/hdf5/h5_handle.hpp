// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/abi.hpp>

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Held around calls of HDF5. One thread at a time is inside the library, which need not have been built for threads,
/// and the library prints no errors of its own; afterwards it prints them again if it did before. Sessions nest.
///
/// A program that calls HDF5 itself while another thread reads rows needs a library that was built for threads.
class H5Session {
 public:
  H5Session() : lock_(mutex()), is_silenced_(H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_) >= 0) {
    if (is_silenced_) H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  H5Session(const H5Session&) = delete;
  H5Session& operator=(const H5Session&) = delete;
  ~H5Session() {
    if (is_silenced_) H5Eset_auto2(H5E_DEFAULT, print_, print_data_);
  }

  /// What the library says of the call that has just failed: the innermost of its messages.
  [[nodiscard]] std::string reason() const {
    const char* innermost = nullptr;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned depth, const H5E_error2_t* error, void* found) -> herr_t {
          if (depth == 0) *static_cast<const char**>(found) = error->desc;
          return 0;
        },
        static_cast<void*>(&innermost));
    return innermost == nullptr ? "for a reason that HDF5 does not give" : innermost;
  }

 private:
  [[nodiscard]] static std::recursive_mutex& mutex() {
    static std::recursive_mutex of_program;
    return of_program;
  }

  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
  bool is_silenced_;
};

/// Owns what an HDF5 call has opened or made, of whatever kind: file, dataset, type, space.
class H5Handle {
 public:
  H5Handle() = default;
  explicit H5Handle(hid_t id) : id_(id) {}
  H5Handle(H5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  H5Handle& operator=(H5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~H5Handle() {
    if (!is_open()) return;
    const H5Session session;
    H5Idec_ref(id_);
  }

  [[nodiscard]] hid_t id() const { return id_; }
  [[nodiscard]] bool is_open() const { return id_ >= 0; }  ///< false when the call failed

 private:
  hid_t id_ = H5I_INVALID_HID;
};

}  // namespace parsae::inline PARSAE_ABI
