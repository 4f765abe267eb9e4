// SPDX-License-Identifier: MIT
// What is done with a trained SAE: eval, encode, top, convert, report.

#include "verbs.hpp"

#include <parsae/io/atomic_file.hpp>
#include <parsae/io/run_directory.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "console.hpp"
#include "csr_file.hpp"
#include "judge.hpp"
#include "report_files.hpp"

namespace parsae_cli {
namespace {

namespace fs = std::filesystem;
using parsae_examples::fixed_text;
using parsae_examples::Interrupt;
using parsae_examples::ProgressBar;

ProgressBar::Style style_of(const UseRequest& request) {
  return request.output.is_quiet ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto;
}

Sae required_sae(const UseRequest& request) {
  if (request.model.empty()) throw UsageError("model: expected a model file or directory before the activations");
  check_usage([&] {
    parsae::require_between("--threads", request.threads, 1, 4096);
    parsae::require_at_least("--max-samples", request.max_samples, Index{0});
    parsae::require_between("--batch", request.batch, Index{1}, Index{1} << 24);
  });
  return load_sae(request.model);
}

void require_out(const UseRequest& request) {
  if (request.out.empty()) throw UsageError("--out: expected a name for what is written (-o NAME)");
}

Index expected_samples(const UseRequest& request, const Activations& activations) {
  return request.max_samples > 0 ? std::min(request.max_samples, activations.n_rows()) : activations.n_rows();
}

void note_left_out(const Console& console, const Source& source) {
  const std::string text = source.report().text();
  if (!text.empty()) console.note(text.substr(0, text.size() - 1));
}

void print_figures(const Console& console, const Sae& sae, const Figures& figures) {
  const auto line = [&](const std::string& name, const std::string& value) {
    console.result(name + std::string(22 - std::min<std::size_t>(name.size(), 21), ' ') + value);
  };
  line("SAE", sae.rule() + (sae.settings().empty() ? "" : " (" + sae.settings() + ")") + ", " +
                  grouped(sae.n_latents()) + " latents of " + std::to_string(sae.n_inputs()) + " inputs");
  line("samples", grouped(figures.n_samples));
  line("FVU", fixed_text(figures.fvu, 5));
  line("explained variance", fixed_text(1 - figures.fvu, 5));
  line("squared error", number_text(figures.mean_squared_error) + " a sample");
  line("cosine", fixed_text(figures.cosine, 5));
  line("norm ratio", fixed_text(figures.norm_ratio, 4));
  line("L0",
       fixed_text(figures.l0, 2) + " (standard deviation over samples " + fixed_text(figures.l0_deviation, 2) + ")");
  line("dead latents", fixed_text(100 * figures.dead_fraction, 2) + " %");
  line("description length", fixed_text(figures.bits_per_sample, 1) + " bits a sample");
  if (figures.fvu > 1)
    console.note(
        "The reconstruction is worse than the mean sample: are these the activations that the SAE was "
        "trained on?");
}

/// Densities that training has measured, where the SAE is that of a run.
parsae::ExportDetails details_of(const fs::path& model, const Sae& sae) {
  parsae::ExportDetails details;
  if (!fs::exists(model / evaluation_file)) return details;
  const std::vector<double> density = read_findings(model / evaluation_file).density;
  if (static_cast<Index>(density.size()) == sae.n_latents())
    details.density = Eigen::Map<const parsae::Vector<double>>(density.data(), sae.n_latents());
  return details;
}

/// "17,0.83,acts.npy,1234" and so on, best first, latent by latent.
std::string top_csv(const TopExamples& top, const Activations& activations, const std::vector<Index>& latents) {
  std::string csv = "latent,rank,value,file,row\n";
  for (const Index latent : latents) {
    Index rank = 0;
    for (const TopExample& example : top.of(latent)) {
      const auto [path, row] = activations.place_of(example.sample);
      const bool has_comma = path.find_first_of(",\"") != std::string::npos;
      std::string quoted = path;
      for (std::size_t at = 0; has_comma && (at = quoted.find('"', at)) != std::string::npos; at += 2)
        quoted.insert(at, "\"");
      char value[32];
      std::snprintf(value, sizeof value, "%.9g", static_cast<double>(example.value));
      csv += std::to_string(latent) + "," + std::to_string(++rank) + "," + value + "," +
             (has_comma ? "\"" + quoted + "\"" : quoted) + "," + std::to_string(row) + "\n";
    }
  }
  return csv;
}

nlohmann::ordered_json top_json(const TopExamples& top, const Activations& activations,
                                const std::vector<Index>& latents) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Index latent : latents) {
    nlohmann::ordered_json examples = nlohmann::ordered_json::array();
    for (const TopExample& example : top.of(latent)) {
      const auto [path, row] = activations.place_of(example.sample);
      examples.push_back({{"value", example.value}, {"file", path}, {"row", row}});
    }
    list.push_back({{"latent", latent}, {"examples", examples}});
  }
  return list;
}

}  // namespace

int run_eval(const UseRequest& request) {
  const Console console(request.output);
  const Sae sae = required_sae(request);
  const Activations activations(request.data);
  const Interrupt interrupt;
  const parsae::Threads threads(request.threads);
  Source source = activations.in_order(request.batch);
  Analysis analysis(sae, threads);
  for_each_code(sae, source, request.max_samples, expected_samples(request, activations), threads, style_of(request),
                [&](const parsae::Batch<float>& batch, const parsae::SparseCode<float>& code) {
                  analysis.add(batch.inputs, code);
                });
  note_left_out(console, source);
  if (analysis.n_samples() == 0) throw parsae::FileError(activations.paths().front(), "there are no rows to judge by");
  const Figures figures = analysis.figures();
  print_figures(console, sae, figures);
  console.json(to_json(figures));
  return exit_ok;
}

int run_encode(const UseRequest& request) {
  const Console console(request.output);
  require_out(request);
  const Sae sae = required_sae(request);
  const Activations activations(request.data);
  std::unique_ptr<CsrFile> file;
  check_usage([&] { file = std::make_unique<CsrFile>(request.out, sae.n_latents()); });
  const Interrupt interrupt;
  const parsae::Threads threads(request.threads);
  Source source = activations.in_order(request.batch);
  for_each_code(sae, source, request.max_samples, expected_samples(request, activations), threads, style_of(request),
                [&](const parsae::Batch<float>&, const parsae::SparseCode<float>& code) { file->add(code); });
  note_left_out(console, source);
  file->finish();
  console.result(request.out.string() + ": " + grouped(file->n_samples()) + " x " + grouped(sae.n_latents()) + ", " +
                 grouped(file->n_entries()) + " entries");
  console.json({{"file", request.out.string()},
                {"n_samples", file->n_samples()},
                {"n_latents", sae.n_latents()},
                {"n_entries", file->n_entries()}});
  return exit_ok;
}

int run_top(const UseRequest& request) {
  const Console console(request.output);
  const Sae sae = required_sae(request);
  const Activations activations(request.data);
  std::vector<Index> latents = request.latents;
  check_usage([&] {
    parsae::require_between("--n", request.n_examples, Index{1}, Index{1} << 24);
    for (const Index latent : latents) parsae::require_between("--latent", latent, Index{0}, sae.n_latents() - 1);
  });
  for (Index j = 0; request.latents.empty() && j < sae.n_latents(); ++j) latents.push_back(j);
  const Interrupt interrupt;
  const parsae::Threads threads(request.threads);
  Source source = activations.in_order(request.batch);
  TopExamples top(sae.n_latents(), request.n_examples);
  for_each_code(sae, source, request.max_samples, expected_samples(request, activations), threads, style_of(request),
                [&](const parsae::Batch<float>& batch, const parsae::SparseCode<float>& code) {
                  top.add(code, batch.sample_id.slice());
                });
  note_left_out(console, source);
  if (request.output.is_json) {
    console.json(top_json(top, activations, latents));
    return exit_ok;
  }
  const std::string csv = top_csv(top, activations, latents);
  if (request.out.empty()) {
    std::fputs(csv.c_str(), stdout);
    return exit_ok;
  }
  parsae::AtomicFile out(request.out);
  out.write(csv);
  out.commit();
  console.result(request.out.string() + ": " + grouped(static_cast<Index>(latents.size())) + " latents");
  return exit_ok;
}

int run_convert(const UseRequest& request) {
  const Console console(request.output);
  const std::vector<std::string> formats = sae_formats();
  if (std::find(formats.begin(), formats.end(), request.to) == formats.end())
    throw UsageError("--to: expected " + joined(formats) + ", got \"" + request.to + "\"" +
                     did_you_mean(request.to, formats));
  require_out(request);
  const Sae sae = required_sae(request);
  check_usage([&] { save_sae(sae, request.to, request.out, details_of(request.model, sae)); });
  console.result(request.out.string() + ": " + sae.rule() + ", " + grouped(sae.n_latents()) + " latents of " +
                 std::to_string(sae.n_inputs()) + " inputs");
  console.json({{"file", request.out.string()},
                {"format", request.to},
                {"rule", sae.rule()},
                {"n_latents", sae.n_latents()},
                {"n_inputs", sae.n_inputs()}});
  return exit_ok;
}

int run_report(const UseRequest& request) {
  const Console console(request.output);
  if (request.model.empty()) throw UsageError("model: expected the run directory");
  const auto directory = parsae::RunDirectory::open(request.model, parsae::RunDirectory::Access::ReadOnly);
  const fs::path path = request.out.empty() ? directory.report_path() : request.out;
  Findings findings;
  if (request.data.inputs.empty()) {
    findings = read_findings(directory.path() / evaluation_file);
  } else {
    const Sae sae = required_sae(request);
    const Activations activations(request.data);
    const Interrupt interrupt;
    Source source = activations.in_order(request.batch);
    findings =
        judge(sae, activations, source, {.threads = parsae::Threads(request.threads), .style = style_of(request)});
    findings.data = request.data.inputs;
    findings.is_held_out = true;
    note_left_out(console, source);
  }
  write_run_report(directory, findings, path);
  console.result(path.string());
  console.json({{"file", path.string()}});
  return exit_ok;
}

}  // namespace parsae_cli
