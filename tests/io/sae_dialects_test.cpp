// SPDX-License-Identifier: MIT
#include <parsae/io/sae_dialects.hpp>

#include <io/damaged_file.hpp>
#include <support/random_model.hpp>
#include <support/temporary_folder.hpp>

namespace sae_dialects_test {

using namespace parsae;

TEST_CASE("what one dialect wrote is recognized and read, and becomes any other") {
  const test::TemporaryFolder folder;
  const Matrix<float> samples = test::random_matrix<float>(6, 30, 9);
  const auto recon_of = [&](const AnyAutoencoder& any) {
    return std::visit([&](const auto& model) { return model.decode(model.encode(samples)); }, any);
  };
  Autoencoder model = test::random_model(Threshold<float>(Vector<float>::Constant(1, 0.5f)), 6, 20);
  model.input_scale = model.output_scale = 0.3f;
  const Matrix<float> expected = recon_of(model);
  CHECK(expected.norm() > 0);
  for (const SaeDialect& from : sae_dialects()) {
    const auto path = folder / std::string(from.name);
    from.save(model, path, {});
    CHECK(sae_dialect_of(path).name == from.name);
    for (const SaeDialect& to : sae_dialects()) {
      const auto converted = folder / (std::string(from.name) + "-" + std::string(to.name));
      to.save(from.load(path), converted, {});
      CHECK(sae_dialect_of(converted).name == to.name);
      CHECK((recon_of(to.load(converted)) - expected).norm() < 1e-5f * expected.norm());
    }
  }
}

TEST_CASE("a dialect has a name, and one that is not known is refused with those that are") {
  CHECK(sae_dialect("saelens").name == "saelens");
  CHECK(sae_dialect("parsae").name == "parsae");
  CHECK_THROWS_WITH(sae_dialect("sealens"), "dialect: expected parsae or saelens, got sealens");
  const test::TemporaryFolder folder;
  CHECK(test::refusal(folder.path(), [&] { static_cast<void>(sae_dialect_of(folder.path())); }).reason() ==
        "is neither a model file nor a directory with an autoencoder");
}

}  // namespace sae_dialects_test
