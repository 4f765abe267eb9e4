// SPDX-License-Identifier: MIT
#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "../../examples/mnist_mdl/journal.hpp"

namespace mnist_mdl_journal_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using parsae::test::content_of;
using parsae::test::make_file;

const std::string digits = "MNIST, 60000 images";

GridRow row(Index width, Index k, std::uint64_t seed, double eps, bool feasible = true) {
  GridRow made{width, k, seed, 3.25, 1.0 / 3, 0.125, eps, 0, 0, 0, 0, 0, 0, feasible};
  if (!feasible) return made;
  made.bits_codes = 10.1;
  made.bits_codes_only = 9.5;
  made.bits_dictionary = 0.7;
  made.bits_total = 10.8;
  made.code_bins = 5;
  made.dictionary_bits = 6;
  return made;
}

bool same(const GridRow& a, const GridRow& b) {
  return a.width == b.width && a.k == b.k && a.seed == b.seed && a.l0 == b.l0 && a.fvu == b.fvu &&
         a.dead_fraction == b.dead_fraction && a.eps == b.eps && a.bits_codes == b.bits_codes &&
         a.bits_codes_only == b.bits_codes_only && a.bits_dictionary == b.bits_dictionary &&
         a.bits_total == b.bits_total && a.code_bins == b.code_bins && a.dictionary_bits == b.dictionary_bits &&
         a.feasible == b.feasible;
}

const std::vector<GridRow> first{row(32, 1, 1, 0.3, false), row(32, 1, 1, 0.4)};
const std::vector<GridRow> second{row(64, 2, 7, 0.3), row(64, 2, 7, 0.4)};

Options resuming(Options options = {}) {
  options.resumes = true;
  return options;
}

/// A journal of two finished SAEs; its path.
std::filesystem::path two_lines(const parsae::test::TemporaryFolder& folder) {
  const auto path = folder / "metrics.jsonl";
  Journal journal(path, Options(), digits);
  journal.add(first, 1.5);
  journal.add(second, 2.5);
  return path;
}

void check_has_both(const Journal& journal) {
  REQUIRE(journal.rows().size() == 4);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(same(journal.rows()[i], first[i]));
    CHECK(same(journal.rows()[i + 2], second[i]));
  }
  CHECK(journal.has(32, 1, 1));
  CHECK(journal.has(64, 2, 7));
  CHECK_FALSE(journal.has(64, 1, 1));
  CHECK_FALSE(journal.has(32, 2, 1));
  CHECK_FALSE(journal.has(32, 1, 7));
}

}  // namespace

TEST_CASE("each finished SAE is one line, in the file at once") {
  const parsae::test::TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  Journal journal(path, Options(), digits);
  journal.add(first, 1.5);
  const std::string content = content_of(path);
  CHECK(std::count(content.begin(), content.end(), '\n') == 1);
  const auto line = nlohmann::json::parse(content);
  CHECK(line.at("seconds") == 1.5);
  CHECK(line.at("rows").size() == 2);
  CHECK(line.at("rows").at(0).at("bits_total").is_null());
  CHECK(line.at("settings").at("digits") == digits);
  journal.add(second, 2.5);
  check_has_both(journal);
}

TEST_CASE("a run that resumes takes the finished rows and goes on in the same file") {
  const parsae::test::TemporaryFolder folder;
  const auto path = two_lines(folder);
  const std::string content = content_of(path);
  {
    Journal journal(path, resuming(), digits);
    check_has_both(journal);
    CHECK(content_of(path) == content);
    journal.add({row(128, 4, 1, 0.3)}, 1);
  }
  CHECK(content_of(path).substr(0, content.size()) == content);
  Journal again(path, resuming(), digits);
  CHECK(again.rows().size() == 5);
  CHECK(again.has(128, 4, 1));
}

TEST_CASE("without --resume a run begins anew; with it, there need not be a file") {
  const parsae::test::TemporaryFolder folder;
  const auto path = two_lines(folder);
  CHECK(Journal(path, Options(), digits).rows().empty());
  CHECK(content_of(path).empty());
  CHECK(Journal(folder / "new", resuming(), digits).rows().empty());
}

TEST_CASE("wherever a run was killed, whole lines are kept and half a line is dropped") {
  const parsae::test::TemporaryFolder folder;
  const std::string content = content_of(two_lines(folder));
  const std::size_t first_line = content.find('\n') + 1;
  for (std::size_t length = 0; length <= content.size(); ++length) {
    INFO(length << " of " << content.size() << " bytes");
    const auto path = make_file(folder / "cut", content.substr(0, length));
    // A line is whole with its closing brace; the line break may be missing.
    std::size_t whole = 0;
    if (length + 1 >= first_line) whole = 1;
    if (length + 1 >= content.size()) whole = 2;
    Journal journal(path, resuming(), digits);
    REQUIRE(journal.rows().size() == 2 * whole);
    REQUIRE(content_of(path) == content.substr(0, whole == 0 ? 0 : whole == 1 ? first_line : content.size()));
  }
}

TEST_CASE("lines of other settings or digits are refused, and stay in the file") {
  const parsae::test::TemporaryFolder folder;
  const auto path = two_lines(folder);
  const std::string content = content_of(path);
  const auto check_refused = [&](const Options& options, const std::string& source) {
    const auto reason = parsae::test::refusal(path, [&] { Journal journal(path, options, source); }).reason();
    CHECK_THAT(reason, ContainsSubstring("line 1 was written with other settings or digits"));
    CHECK(content_of(path) == content);
  };
  Options options = resuming();
  check_refused(options, "a small subset");
  options.recipe.activation = "mutual_choice";
  check_refused(options, digits);
  options = resuming();
  options.recipe.epochs = 5;
  check_refused(options, digits);
  options = resuming();
  options.recipe.learning_rate = 2e-3;
  check_refused(options, digits);
  options = resuming();
  options.recipe.batch_size = 256;
  check_refused(options, digits);
  options = resuming();
  options.bounds = {0.3};
  check_refused(options, digits);

  options = resuming();  // what does not change a row
  options.widths = {32};
  options.ks = {5};
  options.n_seeds = 9;
  options.recipe.threads = 3;
  options.is_quiet = true;
  check_has_both(Journal(path, options, digits));
}

TEST_CASE("a file of another program is refused by the line, and left alone") {
  const parsae::test::TemporaryFolder folder;
  const std::string content = content_of(two_lines(folder));
  for (const char* foreign : {"step,loss\n1,2\n", "{\"step\":1}\n", "[]\n", "\n", "7\n"}) {
    INFO(foreign);
    const auto path = make_file(folder / "other", foreign);
    CHECK_THAT(parsae::test::refusal(path, [&] { Journal journal(path, resuming(), digits); }).reason(),
               ContainsSubstring("line 1 is not of this program"));
    CHECK(content_of(path) == foreign);
    make_file(path, content + foreign);
    CHECK_THAT(parsae::test::refusal(path, [&] { Journal journal(path, resuming(), digits); }).reason(),
               ContainsSubstring("line 3 is not of this program"));
  }
}

TEST_CASE("a journal that cannot be written is refused by its path") {
  const parsae::test::TemporaryFolder folder;
  const auto path = folder / "missing" / "metrics.jsonl";
  CHECK(parsae::test::refusal(path, [&] { Journal journal(path, Options(), digits); }).reason() == "cannot be written");
}

}  // namespace mnist_mdl_journal_test
