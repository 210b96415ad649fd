// What was wrong with a command line, in words that name the flag, what was expected, and perhaps what was meant.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tenfold::cli {

// One line without its end; may hold bytes of the command line as they are.
std::string describe_usage_error(const CLI::App& program, const CLI::ParseError& error);

}  // namespace tenfold::cli
