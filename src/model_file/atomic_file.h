// A new file that appears under its name only when it is complete: written aside as NAME.tmp-…, synced, renamed.
// Dropped uncommitted, it leaves nothing behind and an older file under that name untouched.
//
// Owns its descriptor and the file aside. One caller at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tenfold/status.h"

namespace tenfold {

class AtomicFile {
 public:
  // Errors: kNotFound if the folder is missing; kIoError.
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends. Small pieces are collected.
  // Errors: kIoError (disk full, …). After one the file cannot be committed.
  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  // Syncs the complete file to the disk and frees its descriptor and memory; commit() alone may follow.
  // Errors: kIoError; kFailedPrecondition after a failed write or a second time.
  [[nodiscard]] Status close();
  // Closes the file if that is still to be done and makes it appear, replacing one of the same name. The last call.
  // Errors: kIoError; kFailedPrecondition after a failed write or a second time.
  [[nodiscard]] Status commit();

 private:
  AtomicFile(std::string path, std::string aside, int descriptor);
  Status flush();
  Status failed(const char* what);

  std::string path_;
  std::string aside_;
  int descriptor_;
  bool usable_ = true;
  std::vector<std::byte> pending_;
};

// Removes the file of that name for good, if there is one.
// Errors: kIoError.
Status remove_file(const std::string& path);

}  // namespace tenfold
