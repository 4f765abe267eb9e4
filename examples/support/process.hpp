// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

extern char** environ;  // NOLINT: POSIX names it and no header declares it everywhere

namespace parsae_examples {

enum class ProcessEnd { Exited, NotStarted, TimedOut, Killed };

struct ProcessResult {
  ProcessEnd end = ProcessEnd::NotStarted;
  int exit_code = -1;  ///< of a program that exited by itself
  std::string output;  ///< what it wrote to stdout, when that was captured

  [[nodiscard]] bool succeeded() const { return end == ProcessEnd::Exited && exit_code == 0; }

  /// Completes a sentence that begins with the program's name: "is not installed", "failed with exit code 6".
  [[nodiscard]] std::string reason() const {
    if (end == ProcessEnd::NotStarted) return "is not installed";
    if (end == ProcessEnd::TimedOut) return "took too long";
    if (end == ProcessEnd::Killed) return "was stopped by a signal";
    return exit_code == 0 ? "succeeded" : "failed with exit code " + std::to_string(exit_code);
  }
};

struct ProcessSettings {
  enum class Output { Discard, Capture };
  Output output = Output::Discard;
  double timeout_seconds = 300;  ///< then SIGTERM, and SIGKILL two seconds later
};

namespace detail {

/// Both ends of a pipe, closed with it; -1 when there is none. The child inherits neither but through dup2.
struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  bool open() {
    int ends[2];
    if (pipe(ends) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    fcntl(read_end, F_SETFD, FD_CLOEXEC);
    fcntl(write_end, F_SETFD, FD_CLOEXEC);
    fcntl(read_end, F_SETFL, O_NONBLOCK);
    return true;
  }
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

inline void drain(int descriptor, std::string& output) {
  if (descriptor < 0) return;
  char piece[4096];
  for (ssize_t got = read(descriptor, piece, sizeof piece); got > 0; got = read(descriptor, piece, sizeof piece))
    output.append(piece, static_cast<std::size_t>(got));
}

inline bool spawn(const std::vector<std::string>& command, int stdout_descriptor, pid_t& child) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (stdout_descriptor >= 0)
    posix_spawn_file_actions_adddup2(&actions, stdout_descriptor, STDOUT_FILENO);
  else
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0;
}

}  // namespace detail

/// Runs `command` (a program from PATH and its arguments; no shell reads them) and waits for it.
/// stdin is empty and stderr is dropped. Throws nothing: a program that is missing is a result too.
inline ProcessResult run_process(const std::vector<std::string>& command, const ProcessSettings& settings = {}) {
  using Clock = std::chrono::steady_clock;
  ProcessResult result;
  detail::Pipe pipe;
  if (command.empty()) return result;
  if (settings.output == ProcessSettings::Output::Capture && !pipe.open()) return result;
  pid_t child = 0;
  if (!detail::spawn(command, pipe.write_end, child)) return result;
  detail::Pipe::close_end(pipe.write_end);

  auto deadline = Clock::now() + std::chrono::duration<double>(settings.timeout_seconds);
  int status = 0;
  int signal_to_send = SIGTERM;
  bool timed_out = false;
  while (waitpid(child, &status, WNOHANG) == 0) {
    detail::drain(pipe.read_end, result.output);
    if (Clock::now() >= deadline) {
      timed_out = true;
      kill(child, signal_to_send);
      signal_to_send = SIGKILL;
      deadline += std::chrono::seconds(2);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  detail::drain(pipe.read_end, result.output);
  result.end = timed_out ? ProcessEnd::TimedOut : WIFEXITED(status) ? ProcessEnd::Exited : ProcessEnd::Killed;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace parsae_examples
