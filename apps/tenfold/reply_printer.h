// An answer on the way to standard output.
//
// Text goes there as it is. Thoughts are shown, dimmed, where somebody looks on; whoever reads a pipe wants the answer.
// A call of a tool is a line: name and arguments.
#pragma once

#include <string_view>

#include "tenfold/reply.h"
#include "tenfold/status.h"

namespace tenfold::cli {

class ReplyPrinter {
 public:
  // False if it could not be written; finish() says why.
  bool print(const ReplyPiece& piece);
  // Ends the last line, if it is not. Errors: those of writing.
  Status finish();

 private:
  void switch_to(PieceKind kind);
  void write(std::string_view text);

  bool is_dim_ = false;
  bool has_written_ = false;
  bool ends_line_ = false;
  Status written_;
};

}  // namespace tenfold::cli
