// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include "large_simulation.hpp"
#include "small_simulation.hpp"

namespace parsae_examples::cells {
namespace {

SmallSimulation small_simulation(const Options& options) {
  SmallSimulationSettings settings;
  settings.n_seeds = options.n_seeds;
  settings.threads = parsae::Threads(options.threads);
  if (options.is_quick) {
    settings.n_probe = 20'000;
    settings.n_test = 1000;
    settings.widths = {8, 40, 200};
    settings.l1s = {1, 10, 100};
    settings.k_percents = {1, 10, 50};
    settings.steps = 300;
  }
  return SmallSimulation(settings);
}

LargeSimulation large_simulation(const Options& options) {
  LargeSimulationSettings settings;
  settings.n_seeds = options.n_seeds;
  settings.threads = parsae::Threads(options.threads);
  if (options.is_quick) {
    settings.n_genes = 200;
    settings.n_train = 1500;
    settings.n_test = 500;
    settings.autoencoder_steps = 300;
    settings.widths = {60, 150};
    settings.structure_width = 150;
    settings.steps = 200;
  }
  return LargeSimulation(settings);
}

}  // namespace

double simulation_cost(const Options& options) {
  return small_simulation(options).cost() + large_simulation(options).cost();
}

bool run_simulations(const Options& options, Watch& watch, Results& results) {
  return small_simulation(options).run(watch, results) && large_simulation(options).run(watch, results);
}

}  // namespace parsae_examples::cells
