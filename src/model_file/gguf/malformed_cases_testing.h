// For tests only: files that look like GGUF and break a rule, made from one tiny valid model. Whatever reads models
// runs over all of them and must answer each with an error, quickly and in little memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tenfold {

enum class MalformedAt {
  kFile,     // GgufFile::open must fail
  kModel,    // may or may not open as a file; must never become a model
  kNowhere,  // either is right; only crashes, hangs and greed are wrong
};

struct MalformedCase {
  std::string name;
  MalformedAt at;
  // File name and bytes. The first is opened, the others lie beside it.
  std::vector<std::pair<std::string, std::string>> files;
};

// More than a thousand, always the same and in the same order.
std::vector<MalformedCase> malformed_gguf_cases();

// Its parts: structure and bytes; what metadata says about tensors and vocabulary; models in many files.
void add_malformed_structure(std::vector<MalformedCase>& cases);
void add_malformed_model(std::vector<MalformedCase>& cases);
void add_malformed_splits(std::vector<MalformedCase>& cases);

}  // namespace tenfold
