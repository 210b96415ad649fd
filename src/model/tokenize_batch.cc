// tokenize_batch MODEL.gguf: tokenizes many texts in one process, for tools/check_tokenizer.py. Not part of the
// product.
//
// stdin:  per text one byte (bit 0: add special, bit 1: parse special), its length as u32, its bytes
// stdout: per text the number of ids as u32, the ids as i32; the length as u32 and the bytes of decoding those ids with
//         special tokens shown. A text that cannot be tokenized has 0xFFFFFFFF ids, and the error in place of bytes.
// stderr: one line of load time, warnings and end-of-generation ids as JSON.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include "model/vocab_from_gguf.h"
#include "model_file/gguf/gguf_file.h"
#include "tokenizer/tokenizer.h"

namespace {

using namespace tenfold;

void write_u32(std::uint32_t value) { std::cout.write(reinterpret_cast<const char*>(&value), sizeof(value)); }

void write_text(std::string_view text) {
  write_u32(static_cast<std::uint32_t>(text.size()));
  std::cout << text;
}

void answer(const Tokenizer& tokenizer, std::string_view text, unsigned flags) {
  const bool special = (flags & 1) != 0;
  const Result<std::vector<TokenId>> ids =
      tokenizer.encode(text, {.add_bos = special, .add_eos = special, .parse_special = (flags & 2) != 0});
  if (!ids.ok()) {
    write_u32(0xFFFFFFFF);
    write_text(ids.status().message());
    return;
  }
  write_u32(static_cast<std::uint32_t>(ids->size()));
  std::cout.write(reinterpret_cast<const char*>(ids->data()),
                  static_cast<std::streamsize>(ids->size() * sizeof(TokenId)));
  write_text(tokenizer.decode(*ids, SpecialText::kShow).value());
}

int fail(const Status& status) {
  std::cerr << status.to_string() << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ios::sync_with_stdio(false);
  const auto file = GgufFile::open(argv[1]);
  if (!file.ok()) return fail(file.status());
  const auto start = std::chrono::steady_clock::now();
  const auto vocab = vocab_from_gguf((*file)->metadata());
  if (!vocab.ok()) return fail(vocab.status());
  const auto tokenizer = Tokenizer::create(*vocab);
  if (!tokenizer.ok()) return fail(tokenizer.status());
  const std::chrono::duration<double, std::milli> load = std::chrono::steady_clock::now() - start;
  std::cerr << "{\"load_ms\": " << load.count() << ", \"n_warnings\": " << (*tokenizer)->warnings().size()
            << ", \"end_of_generation\": [";
  const char* comma = "";
  for (const TokenId id : (*tokenizer)->end_of_generation()) std::cerr << std::exchange(comma, ", ") << id;
  std::cerr << "]}\n";

  std::string text;
  for (char flags; std::cin.get(flags);) {
    std::uint32_t size = 0;
    std::cin.read(reinterpret_cast<char*>(&size), sizeof(size));
    text.resize(size);
    if (!std::cin.read(text.data(), size)) return 1;
    answer(**tokenizer, text, static_cast<unsigned char>(flags));
  }
  return 0;
}
