// The architectures that there are: each is one file of this folder and one line here.
#pragma once

#include "model/arch_metadata.h"
#include "model/arch_spec.h"
#include "model/tensor_binder.h"
#include "model/weights.h"
#include "plan/plan_builder.h"

namespace tenfold {

struct Architecture {
  const char* name;  // general.architecture
  Result<ArchSpec> (*read_spec)(ArchMetadata& metadata);
  Status (*bind)(TensorBinder& binder, const ArchSpec& spec, Weights& weights);
  void (*build)(PlanBuilder& builder, const ArchSpec& spec, const Weights& weights);
};

extern const Architecture kBert;
extern const Architecture kChatglm;
extern const Architecture kGemma2;
extern const Architecture kGemma3;
extern const Architecture kGlm4;
extern const Architecture kGlm4Moe;
extern const Architecture kLfm2;
extern const Architecture kLlama;
extern const Architecture kPhi3;
extern const Architecture kQwen2;
extern const Architecture kQwen2Vl;
extern const Architecture kQwen3;
extern const Architecture kQwen3Moe;
extern const Architecture kSmolLm3;

inline constexpr const Architecture* kArchitectures[] = {&kBert,    &kChatglm, &kGemma2,   &kGemma3, &kGlm4,
                                                         &kGlm4Moe, &kLfm2,    &kLlama,    &kPhi3,   &kQwen2,
                                                         &kQwen2Vl, &kQwen3,   &kQwen3Moe, &kSmolLm3};

}  // namespace tenfold
