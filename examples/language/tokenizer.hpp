// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/file_error.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>

#include <language/byte_pieces.hpp>
#include <language/llama_shape.hpp>
#include <language/pair_merges.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parsae_examples {

/// A tokenizer file of llama2.c, mapped from the disk: the length of the longest piece (uint32), then for each token a
/// score (float32), a length (int32) and that many bytes. Pieces are those of sentencepiece, with blanks as blanks.
///
/// Reading checks every length against the file and every score for being a number. Throws parsae::FileError.
class Tokenizer {
 public:
  explicit Tokenizer(const std::filesystem::path& path) : file_(path) {
    Index at = 4;
    require(at <= file_.size(), "truncated: expected at least 4 bytes, got " + std::to_string(file_.size()), 0);
    const auto longest = load<std::uint32_t>(0);
    while (at < file_.size()) at = read_piece(at, longest);
    require(n_tokens() > end_token, "expected at least 3 tokens, got " + std::to_string(n_tokens()), file_.size());
    for (Token token = 0; token < n_tokens(); ++token) learn(token);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] Index n_tokens() const { return pieces_.size(); }

  /// The bytes of a token as they stand in the file.
  [[nodiscard]] std::string_view piece(Token token) const {
    parsae::require_between("Tokenizer token", Index{token}, Index{0}, n_tokens() - 1);
    return pieces_[token];
  }

  /// Throws FileError unless the tokenizer has exactly the tokens of a model.
  void require_vocabulary(Index n_vocabulary) const {
    require(n_tokens() == n_vocabulary,
            "expected the " + std::to_string(n_vocabulary) + " tokens of the model, got " + std::to_string(n_tokens()),
            file_.size());
  }

  /// The start token and the text's tokens, as sentencepiece does it: a blank before the text, then its characters, an
  /// unknown one as its bytes, then again and again the merge of the two neighbors whose union has the highest score,
  /// the leftmost of equal ones. An empty text is the start token alone. Throws std::invalid_argument for a character
  /// that is neither in the vocabulary nor spelled in bytes by it.
  [[nodiscard]] parsae::Buffer<Token> encode(std::string_view text) const {
    parsae::Buffer<Token> tokens;
    tokens.push_back(start_token);
    if (text.empty()) return tokens;
    parsae::Buffer<Token> characters;
    append_character(" ", characters);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = character_size(text.substr(at));
      append_character(text.substr(at, size), characters);
      at += size;
    }
    const PairMerges merges([this](Token left, Token right) { return merged(left, right); },
                            [this](Token token) { return scores_[token]; });
    tokens.append(merges.apply(characters).slice());
    return tokens;
  }

  /// The text of tokens: bytes as bytes, start and end as nothing, and without the blank that encode() puts behind the
  /// start. Throws std::invalid_argument for a token outside the vocabulary.
  [[nodiscard]] std::string decode(parsae::Slice<const Token> tokens) const {
    std::string text;
    bool is_first = false;
    for (const Token token : tokens) {
      const std::string_view stored = piece(token);
      const int byte = byte_of_piece(stored);
      if (token == start_token || token == end_token) {
        is_first = token == start_token;
        continue;
      }
      if (byte >= 0)
        text += static_cast<char>(byte);
      else
        text += is_first && stored.starts_with(' ') ? stored.substr(1) : stored;
      is_first = false;
    }
    return text;
  }

 private:
  Index read_piece(Index at, std::uint32_t longest) {
    const Index left = file_.size() - at;
    require(left >= 8, "truncated: expected score and length of a token, got " + std::to_string(left) + " bytes", at);
    const auto score = load<float>(at);
    const auto length = load<std::int32_t>(at + 4);
    require(!std::isnan(score), "expected a score, got NaN", at);
    require(length >= 0 && length <= left - 8 && static_cast<std::uint32_t>(length) <= longest,
            "expected a piece of at most " + std::to_string(longest) + " bytes with " + std::to_string(left - 8) +
                " left, got " + std::to_string(length),
            at + 4);
    require(n_tokens() < std::numeric_limits<Token>::max(), "more tokens than can be counted", at);
    pieces_.push_back(parsae::as_text(file_.bytes().part(at + 8, length)));
    scores_.push_back(score);
    return at + 8 + length;
  }

  /// Pieces that stand for themselves can be met in a text; start, end and bytes cannot.
  void learn(Token token) {
    const int byte = byte_of_piece(pieces_[token]);
    if (byte >= 0)
      byte_tokens_[byte] = token;
    else if (token > end_token && !pieces_[token].empty())
      token_of_.emplace(pieces_[token], token);
  }

  [[nodiscard]] Token find(std::string_view piece) const {
    const auto found = token_of_.find(piece);
    return found == token_of_.end() ? -1 : found->second;
  }

  /// The token of two neighbors as one, or -1.
  [[nodiscard]] Token merged(Token left, Token right) const {
    if (byte_of_piece(pieces_[left]) >= 0 || byte_of_piece(pieces_[right]) >= 0) return -1;
    return find(std::string(pieces_[left]) + std::string(pieces_[right]));
  }

  void append_character(std::string_view character, parsae::Buffer<Token>& tokens) const {
    const Token token = find(character);
    if (token >= 0) return tokens.push_back(token);
    for (const char byte : character) {
      const Token spelled = byte_tokens_[static_cast<unsigned char>(byte)];
      if (spelled < 0) parsae::reject("Tokenizer text", "characters of the vocabulary", std::string(character));
      tokens.push_back(spelled);
    }
  }

  template <class T>
  [[nodiscard]] T load(Index at) const {
    return parsae::detail::load_little_endian<T>(file_.bytes().data() + at);
  }

  void require(bool holds, const std::string& reason, Index offset) const {
    if (!holds) throw parsae::FileError(file_.path(), reason, static_cast<std::uint64_t>(offset));
  }

  parsae::MappedFile file_;
  parsae::Buffer<std::string_view> pieces_;  // into the file
  parsae::Buffer<float> scores_;
  parsae::Buffer<Token> byte_tokens_ = parsae::Buffer<Token>(256, -1);
  std::unordered_map<std::string_view, Token> token_of_;
};

}  // namespace parsae_examples
