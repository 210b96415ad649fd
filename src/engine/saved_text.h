// A session's text in a file, and back: see SessionFileWriter for the format and SessionOrigin for what must not have
// changed in between.
//
// For whoever has the session. No thread of the pool is needed, so nobody's turn is taken; memory is that of one layer
// of a block, and what is restored. Both stop between blocks when `cancel` becomes true.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "engine/cached_text.h"
#include "engine/engine_impl.h"
#include "tenfold/session.h"

namespace tenfold {

struct SavePlace {
  const std::string& path;
  std::string_view note;
};

// Errors: see Session::save.
Status save_text(EngineImpl& engine, const CachedText& text, const SavePlace& place, const std::atomic<bool>& cancel);

struct RestorePlace {
  const std::string& path;
  const CheckNote& check;  // may be null
};

// Returns the note. Errors: see Session::restore; the text is then as it was.
Result<std::string> restore_text(EngineImpl& engine, const RestorePlace& place, CachedText& text,
                                 const std::atomic<bool>& cancel);

}  // namespace tenfold
