#include "cpu/fusion.h"

#include <algorithm>

namespace tenfold {

namespace {

// Reads operators one after the other, as long as they are of the kind that a pattern expects.
class Cursor {
 public:
  Cursor(const FusionInput& input, std::size_t at) : input_(input), at_(at) {}

  // The next operator if it is an Op for which `fits(op)` holds; else null, and the cursor stays.
  template <typename Op, typename Fits>
  const Op* take(Fits&& fits) {
    const Op* op = peek<Op>();
    if (op == nullptr || !fits(*op)) return nullptr;
    ++at_;
    return op;
  }
  template <typename Op>
  const Op* take() {
    return take<Op>([](const Op&) { return true; });
  }
  template <typename Op>
  [[nodiscard]] const Op* peek() const {
    return at_ < input_.plan.operators.size() ? std::get_if<Op>(&input_.plan.operators[at_].op) : nullptr;
  }
  [[nodiscard]] std::size_t at() const { return at_; }
  // Whether the next operator multiplies rows in 8 bit.
  [[nodiscard]] bool is_rounded() const { return at_ < input_.plan.operators.size() && input_.rounded[at_]; }
  [[nodiscard]] const FusionInput& input() const { return input_; }

 private:
  const FusionInput& input_;
  std::size_t at_;
};

// norm → quantise: what a RegionInput prepares for the products that come next.
struct PreparedInput {
  InputRecipe recipe;
  ValueId x = kNoValue;         // what is prepared
  ValueId out = kNoValue;       // what the products read
  ValueId prepared = kNoValue;  // where its rows are put; none: x is used as it is
};

// A norm and the rounding of what it gives.
bool take_normed(Cursor& cursor, PreparedInput& input) {
  const auto* norm = cursor.take<RmsNorm>();
  if (norm == nullptr) return false;
  input = {{cursor.input().weights.floats(norm->weight), norm->eps, false}, norm->in, norm->out, norm->out};
  const auto* project = cursor.peek<Project>();
  if (project != nullptr && project->in == norm->out && cursor.is_rounded()) {
    input.recipe.quantize = true;
    input.prepared = cursor.input().twins.of(norm->out);
  }
  return true;
}

// Rows that were normalised in another way: rounded, or as they are. Not those that are there in 8 bit alone.
void peek_unprepared(const Cursor& cursor, PreparedInput& input) {
  const auto* project = cursor.peek<Project>();
  if (project == nullptr || cursor.input().twins.is_alone(project->in)) return;
  input = {{}, project->in, project->in, kNoValue};
  if (!cursor.is_rounded()) return;
  input.recipe.quantize = true;
  input.prepared = cursor.input().twins.of(project->in);
}

const Project* take_projection(Cursor& cursor, ValueId in) {
  return cursor.take<Project>([&](const Project& op) { return op.in == in; });
}

// Rope of queries and keys is of one kind or absent.
bool take_rope(Cursor& cursor, ValueId q, ValueId k, QkvStage& fused) {
  const auto* rope_q = cursor.take<Rope>([&](const Rope& op) { return op.x == q; });
  if (rope_q == nullptr) return true;
  const auto* rope_k = cursor.take<Rope>(
      [&](const Rope& op) { return op.x == k && op.angles == rope_q->angles && op.layout == rope_q->layout; });
  if (rope_k == nullptr) return false;
  fused.args.rope = rope_q->layout;
  fused.angles = rope_q->angles;
  return true;
}

void take_head_norm(Cursor& cursor, ValueId x, HeadProjection& projection, float& eps) {
  if (const auto* norm = cursor.take<HeadNorm>([&](const HeadNorm& op) { return op.x == x; })) {
    projection.head_norm = cursor.input().weights.floats(norm->weight);
    eps = norm->eps;
  }
}

void set_input(FusedStage& fused, const PreparedInput& input) {
  fused.recipe = input.recipe;
  fused.x = input.x;
  fused.shared = input.prepared;
  fused.values.reads = {input.x};
  if (input.prepared != kNoValue) fused.values.writes = {input.prepared};
}

Fused match_qkv(Cursor cursor) {
  const PackedWeights& weights = cursor.input().weights;
  const std::size_t begin = cursor.at();
  auto fused = std::make_unique<QkvStage>();
  PreparedInput input;
  if (!take_normed(cursor, input)) return {};
  const Project* q = take_projection(cursor, input.out);
  const Project* k = take_projection(cursor, input.out);
  const Project* v = take_projection(cursor, input.out);
  if (q == nullptr || k == nullptr || v == nullptr) return {};
  const auto heads = [&](const Project& op) {
    return HeadProjection{&weights.matrix(op.matrix), weights.floats(op.bias), nullptr};
  };
  set_input(*fused, input);
  fused->args.recipe = input.recipe;
  fused->args.q = heads(*q);
  fused->args.k = heads(*k);
  fused->args.v = heads(*v);
  take_head_norm(cursor, q->out, fused->args.q, fused->args.head_norm_eps);
  take_head_norm(cursor, k->out, fused->args.k, fused->args.head_norm_eps);
  if (!take_rope(cursor, q->out, k->out, *fused)) return {};
  const auto* scale = cursor.take<Scale>([&](const Scale& op) { return op.x == q->out; });
  const auto* write = cursor.take<KvWrite>([&](const KvWrite& op) { return op.k == k->out && op.v == v->out; });
  if (scale == nullptr || write == nullptr) return {};
  fused->args.q_scale = scale->factor;
  fused->head_dim = write->head_dim;
  fused->place = write->place;
  fused->q = q->out;
  if (fused->angles != kNoValue) fused->values.reads.push_back(fused->angles);
  fused->values.writes.insert(fused->values.writes.end(), {q->out, write->kv});
  return {std::move(fused), cursor.at() - begin};
}

Fused match_gated_ffn(Cursor cursor) {
  const PackedWeights& weights = cursor.input().weights;
  const std::size_t begin = cursor.at();
  auto fused = std::make_unique<GatedFfnStage>();
  PreparedInput input;
  if (!take_normed(cursor, input)) peek_unprepared(cursor, input);
  const Project* gate = take_projection(cursor, input.out);
  const Project* up = take_projection(cursor, input.out);
  if (gate == nullptr || up == nullptr) return {};
  const auto* mul = cursor.take<GateMul>([&](const GateMul& op) { return op.gate == gate->out && op.up == up->out; });
  if (mul == nullptr) return {};
  const auto* down = cursor.peek<Project>();
  const bool quantize = down != nullptr && down->in == mul->out && cursor.is_rounded();
  fused->args = {input.recipe,
                 &weights.matrix(gate->matrix),
                 &weights.matrix(up->matrix),
                 weights.floats(gate->bias),
                 weights.floats(up->bias),
                 mul->activation,
                 quantize};
  set_input(*fused, input);
  fused->out = quantize ? cursor.input().twins.of(mul->out) : mul->out;
  fused->values.writes.push_back(fused->out);
  return {std::move(fused), cursor.at() - begin, quantize ? mul->out : kNoValue};
}

Fused match_projection(Cursor cursor) {
  const FusionInput& input = cursor.input();
  const std::size_t begin = cursor.at();
  const bool rounded = cursor.is_rounded();
  const auto* project = cursor.take<Project>();
  if (project == nullptr) return {};
  const auto* add = cursor.take<Add>([&](const Add& op) { return op.x == project->out; });
  if (add == nullptr) return {};
  // The region before may have left the input in 8 bit, then there is nothing to prepare.
  const bool is_filled = rounded && input.twins.is_filled(project->in);
  auto fused = std::make_unique<ProjectResidualStage>();
  PreparedInput prepared{{}, is_filled ? input.twins.of(project->in) : project->in, kNoValue, kNoValue};
  if (rounded && !is_filled) {
    prepared.recipe.quantize = true;
    prepared.prepared = input.twins.of(project->in);
  }
  set_input(*fused, prepared);
  fused->matrix = &input.weights.matrix(project->matrix);
  fused->bias = input.weights.floats(project->bias);
  fused->residual = add->y;
  fused->values.reads.push_back(add->y);
  fused->values.writes.push_back(add->y);
  return {std::move(fused), cursor.at() - begin};
}

Fused match_project(Cursor cursor) {
  const FusionInput& input = cursor.input();
  const std::size_t begin = cursor.at();
  PreparedInput prepared;
  const bool normed = take_normed(cursor, prepared);
  if (!normed) {
    if (!cursor.is_rounded()) return {};
    peek_unprepared(cursor, prepared);
  }
  const Project* project = take_projection(cursor, prepared.out);
  if (project == nullptr) return {};
  // The others of its group read the rounded rows, too, or have left them there.
  const auto* next = cursor.peek<Project>();
  if (!normed && (input.twins.is_filled(project->in) || (next != nullptr && next->in == project->in))) return {};
  auto fused = std::make_unique<ProjectStage>();
  set_input(*fused, prepared);
  fused->matrix = &input.weights.matrix(project->matrix);
  fused->bias = input.weights.floats(project->bias);
  fused->out = project->out;
  fused->values.writes.push_back(project->out);
  return {std::move(fused), cursor.at() - begin};
}

Fused match_norm_residual(Cursor cursor) {
  const std::size_t begin = cursor.at();
  const auto* norm = cursor.take<RmsNorm>();
  if (norm == nullptr) return {};
  const auto* add = cursor.take<Add>([&](const Add& op) { return op.x == norm->out; });
  if (add == nullptr) return {};
  auto fused = std::make_unique<NormResidualStage>();
  set_input(*fused, {{cursor.input().weights.floats(norm->weight), norm->eps, false}, norm->in, norm->out, norm->out});
  fused->residual = add->y;
  fused->values.reads.push_back(add->y);
  fused->values.writes.push_back(add->y);
  return {std::move(fused), cursor.at() - begin};
}

// Whether a stage leaves everything that operators behind it read. Of what it does not store nobody may read; of rows
// that it leaves in 8 bit alone, only products in 8 bit. What few tokens have prepared is each worker's own, and stored
// nowhere.
class LaterReads {
 public:
  LaterReads(const FusionInput& input, std::size_t at, const Fused& fused)
      : input_(input), fused_(fused), begin_(at), end_(at + fused.n_ops) {}

  [[nodiscard]] bool are_possible() const {
    for (std::size_t i = begin_; i < end_; ++i) {
      for (const ValueId id : operands(operators()[i].op).writes) {
        if (!is_stored(id) && is_missed(id)) return false;
      }
    }
    return true;
  }

 private:
  [[nodiscard]] const std::vector<PlanOperator>& operators() const { return input_.plan.operators; }
  static bool has(const std::vector<ValueId>& ids, ValueId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  [[nodiscard]] bool is_stored(ValueId id) const {
    return id != fused_.stage->shared && has(fused_.stage->values.writes, id);
  }
  // Until somebody writes it anew. The operators of `hidden_head` come in the place of those from n_body on.
  [[nodiscard]] bool is_missed(ValueId id) const {
    for (std::size_t i = end_; i < operators().size(); ++i) {
      if (i == input_.plan.n_body && is_read_by_hidden_head(id)) return true;
      const Operands touched = operands(operators()[i].op);
      if (has(touched.reads, id) && !(id == fused_.rounded && input_.rounded[i])) return true;
      if (has(touched.writes, id)) return false;
    }
    return end_ <= input_.plan.n_body && input_.plan.n_body == operators().size() && is_read_by_hidden_head(id);
  }
  [[nodiscard]] bool is_read_by_hidden_head(ValueId id) const {
    return std::any_of(input_.plan.hidden_head.begin(), input_.plan.hidden_head.end(),
                       [&](const PlanOperator& planned) { return has(operands(planned.op).reads, id); });
  }

  const FusionInput& input_;
  const Fused& fused_;
  std::size_t begin_, end_;
};

}  // namespace

Fused fuse(const FusionInput& input, std::size_t at, const FusionOptions& options) {
  struct Rewrite {
    bool wanted;
    Fused (*match)(Cursor);
  };
  for (const Rewrite& rewrite :
       {Rewrite{options.qkv, match_qkv}, Rewrite{options.gated_ffn, match_gated_ffn},
        Rewrite{options.projection, match_projection}, Rewrite{options.projection, match_norm_residual},
        Rewrite{options.projection, match_project}}) {
    if (!rewrite.wanted) continue;
    Fused fused = rewrite.match(Cursor(input, at));
    if (fused.stage != nullptr && LaterReads(input, at, fused).are_possible()) return fused;
  }
  return {};
}

}  // namespace tenfold
