// SPDX-License-Identifier: MIT
#pragma once

#include <io/damaged_file.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace parsae_examples::test {

/// A GGUF file, piece by piece as the specification has them.
class GgufBytes {
 public:
  GgufBytes(std::uint32_t version, std::uint64_t n_tensors, std::uint64_t n_keys) : bytes_("GGUF") {
    number(version).number(n_tensors).number(n_keys);
  }

  template <class T>
  GgufBytes& number(T value) {
    bytes_ += parsae::test::bytes_of(value);
    return *this;
  }

  GgufBytes& text(const std::string& value) {
    number(std::uint64_t{value.size()});
    bytes_ += value;
    return *this;
  }

  GgufBytes& key(const std::string& name, std::uint32_t type) { return text(name).number(type); }

  GgufBytes& tensor(const std::string& name, std::initializer_list<std::uint64_t> shape, std::uint32_t type,
                    std::uint64_t offset) {
    text(name).number(static_cast<std::uint32_t>(shape.size()));
    for (const std::uint64_t dimension : shape) number(dimension);
    return number(type).number(offset);
  }

  GgufBytes& pad(std::uint64_t alignment) {
    while (bytes_.size() % alignment != 0) bytes_ += '\0';
    return *this;
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace parsae_examples::test
