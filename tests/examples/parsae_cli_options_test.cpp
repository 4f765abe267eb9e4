// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <fstream>
#include <string>

#include "../../examples/parsae_cli/options.hpp"
#include "../../examples/parsae_cli/options_json.hpp"

namespace parsae_cli_options_test {

namespace {

using namespace parsae_cli;
using Catch::Matchers::ContainsSubstring;

/// A command line of `parsae train`, parsed like the program does.
struct Parsed {
  CLI::App app;
  TrainRequest request;
  CLI::App* verb = nullptr;

  explicit Parsed(const std::string& line) {
    verb = add_train(app, request);
    verb->allow_extras();
    app.parse("train " + line);
    refuse_leftovers(*verb, verb->remaining());
  }
};

std::string refusal(const std::string& line) {
  try {
    const Parsed parsed(line);
    check_usage([&] { check(parsed.request.train); });
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

std::filesystem::path written(const parsae::test::TemporaryFolder& folder, const std::string& text) {
  const std::filesystem::path path = folder / "config.toml";
  std::ofstream(path) << text;
  return path;
}

std::string config_refusal(const std::string& text) {
  const parsae::test::TemporaryFolder folder;
  Parsed parsed("a.npy");
  try {
    read_config_file(*parsed.verb, written(folder, text));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the nearest name is the one with the fewest edits, and nobody's where none is near") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("latents", "latents") == 0);
  CHECK(nearest_name("--latnts", {"--lr", "--latents", "--latent"}) == "--latents");
  CHECK(nearest_name("trian", {"eval", "train"}) == "train");
  CHECK(nearest_name("zzz", {"eval", "train"}).empty());
  CHECK(did_you_mean("evl", {"eval", "train"}) == "; did you mean eval?");
}

TEST_CASE("sizes are numbers or multiples of the inputs") {
  CHECK(LatentCount::parse("4096").of(64) == 4096);
  CHECK(LatentCount::parse("8x").of(64) == 512);
  CHECK(LatentCount::parse("1.5X").of(3) == 4);
  for (const char* text : {"", "x", "8y", "8.5", "-4", "0", "inf", "8xx", " 8"}) {
    INFO(text);
    CHECK_THROWS_WITH(static_cast<void>(LatentCount::parse(text)), ContainsSubstring("--latents: expected a number"));
  }
  CHECK_THROWS_WITH(LatentCount::parse("0.1x").of(5), ContainsSubstring("--latents: expected a value from 1 to"));
}

TEST_CASE("an empty command line has the defaults, which may be trained") {
  const Parsed parsed("acts.npy");
  const TrainOptions& options = parsed.request.train;
  CHECK_NOTHROW(check(options));
  CHECK(options.data.inputs == std::vector<std::string>{"acts.npy"});
  CHECK(options.rules == std::vector<std::string>{"topk"});
  CHECK(options.ks == std::vector<double>{32});
  CHECK(options.latents == std::vector<std::string>{"8x"});
  CHECK(options.aux_k == -1);
  CHECK(options.threads == parsae::Threads::available().count());
  CHECK(parsed.request.out == "run");
}

TEST_CASE("lists take what commas join, and leave the next word alone") {
  const Parsed parsed("-k 16,32 a.npy --latents 4x,512 --seed 1,2 b.npy --rule topk,relu --l1 0.1,0.5 -o out");
  const TrainOptions& options = parsed.request.train;
  CHECK(options.data.inputs == std::vector<std::string>{"a.npy", "b.npy"});
  CHECK(options.ks == std::vector<double>{16, 32});
  CHECK(options.latents == std::vector<std::string>{"4x", "512"});
  CHECK(options.seeds == std::vector<std::uint64_t>{1, 2});
  CHECK(options.rules == std::vector<std::string>{"topk", "relu"});
  CHECK(options.l1 == std::vector<double>{0.1, 0.5});
  CHECK(parsed.request.out == "out");
  CHECK(refusal("a.npy -k 16,,32") == "-k: cannot read \"\" in \"16,,32\"");
  CHECK(refusal("a.npy -k many") == "-k: cannot read \"many\" in \"many\"");
}

TEST_CASE("what cannot be trained is refused by the option's name") {
  CHECK(refusal("a.npy") == "accepted");
  CHECK_THAT(refusal(""), ContainsSubstring("inputs: expected at least one file"));
  CHECK(refusal("a.npy --latnts 8x") == "unknown option --latnts; did you mean --latents?");
  CHECK(refusal("a.npy --chekpoint-every=5") == "unknown option --chekpoint-every; did you mean --checkpoint-every?");
  CHECK_THAT(refusal("a.npy --rule jumprel"), ContainsSubstring("did you mean jumprelu?"));
  CHECK(refusal("a.npy -k 4,4") == "-k: expected each value once, got one of them twice");
  CHECK(refusal("a.npy -k 0") == "-k: expected a finite value above 0, got 0");
  CHECK(refusal("a.npy --steps 5 --epochs 2") ==
        "--steps: expected one of --steps, --samples and --epochs, got several");
  CHECK_THAT(refusal("a.npy --skip-bytes 16"), ContainsSubstring("--skip-bytes: expected --dim beside it"));
  CHECK_THAT(refusal("a.npy --max-norm-ratio 0.5"), ContainsSubstring("--max-norm-ratio: expected at least 1"));
  CHECK_THAT(refusal("a.npy --precision low"), ContainsSubstring("--precision: expected screened, exact"));
  CHECK_THAT(refusal("a.npy --warmup 2"), ContainsSubstring("--warmup: expected a value from 0 to 1"));
  CHECK_THAT(refusal("a.npy --keep-checkpoints 1"), ContainsSubstring("--keep-checkpoints: expected a value from 2"));
}

TEST_CASE("a configuration file fills what the command line left open") {
  const parsae::test::TemporaryFolder folder;
  Parsed parsed("a.npy --batch 64");
  read_config_file(*parsed.verb, written(folder,
                                         "[train]\nk = [16, 32]\nlatents = \"4x\"\nbatch = 128\nlr = 0.001\n"
                                         "skip-not-finite = true\nquiet = false\n"));
  CHECK(parsed.request.train.ks == std::vector<double>{16, 32});
  CHECK(parsed.request.train.latents == std::vector<std::string>{"4x"});
  CHECK(parsed.request.train.batch == 64);
  CHECK(parsed.request.train.learning_rates == std::vector<double>{0.001});
  CHECK(parsed.request.train.data.skips_not_finite);
  CHECK_FALSE(parsed.request.output.is_quiet);
}

TEST_CASE("a configuration file with an unknown key, section or value is refused with what was meant") {
  CHECK_THAT(config_refusal("latent = \"4x\"\n"), ContainsSubstring("unknown key \"latent\"; did you mean --latents?"));
  CHECK_THAT(config_refusal("[trian]\nk = 4\n"), ContainsSubstring("unknown section [trian]; expected [train]"));
  CHECK_THAT(config_refusal("batch = \"many\"\n"), ContainsSubstring("batch"));
  CHECK(config_refusal("batch = 32\n") == "accepted");
  Parsed parsed("a.npy");
  CHECK_THROWS_WITH(read_config_file(*parsed.verb, "/no/such/file"), ContainsSubstring("cannot be opened"));
}

TEST_CASE("options come back from config.json as they were") {
  const Parsed parsed("a.npy -k 16,32 --lr 0.01 --eval-data b.npy --skip-not-finite --batch 77 --threads 3");
  nlohmann::ordered_json json = options_json(parsed.request.train, Effect::Result);
  CHECK_FALSE(json.contains("threads"));
  json.update(options_json(parsed.request.train, Effect::Running));
  const TrainOptions back = options_from("config.json", json);
  CHECK(back.data.inputs == std::vector<std::string>{std::filesystem::absolute("a.npy").string()});
  CHECK(back.eval_data == std::vector<std::string>{std::filesystem::absolute("b.npy").string()});
  CHECK(back.ks == parsed.request.train.ks);
  CHECK(back.learning_rates == std::vector<double>{0.01});
  CHECK(back.data.skips_not_finite);
  CHECK(back.batch == 77);
  CHECK(back.threads == 3);

  nlohmann::ordered_json unknown = json;
  unknown["batsh"] = 1;
  CHECK_THROWS_WITH(options_from("config.json", unknown),
                    ContainsSubstring("unknown option \"batsh\"; did you mean batch?"));
  json.erase("batch");
  CHECK_THROWS_WITH(options_from("config.json", json), ContainsSubstring("option \"batch\""));
}

TEST_CASE("a run goes on with the options that it began with") {
  const Parsed before("a.npy -k 16 --threads 1");
  nlohmann::ordered_json stored = options_json(before.request.train, Effect::Result);
  stored.update(options_json(before.request.train, Effect::Running));
  const auto resumed = [&](const std::string& line) {
    const Parsed now(line);
    return resumed_options("run", stored, *now.verb, now.request.train);
  };
  CHECK(resumed("--resume run").ks == std::vector<double>{16});
  CHECK(resumed("--resume run").threads == 1);
  CHECK(resumed("--resume run --threads 2 --checkpoint-every 9").threads == 2);
  CHECK(resumed("--resume run --checkpoint-every 9").checkpoint_every == 9);
  CHECK(resumed("a.npy -k 16 --resume run").ks == std::vector<double>{16});
  CHECK_THROWS_AS(resumed("--resume run -k 32"), UsageError);
  CHECK_THROWS_WITH(resumed("--resume run -k 32 --batch 5"),
                    ContainsSubstring("-k was [16.0] and is [32.0]") && ContainsSubstring("--batch was 0 and is 5"));
  CHECK_THROWS_WITH(resumed("b.npy --resume run"), ContainsSubstring("inputs was"));
}

}  // namespace parsae_cli_options_test
