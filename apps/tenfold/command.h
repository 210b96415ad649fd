// What the program's files share: how a command is added, and how it ends.
//
// Each command is one file with one function add_…_command, which declares the command's flags and hands its body to
// main. A body returns the exit status (kExitOk, or kExitInterrupted) or the Status that says why it failed; main
// prints that as one line and exits with kExitFailed.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "tenfold/status.h"

namespace tenfold::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInterrupted = 130;  // what shells report for a program that Ctrl-C ended

// The chosen command's body; set while the command line is parsed, run afterwards.
using CommandBody = std::function<Result<int>()>;

void add_run_command(CLI::App& program, CommandBody& chosen);
void add_chat_command(CLI::App& program, CommandBody& chosen);
void add_tokenize_command(CLI::App& program, CommandBody& chosen);
void add_template_command(CLI::App& program, CommandBody& chosen);
void add_inspect_command(CLI::App& program, CommandBody& chosen);
void add_logits_command(CLI::App& program, CommandBody& chosen);
void add_bench_command(CLI::App& program, CommandBody& chosen);
void add_embed_command(CLI::App& program, CommandBody& chosen);
void add_convert_command(CLI::App& program, CommandBody& chosen);

}  // namespace tenfold::cli
