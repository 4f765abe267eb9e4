// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/gzip_stream.hpp>
#include <parsae/io/mapped_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// The lines of a text file, plain or compressed by gzip (seen from its content), in either end-of-line convention.
///
/// Memory stays small: pages of a plain file are given back, and of a compressed one only a window is kept. Throws
/// FileError for a line longer than 64 MiB and for damaged gzip data. `file` outlives this object.
class TextLines {
 public:
  explicit TextLines(const MappedFile& file) : file_(file), is_compressed_(GzipStream::recognizes(file)) { seek(0); }

  [[nodiscard]] bool is_compressed() const { return is_compressed_; }

  /// Where the next line begins, in the uncompressed text.
  [[nodiscard]] Index position() const { return position_; }

  /// Goes to a position() of before. Compressed text is read from its beginning to go back.
  void seek(Index position) {
    if (!is_compressed_) {
      position_ = dropped_ = position;
      return;
    }
    if (!stream_ || position < position_) {
      stream_ = std::make_unique<GzipStream>(file_);
      window_.clear();
      position_ = begin_ = 0;
      is_ended_ = false;
    }
    while (position_ < position) {
      if (begin_ == window_.size() && !refill()) return;
      const Index step = std::min(position - position_, window_.size() - begin_);
      begin_ += step;
      position_ += step;
    }
  }

  /// The next line without its end, valid until the next call; none at the end of the text. A text that ends with a
  /// line end has no empty line after it.
  [[nodiscard]] std::optional<std::string_view> next() {
    const std::optional<std::string_view> line = is_compressed_ ? next_compressed() : next_plain();
    if (!line || line->empty() || line->back() != '\r') return line;
    return line->substr(0, line->size() - 1);
  }

 private:
  static constexpr Index longest_line = Index{64} << 20;
  static constexpr Index window_size = Index{64} << 10;
  static constexpr Index dropped_at_once = Index{1} << 20;

  [[nodiscard]] std::optional<std::string_view> next_plain() {
    if (position_ - dropped_ >= dropped_at_once) {
      file_.drop_pages(dropped_, position_ - dropped_);
      dropped_ = position_;
    }
    if (position_ == file_.size()) return std::nullopt;
    const Slice<const std::byte> rest = file_.bytes().part(position_, file_.size() - position_);
    const std::string_view text = as_text(rest.part(0, std::min(rest.size(), longest_line + 1)));
    return take(text, text.find('\n'), rest.size());
  }

  [[nodiscard]] std::optional<std::string_view> next_compressed() {
    Index searched = 0;
    for (;;) {
      const std::string_view text(window_.data() + begin_, static_cast<std::size_t>(window_.size() - begin_));
      const std::size_t end = text.find('\n', static_cast<std::size_t>(searched));
      searched = static_cast<Index>(text.size());
      if (end == std::string_view::npos && searched <= longest_line && refill()) continue;
      if (text.empty()) return std::nullopt;
      const std::optional<std::string_view> line = take(text, end, searched);
      begin_ += position_ - line_begin_;
      return line;
    }
  }

  /// The line at the beginning of `text`, whose end is at `end`, or that has no end and is all the `left` bytes.
  [[nodiscard]] std::string_view take(std::string_view text, std::size_t end, Index left) {
    const bool has_end = end != std::string_view::npos;
    const Index size = has_end ? static_cast<Index>(end) : left;
    if (size > longest_line) {
      throw FileError(file_.path(),
                      "expected lines of at most 64 MiB, got a longer one" +
                          std::string(is_compressed_ ? " (offset in the decompressed text)" : ""),
                      static_cast<std::uint64_t>(position_));
    }
    line_begin_ = position_;
    position_ += size + (has_end ? 1 : 0);
    return text.substr(0, static_cast<std::size_t>(size));
  }

  /// Moves what is left of the window to its front and appends more text; false at the end.
  [[nodiscard]] bool refill() {
    if (is_ended_) return false;
    std::copy(window_.begin() + begin_, window_.end(), window_.begin());
    const Index kept = window_.size() - begin_;
    begin_ = 0;
    // As much again as there is: a long line is not searched for its end many times over.
    const Index wanted = std::max(window_size, kept);
    window_.resize(kept + wanted);
    const Index got = stream_->read({reinterpret_cast<std::byte*>(window_.data()) + kept, wanted});
    window_.resize(kept + got);
    is_ended_ = got < wanted;
    return got > 0;
  }

  const MappedFile& file_;
  bool is_compressed_;
  Index position_ = 0;
  Index line_begin_ = 0;
  Index dropped_ = 0;  // plain: pages before are given back

  // Of compressed text.
  std::unique_ptr<GzipStream> stream_;
  Buffer<char> window_;
  Index begin_ = 0;  // of the text in the window that has not been handed out
  bool is_ended_ = false;
};

}  // namespace parsae::inline PARSAE_ABI
