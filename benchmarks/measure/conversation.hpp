// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <support/interrupt.hpp>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

extern char** environ;  // NOLINT: POSIX names it and no header declares it everywhere

namespace parsae_benchmarks {

/// Thrown out of a wait when the user pressed Ctrl-C.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

/// A program that is asked in JSON, a line for each question and each answer, on its stdin and stdout. Between an
/// answer and the next question it waits in read() and takes no time from anyone. Ends the program with itself.
class Conversation {
 public:
  struct Settings {
    std::string name;  ///< in messages
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;  ///< besides this program's own
    std::filesystem::path stderr_file;
    double timeout_seconds = 600;  ///< for one answer
  };

  explicit Conversation(const Settings& settings) : settings_(settings) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("cannot be reached", errno);
    socket_ = ends[0];
    const int error = start(ends[1]);
    close(ends[1]);
    if (error != 0) {
      close(socket_);
      fail("cannot be started", error);
    }
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() {
    close(socket_);  // the end of its stdin asks a program to go
    for (int waits = 0; waits < 100; ++waits) {
      if (waitpid(child_, nullptr, WNOHANG) != 0) return;
      if (waits == 20) kill(child_, SIGTERM);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  /// Throws std::runtime_error when the answer is {"error": ...}, no JSON, late, or none; Interrupted on Ctrl-C.
  nlohmann::ordered_json ask(const nlohmann::ordered_json& question) {
    const std::string line = question.dump() + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
      const ssize_t n = send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno != EINTR) fail("takes no questions: " + last_words(), errno);
      if (n > 0) sent += static_cast<std::size_t>(n);
    }
    return listen();
  }

  /// The next line, for a program that speaks first. Throws as above.
  nlohmann::ordered_json listen() {
    const std::string line = read_line();
    nlohmann::ordered_json answer = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!answer.is_object()) throw std::runtime_error(settings_.name + ": expected an object of JSON, got " + line);
    if (answer.contains("error")) throw std::runtime_error(settings_.name + ": " + answer["error"].get<std::string>());
    return answer;
  }

 private:
  [[nodiscard]] int start(int other_end) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string text(*variable);
      if (!settings_.environment.contains(text.substr(0, text.find('=')))) variables.push_back(text);
    }
    for (const auto& [key, value] : settings_.environment) variables.push_back(key + "=" + value);
    std::vector<char*> arguments = pointers(settings_.command);
    std::vector<char*> environment = pointers(variables);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, other_end, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, other_end, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, settings_.stderr_file.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // Ctrl-C is for this program alone
    const int error = posix_spawnp(&child_, arguments[0], &actions, &attributes, arguments.data(), environment.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }

  [[nodiscard]] static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> found;
    for (std::string& text : texts) found.push_back(text.data());
    found.push_back(nullptr);
    return found;
  }

  [[nodiscard]] std::string read_line() {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                          std::chrono::duration<double>(settings_.timeout_seconds));
    for (;;) {
      const std::size_t end = heard_.find('\n');
      if (end != std::string::npos) {
        const std::string line = heard_.substr(0, end);
        heard_.erase(0, end + 1);
        return line;
      }
      if (parsae_examples::Interrupt::requested()) throw Interrupted();
      if (Clock::now() > deadline) throw std::runtime_error(settings_.name + ": no answer in time");
      pollfd ready{socket_, POLLIN, 0};
      if (poll(&ready, 1, 200) <= 0) continue;
      char piece[4096];
      const ssize_t n = read(socket_, piece, sizeof piece);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw std::runtime_error(settings_.name + " ended without an answer: " + last_words());
      heard_.append(piece, static_cast<std::size_t>(n));
    }
  }

  /// The last line that it wrote to stderr.
  [[nodiscard]] std::string last_words() const {
    std::ifstream in(settings_.stderr_file);
    std::string last = "it said nothing";
    for (std::string line; std::getline(in, line);)
      if (!line.empty()) last = line;
    return last;
  }

  [[noreturn]] void fail(const std::string& what, int error) const {
    throw std::system_error(error, std::generic_category(), settings_.name + " " + what);
  }

  Settings settings_;
  int socket_ = -1;
  pid_t child_ = 0;
  std::string heard_;
};

}  // namespace parsae_benchmarks
