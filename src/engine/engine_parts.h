// What an Engine is made of, and how it is opened: bind every file, sum up, refuse or load, describe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/host.h"
#include "engine/memory_budget.h"
#include "engine/same_vocabulary.h"
#include "engine/served_model.h"
#include "engine/served_tower.h"
#include "engine/text_side.h"
#include "model/vector_settings.h"
#include "model_file/packed_cache.h"
#include "model_file/packed_writer.h"
#include "tenfold/engine.h"

namespace tenfold {

// Members are destroyed from the last to the first: what refers to others comes after them. The threads go when no step
// can run any more.
struct EngineParts {
  std::shared_ptr<Host> host;
  std::unique_ptr<TaskPool> pool;  // of the host's threads
  ModelInfo info;
  VectorSettings vector_settings;
  std::unique_ptr<TextSide> text;
  SharedVocabulary draft_vocabulary;
  std::optional<PackedCache> cache;

  std::vector<std::unique_ptr<Served>> served;  // in the order they are loaded
  ServedModel* model = nullptr;                 // of them, the one that answers,
  ServedModel* draft = nullptr;                 // the draft model, or null,
  ServedTower* tower = nullptr;                 // and the one that sees, or null

  std::unique_ptr<MemoryAccount> memory;  // asks what is served how much is in use

  // Errors: see Engine::open.
  static Result<EngineParts> open(const ModelSource& source, const EngineOptions& options);

  // For the weights that are to be kept for the next start and are not yet. They read what is served, and the cache.
  [[nodiscard]] std::vector<std::unique_ptr<PackedWriter>> begin_store() const;
};

}  // namespace tenfold
