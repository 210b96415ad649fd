// Writing what the program says. Results go to stdout, everything else to stderr.
//
// Pipes and files get every byte as it is. A terminal is shown control characters instead of being sent them (see
// show_controls): what a model, a file or a user wrote cannot drive it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "tenfold/status.h"

namespace tenfold::cli {

// Opens /dev/null for standard streams that the caller closed, so that no file of ours ends up as stdout, and makes
// writing to a closed pipe an error value instead of a signal.
void prepare_standard_streams();

// Writes everything at once, unbuffered. Errors: kCancelled when the reader has gone (`tenfold run … | head -1`), which
// is no failure: see stdout_reader_has_gone(). kIoError otherwise.
Status write_stdout(std::string_view bytes);
bool stdout_reader_has_gone() noexcept;
// The program's own colours among it: control sequences that reach the terminal. Only where stdout_is_terminal().
void colour_stdout(std::string_view sequence);

// One JSON object and a newline. Text that is not UTF-8 (a file's name, a model's metadata) gets U+FFFD. On a terminal,
// too, it is JSON.
Status print_json(const Json& json);
// The same as a text, for an object that is written piece by piece.
std::string json_text(const Json& json);

// "tenfold: …" and a newline on stderr; always one line.
void print_error(std::string_view message);
// Text on stderr.
void print_note(std::string_view text);
// What draws on the terminal on stderr, control characters and all. Only for bytes that this program made up.
void draw(std::string_view bytes);

bool stdin_is_terminal() noexcept;
bool stdout_is_terminal() noexcept;
bool stderr_is_terminal() noexcept;
// Whether a line on stderr can be drawn over: it is a terminal, and not one that says it is dumb.
bool stderr_can_redraw() noexcept;
// The width of the terminal on stderr as it is now; 80 if it does not tell.
int stderr_columns() noexcept;

// "189.6 MB": powers of ten, as disks and data sheets count.
std::string human_bytes(double bytes);
// A number with a fixed count of decimals.
std::string fixed(double value, int decimals);

}  // namespace tenfold::cli
