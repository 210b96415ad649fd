// Which type each tensor of a model gets: one type for all matrices, or one of llama.cpp's mixtures.
#pragma once

#include <string_view>

#include "model_plan.h"
#include "tensor/dtype.h"

namespace tenfold::random_model {

class Mixture {
 public:
  // name: a type as `tenfold inspect` prints it ("q4_0"): every matrix has it; or q2_k_m (what llama.cpp calls Q2_K),
  //       q3_k_s, q3_k_m, q3_k_l, q4_k_s, q4_k_m, q5_k_s, q5_k_m: the layers' matrices as llama.cpp mixes them, q6_k
  //       for the output head.
  // Errors: kInvalidArgument for another name.
  static Result<Mixture> from_name(std::string_view name);

  // Norms and convolutions are F32. A matrix whose rows are no whole number of blocks gets the type that llama.cpp
  // falls back to. Errors: kInvalidArgument if there is none.
  [[nodiscard]] Result<DType> type_of(const PlannedTensor& tensor, const ModelSizes& sizes) const;

 private:
  enum class Grade : char { kPure, kSmall, kMedium, kLarge };
  Mixture(DType base, Grade grade) : base_(base), grade_(grade) {}
  [[nodiscard]] DType mixed_type(const PlannedTensor& tensor, const ModelSizes& sizes) const;
  [[nodiscard]] DType value_type(const Place& place, const ModelSizes& sizes) const;
  [[nodiscard]] DType down_type(const Place& place) const;
  [[nodiscard]] DType attention_out_type() const;

  DType base_;
  Grade grade_;
};

}  // namespace tenfold::random_model
