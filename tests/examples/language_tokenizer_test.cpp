// SPDX-License-Identifier: MIT
#include <examples/language_fixture.hpp>
#include <language/tokenizer.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace language_tokenizer_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using parsae::FileError;

namespace {

struct Piece {
  std::string text;
  float score = 0;
};

std::string tokenizer_bytes(const std::vector<Piece>& pieces) {
  std::size_t longest = 0;
  for (const Piece& piece : pieces) longest = std::max(longest, piece.text.size());
  std::string bytes = parsae::test::bytes_of(static_cast<std::uint32_t>(longest));
  for (const Piece& piece : pieces)
    bytes += parsae::test::bytes_of(piece.score) +
             parsae::test::bytes_of(static_cast<std::int32_t>(piece.text.size())) + piece.text;
  return bytes;
}

const std::vector<Piece> controls{{"<unk>", 0}, {"\n<s>\n", 0}, {"\n</s>\n", 0}};

/// Controls, all bytes, and pieces over a, b, c, the blank and an accented letter.
std::vector<Piece> all_pieces() {
  std::vector<Piece> pieces = controls;
  const char* const digits = "0123456789ABCDEF";
  for (std::size_t byte = 0; byte < 256; ++byte)
    pieces.push_back({std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">", 0});
  for (const char* const text : {" ", "a", "b", "c", "\xc3\xa9"}) pieces.push_back({text, -50});
  pieces.push_back({"ab", -1});
  pieces.push_back({"bc", -2});
  pieces.push_back({" a", -3});
  pieces.push_back({"abc", -4});
  pieces.push_back({"aa", -4});
  pieces.push_back({" abc", -5});
  pieces.push_back(
      {"\xc3\xa9"
       "a",
       -6});
  pieces.push_back({"aaaa", -6});
  pieces.push_back({"<0x41><0x78>", -7});
  return pieces;
}

/// The definition, trying all neighbors anew for each merge.
std::vector<std::string> plain_merges(std::vector<std::string> parts, const std::map<std::string, float>& scores) {
  for (;;) {
    std::size_t best = parts.size();
    float best_score = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = scores.find(parts[i] + parts[i + 1]);
      if (found == scores.end() || (best < parts.size() && found->second <= best_score)) continue;
      best = i;
      best_score = found->second;
    }
    if (best == parts.size()) return parts;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

class OwnTokenizer {
 public:
  explicit OwnTokenizer(const std::vector<Piece>& pieces)
      : tokenizer_(parsae::test::make_file(folder_ / "tokens.bin", tokenizer_bytes(pieces))) {}
  [[nodiscard]] const Tokenizer* operator->() const { return &tokenizer_; }

  [[nodiscard]] std::vector<std::string> pieces_of(const std::string& text) const {
    std::vector<std::string> pieces;
    for (const Token token : tokenizer_.encode(text)) pieces.emplace_back(tokenizer_.piece(token));
    return pieces;
  }

 private:
  parsae::test::TemporaryFolder folder_;
  Tokenizer tokenizer_;
};

void read_tokenizer(const std::filesystem::path& path) { static_cast<void>(Tokenizer(path)); }

std::string refusal_of(const std::string& bytes) {
  const parsae::test::TemporaryFolder folder;
  const auto path = parsae::test::make_file(folder / "tokens.bin", bytes);
  return parsae::test::refusal(path, [&] { read_tokenizer(path); }).what();
}

}  // namespace

TEST_CASE("a text is a start, a blank, and merges by score, the leftmost first") {
  const OwnTokenizer tokenizer(all_pieces());
  using Pieces = std::vector<std::string>;
  const std::string start = "\n<s>\n";
  CHECK(tokenizer.pieces_of("") == Pieces{start});
  CHECK(tokenizer.pieces_of("abc") == Pieces{start, " abc"});  // by "ab" and "abc", since "ab" comes before " a"
  CHECK(tokenizer.pieces_of("abb") == Pieces{start, " ", "ab", "b"});
  CHECK(tokenizer.pieces_of("bca") == Pieces{start, " ", "bc", "a"});
  CHECK(tokenizer.pieces_of("aaa") == Pieces{start, " a", "aa"});  // " a" has the higher score
  CHECK(tokenizer.pieces_of("caaaaa") == Pieces{start, " ", "c", "aaaa", "a"});
  CHECK(tokenizer.pieces_of("\xc3\xa9") == Pieces{start, " ", "\xc3\xa9"});
}

TEST_CASE("characters that the vocabulary lacks are spelled in bytes, and bytes never merge") {
  const OwnTokenizer tokenizer(all_pieces());
  using Pieces = std::vector<std::string>;
  CHECK(tokenizer.pieces_of("x\xe2\x82\xac") == Pieces{"\n<s>\n", " ", "<0x78>", "<0xE2>", "<0x82>", "<0xAC>"});
  CHECK(tokenizer.pieces_of("Ax") == Pieces{"\n<s>\n", " ", "<0x41>", "<0x78>"});
  // The spelling of a byte in a text is no byte.
  CHECK(tokenizer->decode(tokenizer->encode("<0x0A>").slice()) == "<0x0A>");

  std::vector<Piece> without_bytes = controls;
  without_bytes.push_back({" ", 0});
  CHECK_THROWS_WITH(OwnTokenizer(without_bytes)->encode("z"), ContainsSubstring("Tokenizer text"));
}

TEST_CASE("merges in n log n are those of the definition") {
  const OwnTokenizer tokenizer(all_pieces());
  std::map<std::string, float> scores;
  for (const Piece& piece : all_pieces())
    if (piece.text.size() > 1 && piece.text.front() != '<' && piece.text.front() != '\n')
      scores[piece.text] = piece.score;
  const std::array<std::string, 5> letters{"a", "b", "c", " ", "\xc3\xa9"};
  for (std::uint64_t round = 0; round < 200; ++round) {
    std::string text;
    std::vector<std::string> parts{" "};
    for (const Token letter : random_tokens(1 + static_cast<Index>(round % 40), round % 3 == 0 ? 2 : 5, round)) {
      parts.push_back(letters[static_cast<std::size_t>(letter)]);
      text += parts.back();
    }
    std::vector<std::string> expected = plain_merges(parts, scores);
    expected.insert(expected.begin(), "\n<s>\n");
    REQUIRE(tokenizer.pieces_of(text) == expected);
    REQUIRE(tokenizer->decode(tokenizer->encode(text).slice()) == text);
  }
}

TEST_CASE("any bytes at all survive the way there and back") {
  const OwnTokenizer tokenizer(all_pieces());
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& text : {every_byte, std::string("  two blanks"), std::string("\xff\x80\x80\x80\x80\x80"),
                                  std::string("cut \xe2\x82"), std::string("\0zero", 5)})
    CHECK(tokenizer->decode(tokenizer->encode(text).slice()) == text);
}

TEST_CASE("decoding leaves out start, end and the blank behind the start alone") {
  const OwnTokenizer tokenizer(all_pieces());
  const Token blank_a = tokenizer->encode("a")[1];
  const std::vector<Token> tokens{blank_a, 1, blank_a, blank_a, 2, blank_a};
  CHECK(tokenizer->decode(slice_of(tokens)) == " aa a a");
  CHECK_THROWS_AS(tokenizer->piece(-1), std::invalid_argument);
  CHECK_THROWS_AS(tokenizer->piece(static_cast<Token>(tokenizer->n_tokens())), std::invalid_argument);
}

TEST_CASE("damaged tokenizer files are refused, or read as what they still are") {
  const parsae::test::TemporaryFolder folder;
  std::vector<Piece> pieces = controls;
  pieces.push_back({"ab", 1.5F});
  pieces.push_back({"c", -1});
  const std::string bytes = tokenizer_bytes(pieces);
  const auto path = folder / "tokens.bin";
  // The file does not say how many tokens it has; the model does.
  const auto read_for_model = [](const std::filesystem::path& file) { Tokenizer(file).require_vocabulary(5); };
  parsae::test::check_every_truncation(path, bytes, read_for_model);
  CHECK(parsae::test::check_every_corruption(path, bytes, read_for_model) > 100);
  read_for_model(parsae::test::make_file(path, bytes));

  const auto with = [&](std::size_t offset, auto value) {
    std::string damaged = bytes;
    damaged.replace(offset, sizeof value, parsae::test::bytes_of(value));
    return damaged;
  };
  CHECK_THAT(refusal_of(with(8, std::int32_t{-1})), ContainsSubstring("at byte 8") && ContainsSubstring("got -1"));
  CHECK_THAT(refusal_of(with(8, std::int32_t{0x7fffffff})), ContainsSubstring("a piece of at most 6 bytes"));
  CHECK_THAT(refusal_of(with(4, std::uint32_t{0x7fc00000})), ContainsSubstring("NaN"));
  CHECK_THAT(refusal_of(with(0, std::uint32_t{3})), ContainsSubstring("at most 3 bytes"));
  CHECK_THAT(refusal_of(tokenizer_bytes({{"a", 0}})), ContainsSubstring("at least 3 tokens"));
  CHECK_THROWS_WITH(OwnTokenizer(pieces)->require_vocabulary(512), ContainsSubstring("512 tokens of the model, got 5"));
}

}  // namespace language_tokenizer_test
