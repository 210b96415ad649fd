#include "reply_printer.h"

#include <unistd.h>

#include "base/cat.h"
#include "console.h"

namespace tenfold::cli {

namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

bool somebody_looks_on() { return isatty(STDOUT_FILENO) == 1; }

}  // namespace

bool ReplyPrinter::print(const ReplyPiece& piece) {
  if (piece.kind == PieceKind::kThinking && !somebody_looks_on()) return written_.ok();
  switch_to(piece.kind);
  write(piece.kind == PieceKind::kToolCall ? cat(piece.call.name, piece.call.arguments_json, "\n") : piece.text);
  return written_.ok();
}

Status ReplyPrinter::finish() {
  switch_to(PieceKind::kText);
  if (!ends_line_) write("\n");
  return written_;
}

void ReplyPrinter::switch_to(PieceKind kind) {
  const bool is_dim = kind == PieceKind::kThinking;
  if (is_dim == is_dim_) return;
  is_dim_ = is_dim;
  write(is_dim ? std::string(kDim) : cat(kPlain, "\n\n"));
}

void ReplyPrinter::write(std::string_view text) {
  if (text.empty() || !written_.ok()) return;
  written_ = write_stdout(text);
  ends_line_ = text.ends_with('\n');
}

}  // namespace tenfold::cli
