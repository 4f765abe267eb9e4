// SPDX-License-Identifier: MIT
#define CATCH_CONFIG_RUNNER  // asks version 2 for the runner; version 3 has it in its library

#include <support/catch.hpp>

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
