// SPDX-License-Identifier: MIT
#include <parsae/hdf5/h5_handle.hpp>

#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace h5_handle_test {

using namespace parsae;

namespace {

/// Counts instead of printing, while it lives.
class CountedErrors {
 public:
  CountedErrors() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, count, &n_errors);
  }
  CountedErrors(const CountedErrors&) = delete;
  CountedErrors& operator=(const CountedErrors&) = delete;
  ~CountedErrors() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

  int n_errors = 0;

 private:
  static herr_t count(hid_t, void* n_errors) {
    ++*static_cast<int*>(n_errors);
    return 0;
  }

  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

hid_t open_missing(const test::TemporaryFolder& folder) {
  return H5Fopen((folder / "missing.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
}

}  // namespace

TEST_CASE("a session silences the library's errors, names the innermost, and gives the printing back") {
  const test::TemporaryFolder folder;
  CountedErrors errors;
  CHECK(open_missing(folder) < 0);
  CHECK(errors.n_errors == 1);
  {
    const H5Session session;
    CHECK(session.reason() == "for a reason that HDF5 does not give");  // nothing has failed in it yet
    const H5Session nested;
    CHECK(open_missing(folder) < 0);
    CHECK(session.reason().find("No such file or directory") != std::string::npos);
  }
  CHECK(errors.n_errors == 1);
  CHECK(open_missing(folder) < 0);
  CHECK(errors.n_errors == 2);
}

TEST_CASE("sessions of two threads exclude each other") {
  std::atomic<bool> has_entered{false};
  std::thread other;
  {
    const H5Session session;
    other = std::thread([&] {
      const H5Session waiting;
      has_entered = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK_FALSE(has_entered);
  }
  other.join();
  CHECK(has_entered);
}

TEST_CASE("a handle closes what it owns once") {
  CHECK_FALSE(H5Handle().is_open());
  const hid_t id = H5Screate(H5S_SCALAR);
  H5Handle first(id);
  {
    H5Handle second(std::move(first));
    CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move)
    CHECK(second.id() == id);
    CHECK(H5Iis_valid(id) > 0);
    first = std::move(second);
    CHECK(first.id() == id);
  }
  CHECK(H5Iis_valid(id) > 0);
  first = H5Handle();
  CHECK(H5Iis_valid(id) == 0);
}

}  // namespace h5_handle_test
