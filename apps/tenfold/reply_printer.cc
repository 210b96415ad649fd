#include "reply_printer.h"

#include "base/cat.h"
#include "console.h"

namespace tenfold::cli {

namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

}  // namespace

bool ReplyPrinter::print(const ReplyPiece& piece) {
  if (piece.kind == PieceKind::kThinking && !stdout_is_terminal()) return written_.ok();
  switch_to(piece.kind);
  if (piece.kind == PieceKind::kToolCall) {
    if (has_written_ && !ends_line_) write("\n");
    write(cat(piece.call.name, piece.call.arguments_json, "\n"));
  } else {
    write(piece.text);
  }
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
  colour_stdout(is_dim ? kDim : kPlain);
  if (!is_dim) write("\n\n");
}

void ReplyPrinter::write(std::string_view text) {
  if (text.empty() || !written_.ok()) return;
  written_ = write_stdout(text);
  has_written_ = true;
  ends_line_ = text.ends_with('\n');
}

}  // namespace tenfold::cli
