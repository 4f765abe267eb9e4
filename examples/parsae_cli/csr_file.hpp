// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/atomic_file.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/safetensors_writer.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "npz_writer.hpp"

namespace parsae_cli {

namespace detail {

/// Numbers that grow on the disk beside the file they are meant for, and vanish with this object.
template <class Value>
class Spool {
 public:
  Spool(const std::filesystem::path& target, const std::string& name)
      : path_(target.string() + "." + name + "-" + std::to_string(::getpid()) + ".part") {
    file_ = std::fopen(path_.c_str(), "wxb");
    if (file_ == nullptr) throw parsae::FileError(path_, "cannot be created");
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() {
    if (file_ != nullptr) std::fclose(file_);
    std::remove(path_.c_str());
  }

  void append(const Value& value) {
    if (std::fwrite(&value, sizeof value, 1, file_) != 1) fail();
  }

  /// All values, mapped; nothing can be appended afterwards.
  [[nodiscard]] parsae::Slice<const Value> values() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail();
    if (std::filesystem::file_size(path_) == 0) return {};
    mapped_.emplace(path_);
    const parsae::Slice<const std::byte> bytes = mapped_->bytes();
    return {reinterpret_cast<const Value*>(bytes.data()), bytes.size() / static_cast<parsae::Index>(sizeof(Value))};
  }

 private:
  [[noreturn]] void fail() const { throw parsae::FileError(path_, "cannot be written: the disk may be full"); }

  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
  std::optional<parsae::MappedFile> mapped_;
};

}  // namespace detail

/// Writes sparse codes as a compressed-row matrix, samples x latents: data (float32), indices (int32), indptr (int64)
/// and shape (int64), as .npz (what scipy.sparse.load_npz reads) or .safetensors by the extension. Codes come batch by
/// batch and wait on the disk: memory is 8 bytes a sample. The file is there as a whole after finish(), or not at all.
class CsrFile {
 public:
  /// Throws std::invalid_argument for another extension.
  CsrFile(const std::filesystem::path& path, Index n_latents)
      : path_(require_extension(path)), n_latents_(n_latents), data_(path, "data"), indices_(path, "indices") {}

  void add(const parsae::SparseCode<float>& code) {
    parsae::require_latents("CsrFile latent", code, n_latents_);
    for (Index i = 0; i < code.n_samples(); ++i) {
      std::int64_t end = indptr_.back();
      for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e) {
        if (code.values[e] == 0) continue;
        data_.append(code.values[e]);
        indices_.append(code.latents[e]);
        ++end;
      }
      indptr_.push_back(end);
    }
  }

  [[nodiscard]] Index n_samples() const { return static_cast<Index>(indptr_.size()) - 1; }
  [[nodiscard]] std::int64_t n_entries() const { return indptr_.back(); }

  void finish() {
    const parsae::Slice<const float> data = data_.values();
    const parsae::Slice<const std::int32_t> indices = indices_.values();
    const parsae::Slice<const std::int64_t> indptr(indptr_.data(), n_samples() + 1);
    const std::vector<std::int64_t> shape{n_samples(), n_latents_};
    const parsae::Slice<const std::int64_t> shape_slice(shape.data(), 2);
    if (path_.extension() == ".npz") {
      NpzWriter writer(path_);
      writer.add("data", data);
      writer.add("indices", indices);
      writer.add("indptr", indptr);
      writer.add("shape", shape_slice);
      writer.add_word("format", "csr");
      writer.finish();
      return;
    }
    parsae::SafetensorsWriter writer;
    writer.add("data", {data.size()}, data);
    writer.add("indices", {indices.size()}, indices);
    writer.add("indptr", {indptr.size()}, indptr);
    writer.add("shape", {Index{2}}, shape_slice);
    writer.set_metadata("format", "csr");
    writer.write(path_);
  }

 private:
  static const std::filesystem::path& require_extension(const std::filesystem::path& path) {
    if (path.extension() != ".npz" && path.extension() != ".safetensors")
      parsae::reject("--out", "a name that ends in .npz or .safetensors", path.string());
    return path;
  }

  std::filesystem::path path_;
  Index n_latents_;
  detail::Spool<float> data_;
  detail::Spool<std::int32_t> indices_;
  std::vector<std::int64_t> indptr_{0};
};

}  // namespace parsae_cli
