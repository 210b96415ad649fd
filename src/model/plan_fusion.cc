#include "model/plan_fusion.h"

#include <algorithm>
#include <utility>

#include "model/fused_steps.h"
#include "model/steps.h"

namespace tenfold {

namespace {

// Reads plain steps one after the other, as long as they are of the kind that a pattern expects.
class Cursor {
 public:
  Cursor(const StepList& steps, std::size_t at) : steps_(steps), at_(at) {}

  // The next step if it is an S for which `fits(step)` holds; else null, and the cursor stays.
  template <typename S, typename Fits>
  const S* take(Fits&& fits) {
    if (at_ >= steps_.size()) return nullptr;
    const auto* step = dynamic_cast<const S*>(steps_[at_].get());
    if (step == nullptr || !fits(*step)) return nullptr;
    ++at_;
    return step;
  }
  template <typename S>
  const S* take() {
    return take<S>([](const S&) { return true; });
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  const StepList& steps_;
  std::size_t at_;
};

// norm → quantise: what a RegionInput prepares.
struct PreparedInput {
  InputRecipe recipe;
  ValueId x = -1;
  ValueId out = -1;
};

// quantise or nothing: rows that were normalised in another way.
void take_unprepared(Cursor& cursor, PreparedInput& input) {
  if (const auto* q = cursor.take<QuantizeStep>()) {
    input = {{nullptr, 0, true}, q->in, q->out};
  } else {
    Cursor ahead = cursor;
    if (const auto* mat_mul = ahead.take<MatMulStep>()) input = {{}, mat_mul->in, mat_mul->in};
  }
}

bool take_prepared(Cursor& cursor, PreparedInput& input) {
  const auto* norm = cursor.take<NormStep>();
  if (norm == nullptr) return false;
  input = {{norm->weight, norm->eps, false}, norm->in, norm->out};
  if (const auto* q = cursor.take<QuantizeStep>([&](const QuantizeStep& s) { return s.in == norm->out; })) {
    input.recipe.quantize = true;
    input.out = q->out;
  }
  return true;
}

struct Projected {
  const PackedMatrix* matrix = nullptr;
  const float* bias = nullptr;
  ValueId out = -1;
};

bool take_projection(Cursor& cursor, ValueId in, Projected& projected) {
  const auto* mat_mul = cursor.take<MatMulStep>([&](const MatMulStep& s) { return s.in == in; });
  if (mat_mul == nullptr) return false;
  projected = {mat_mul->matrix, nullptr, mat_mul->out};
  const auto fits = [&](const BiasStep& s) { return s.x == mat_mul->out; };
  if (const auto* bias = cursor.take<BiasStep>(fits)) projected.bias = bias->bias;
  return true;
}

// Rope of queries and keys is of one kind or absent.
bool take_rope(Cursor& cursor, ValueId q, ValueId k, QkvStep& fused) {
  const auto* rope_q = cursor.take<RopeStep>([&](const RopeStep& s) { return s.x == q; });
  if (rope_q == nullptr) return true;
  const auto* rope_k = cursor.take<RopeStep>(
      [&](const RopeStep& s) { return s.x == k && s.angles == rope_q->angles && s.layout == rope_q->layout; });
  if (rope_k == nullptr) return false;
  fused.args.rope = rope_q->layout;
  fused.angles = rope_q->angles;
  return true;
}

void take_head_norm(Cursor& cursor, ValueId x, HeadProjection& projection, float& eps) {
  if (const auto* norm = cursor.take<HeadNormStep>([&](const HeadNormStep& s) { return s.x == x; })) {
    projection.head_norm = norm->weight;
    eps = norm->eps;
  }
}

std::unique_ptr<FusedStep> match_qkv(Cursor& cursor) {
  auto fused = std::make_unique<QkvStep>();
  PreparedInput input;
  Projected q, k, v;
  if (!take_prepared(cursor, input)) return nullptr;
  if (!take_projection(cursor, input.out, q) || !take_projection(cursor, input.out, k) ||
      !take_projection(cursor, input.out, v)) {
    return nullptr;
  }
  fused->args.recipe = input.recipe;
  fused->args.q = {q.matrix, q.bias, nullptr};
  fused->args.k = {k.matrix, k.bias, nullptr};
  fused->args.v = {v.matrix, v.bias, nullptr};
  take_head_norm(cursor, q.out, fused->args.q, fused->args.head_norm_eps);
  take_head_norm(cursor, k.out, fused->args.k, fused->args.head_norm_eps);
  if (!take_rope(cursor, q.out, k.out, *fused)) return nullptr;
  const auto* scale = cursor.take<ScaleStep>([&](const ScaleStep& s) { return s.x == q.out; });
  const auto* write = cursor.take<KvWriteStep>([&](const KvWriteStep& s) { return s.k == k.out && s.v == v.out; });
  if (scale == nullptr || write == nullptr) return nullptr;
  fused->args.q_scale = scale->factor;
  fused->head_dim = write->head_dim;
  fused->x = input.x;
  fused->shared = input.out;
  fused->q = q.out;
  fused->reads = {input.x};
  if (fused->angles >= 0) fused->reads.push_back(fused->angles);
  fused->writes = {input.out, q.out};
  fused->writes.insert(fused->writes.end(), write->writes.begin(), write->writes.end());
  return fused;
}

std::unique_ptr<FusedStep> match_projection(Cursor& cursor) {
  auto fused = std::make_unique<ProjectResidualStep>();
  const auto* quantize = cursor.take<QuantizeStep>();
  const auto* mat_mul =
      cursor.take<MatMulStep>([&](const MatMulStep& s) { return quantize == nullptr || s.in == quantize->out; });
  if (mat_mul == nullptr) return nullptr;
  if (const auto* bias = cursor.take<BiasStep>([&](const BiasStep& s) { return s.x == mat_mul->out; })) {
    fused->bias = bias->bias;
  }
  const auto* add = cursor.take<AddStep>([&](const AddStep& s) { return s.x == mat_mul->out; });
  if (add == nullptr) return nullptr;
  fused->matrix = mat_mul->matrix;
  fused->x = quantize != nullptr ? quantize->in : mat_mul->in;
  fused->recipe.quantize = quantize != nullptr;
  fused->residual = add->y;
  fused->reads = {fused->x, fused->residual};
  fused->writes = {fused->residual};
  if (quantize != nullptr) {
    fused->shared = quantize->out;
    fused->writes.push_back(fused->shared);
  }
  return fused;
}

std::unique_ptr<FusedStep> match_gated_ffn(Cursor& cursor) {
  auto fused = std::make_unique<GatedFfnStep>();
  PreparedInput input;
  Projected gate, up;
  if (!take_prepared(cursor, input)) take_unprepared(cursor, input);
  if (!take_projection(cursor, input.out, gate) || !take_projection(cursor, input.out, up)) return nullptr;
  const auto* mul =
      cursor.take<GateMulStep>([&](const GateMulStep& s) { return s.gate == gate.out && s.up == up.out; });
  if (mul == nullptr) return nullptr;
  const auto* quantize = cursor.take<QuantizeStep>([&](const QuantizeStep& s) { return s.in == mul->out; });
  fused->args = {input.recipe, gate.matrix, up.matrix, gate.bias, up.bias, mul->activation, quantize != nullptr};
  fused->x = input.x;
  fused->out = quantize != nullptr ? quantize->out : mul->out;
  fused->reads = {input.x};
  fused->writes = {fused->out};
  if (input.out != input.x) {
    fused->shared = input.out;
    fused->writes.push_back(fused->shared);
  }
  return fused;
}

// True if a step from `at` on reads what `id` holds now. Rows that few tokens have are prepared by each worker for
// itself, so that nobody else would find them.
bool is_read_later(const StepList& steps, std::size_t at, ValueId id) {
  const auto has = [id](const std::vector<ValueId>& ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  for (; at < steps.size(); ++at) {
    if (has(steps[at]->reads)) return true;
    if (has(steps[at]->writes)) return false;
  }
  return false;
}

std::unique_ptr<FusedStep> match_project(Cursor& cursor, const StepList& steps) {
  auto fused = std::make_unique<ProjectStep>();
  PreparedInput input;
  if (!take_prepared(cursor, input)) {
    const auto* quantize = cursor.take<QuantizeStep>();
    if (quantize == nullptr) return nullptr;
    input = {{nullptr, 0, true}, quantize->in, quantize->out};
  }
  Projected projected;
  if (!take_projection(cursor, input.out, projected)) return nullptr;
  if (is_read_later(steps, cursor.at(), input.out)) return nullptr;
  fused->matrix = projected.matrix;
  fused->bias = projected.bias;
  fused->recipe = input.recipe;
  fused->x = input.x;
  fused->shared = input.out;
  fused->out = projected.out;
  fused->reads = {input.x};
  fused->writes = {input.out, fused->out};
  return fused;
}

std::unique_ptr<FusedStep> match_norm_residual(Cursor& cursor) {
  auto fused = std::make_unique<NormResidualStep>();
  const auto* norm = cursor.take<NormStep>();
  if (norm == nullptr) return nullptr;
  const auto* add = cursor.take<AddStep>([&](const AddStep& s) { return s.x == norm->out; });
  if (add == nullptr) return nullptr;
  fused->recipe = {norm->weight, norm->eps, false};
  fused->x = norm->in;
  fused->shared = norm->out;
  fused->residual = add->y;
  fused->reads = {norm->in, add->y};
  fused->writes = {norm->out, add->y};
  return fused;
}

}  // namespace

void fuse(Plan& plan, const FusionOptions& options) {
  StepList fused_list;
  std::size_t n_body = 0;
  std::size_t at = 0;
  const auto attempt = [&](bool wanted, auto&& match) {
    if (!wanted) return false;
    Cursor cursor(plan.steps, at);
    std::unique_ptr<FusedStep> fused = match(cursor);
    if (fused == nullptr) return false;
    fused->layer = plan.steps[at]->layer;
    for (; at < cursor.at(); ++at) fused->plain.push_back(std::move(plan.steps[at]));
    fused_list.push_back(std::move(fused));
    return true;
  };
  while (at < plan.steps.size()) {
    if (at <= plan.n_body) n_body = fused_list.size();  // no pattern reaches over the gathering before the head
    if (attempt(options.qkv, match_qkv) || attempt(options.gated_ffn, match_gated_ffn) ||
        attempt(options.projection, match_projection) || attempt(options.projection, match_norm_residual) ||
        attempt(options.projection, [&](Cursor& c) { return match_project(c, plan.steps); })) {
      continue;
    }
    fused_list.push_back(std::move(plan.steps[at++]));
  }
  plan.n_body = plan.n_body < at ? n_body : fused_list.size();
  plan.steps = std::move(fused_list);
}

}  // namespace tenfold
