// Which architectures there are. The only place that compares a name.
#pragma once

#include <string>
#include <string_view>

#include "model/arch_metadata.h"
#include "model/arch_spec.h"
#include "model/plan_builder.h"
#include "model/tensor_binder.h"
#include "model/weights.h"

namespace tenfold {

struct Architecture {
  const char* name;  // general.architecture
  Result<ArchSpec> (*read_spec)(ArchMetadata& metadata);
  Status (*bind)(TensorBinder& binder, const ArchSpec& spec, Weights& weights);
  void (*build)(PlanBuilder& builder, const ArchSpec& spec, const Weights& weights);
};

// Errors: kUnsupported listing those that are known.
Result<const Architecture*> find_architecture(std::string_view name);

}  // namespace tenfold
