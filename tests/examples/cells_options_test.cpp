// SPDX-License-Identifier: MIT
#include <cells/options.hpp>
#include <support/catch.hpp>

#include <string>

namespace cells_options_test {

using namespace parsae_examples::cells;

namespace {

Options shortened(const std::string& line) {
  Options options;
  CLI::App app;
  add_options(app, options);
  app.parse(line);
  shorten(app, options);
  return options;
}

}  // namespace

TEST_CASE("cells --quick trains shorter on two splits, unless the command says how long and how many") {
  CHECK(shortened("--quick").steps == 300);
  CHECK(shortened("--quick").n_splits == 2);
  CHECK(shortened("--quick --steps 700").steps == 700);
  CHECK(shortened("--quick --steps 700").n_splits == 2);
  CHECK(shortened("--quick --splits 5").n_splits == 5);
  CHECK(shortened("--quick --splits 5").steps == 300);
}

}  // namespace cells_options_test
