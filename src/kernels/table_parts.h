// How the table of a vector instruction set comes together.
//
// Each of its files exports one constant: a table in which the file has filled in its own entries. It exports no
// function, so nothing compiled for the instruction set runs, and no processor meets an instruction that it does not
// know, before somebody calls a kernel. tools/check_isa_symbols.py holds the objects to that.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels {

struct TableParts {
  const KernelTable& packing;      // panel_rows; panel_bytes, pack, unpack of every type
  const KernelTable& mat_mul_f32;  // row_to_f32, mat_mul_f32 of every type
  const KernelTable& mat_mul_q8;   // mat_mul_q8 of every type
  const KernelTable& attention;    // kv, merge_attention
  const KernelTable& rows;         // all else
};

// parts: which together fill in every entry.
KernelTable put_together(const char* isa, const TableParts& parts) noexcept;

}  // namespace tenfold::kernels
