// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace parsae_examples {

/// What every program's main() is. Parses the arguments, runs run(command), with the command as the person typed it,
/// and returns its exit code. An exception is one line that begins with the program's name, and EXIT_FAILURE.
template <class Run>
int run_program(const char* name, CLI::App& app, int argc, char** argv, const Run& run) {
  CLI11_PARSE(app, argc, argv);
  std::string command;
  for (int i = 0; i < argc; ++i) command += (i > 0 ? " " : "") + std::string(argv[i]);
  try {
    return run(command);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return EXIT_FAILURE;
  }
}

/// What to say at the end of a run that Ctrl-C stopped and --resume goes on with.
/// \param saved    a sentence without its full stop: what is kept
/// \param resumes  whether the command says --resume already
[[nodiscard]] inline std::string how_to_go_on(const std::string& saved, const std::string& command, bool resumes) {
  return "Interrupted. " + saved + "; go on with: " + command + (resumes ? "" : " --resume");
}

/// Says so; the exit code.
inline int say_how_to_go_on(const std::string& saved, const std::string& command, bool resumes) {
  std::printf("%s\n", how_to_go_on(saved, command, resumes).c_str());
  return 130;
}

}  // namespace parsae_examples
