// A new file that appears under its name only when it is complete: written aside, synced, renamed.
//
// Aside it has no name at all where the file system can do that, so that a killed process leaves nothing; elsewhere it
// is NAME.tmp-PROCESS-NUMBER, locked, and what a killed process left is removed when the next one creates a file of
// that name. Dropped uncommitted, it leaves nothing behind and an older file under that name untouched.
//
// Owns its descriptor and the file aside. One caller at a time. A limit on the size of files (SIGXFSZ) is an error like
// a full disk.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "model_file/folder.h"
#include "model_file/write_back.h"
#include "tenfold/status.h"

namespace tenfold {

// Who may read the file beside its owner. Nobody else may ever write to it.
enum class FileAccess { kOwner, kEverybody };

// Whether a file aside may have no name. kNeeded: for file systems without unnamed files, and for tests.
enum class AsideName { kAvoided, kNeeded };

class AtomicFile {
 public:
  // Errors, of these and of all below: kNotFound if the folder is missing or has gone; kIoError.
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& path, FileAccess access);
  // name: of the file in that folder, without a slash
  static Result<std::unique_ptr<AtomicFile>> create(std::shared_ptr<const Folder> folder, std::string name,
                                                    FileAccess access, AsideName aside = AsideName::kAvoided);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends. Small pieces are collected.
  // Errors: kIoError (disk full, …). After one the file cannot be committed.
  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  // Syncs the complete file to the disk and frees its descriptor and memory; commit() alone may follow. From here on it
  // has a name aside and no lock: whoever else creates a file of this name removes it, and commit() then fails.
  // Errors: kIoError; kFailedPrecondition after a failed write or a second time.
  [[nodiscard]] Status close();
  // Completes the file and makes it appear, replacing one of the same name. The last call.
  // Errors: kIoError; kFailedPrecondition after a failed write or a second time.
  [[nodiscard]] Status commit();

 private:
  AtomicFile(std::shared_ptr<const Folder> folder, std::string name, std::string aside, int descriptor);
  Status flush();
  Status sync();
  Status give_name();
  Status expect_usable(const char* what) const;
  Status append(std::span<const std::byte> bytes);
  Status failed(const char* what);

  std::shared_ptr<const Folder> folder_;
  std::string name_;
  std::string aside_;  // its name aside; empty: it has none
  int descriptor_;
  bool usable_ = true;
  std::vector<std::byte> pending_;
  WriteBack back_;
  [[no_unique_address]] OneCaller callers_;
};

// Removes the file of that name for good, if there is one.
// Errors: kIoError.
Status remove_file(const std::string& path);

// For what is about to replace a file: an existing one that is not empty must begin with the same bytes as every file
// of its kind does, so that an output never takes the place of an input, of a device or of anything else by mistake.
//   first_bytes: at least one
//   kind: for the message, "a GGUF file"
// Errors: kInvalidArgument.
Status expect_same_kind(const std::string& path, std::string_view first_bytes, std::string_view kind);

}  // namespace tenfold
