#include "ops/qkv.h"

#include "ops/kv_write.h"
#include "ops/tile.h"

namespace tenfold {

namespace {

// Heads [begin, end) of a projection, as few as fill whole panels.
struct HeadUnit {
  int begin, end;
};

struct QkvJob {
  OpContext& ctx;
  const QkvArgs& args;
  const RegionInput& input;
  const Rows& angles;
  const KvLayerView& kv;
  const Rows& q;
  std::size_t tile_offset;  // of the K and V tiles in a worker's scratch
};

PanelRange panels_of(const PackedMatrix& w, HeadUnit heads, int head_dim) {
  const int begin = heads.begin * head_dim / w.panel_rows;
  const int end = (heads.end * head_dim + w.panel_rows - 1) / w.panel_rows;
  return {begin, end};
}

void finish_head(const QkvJob& job, const HeadProjection& projection, int head, float* values) {
  const kernels::KernelTable& kernels = *job.ctx.kernels;
  const int head_dim = job.kv.head_dim;
  if (projection.bias != nullptr)
    kernels.add(values, projection.bias + static_cast<std::ptrdiff_t>(head) * head_dim, head_dim);
  if (projection.head_norm != nullptr) {
    kernels.rms_norm(values, projection.head_norm, head_dim, job.args.head_norm_eps, values);
  }
}

// Layers without rope have no angles.
void rope_head_of(const QkvJob& job, int token, float* head) {
  if (job.args.rope == RopeLayout::kNone) return;
  rope_head(*job.ctx.kernels, job.args.rope, job.angles.row(token), job.angles.width / 2, head);
}

void query_unit(const QkvJob& job, int worker, HeadUnit heads) {
  const int head_dim = job.kv.head_dim;
  const kernels::KernelTable& kernels = *job.ctx.kernels;
  const Activations x = job.input.get(worker);
  for_token_tiles(job.ctx, x.n_tokens, [&](int t0, int n) {
    Rows out{job.q.row(t0) + heads.begin * head_dim, job.q.stride, n, (heads.end - heads.begin) * head_dim};
    mat_mul_panels(kernels, x, t0, *job.args.q.matrix, panels_of(*job.args.q.matrix, heads, head_dim), out);
    for (int t = 0; t < n; ++t) {
      for (int h = heads.begin; h < heads.end; ++h) {
        float* values = job.q.row(t0 + t) + h * head_dim;
        finish_head(job, job.args.q, h, values);
        rope_head_of(job, t0 + t, values);
        kernels.scale(values, job.args.q_scale, head_dim);
      }
    }
  });
}

void key_value_unit(const QkvJob& job, int worker, HeadUnit heads) {
  const int head_dim = job.kv.head_dim;
  const kernels::KernelTable& kernels = *job.ctx.kernels;
  const Activations x = job.input.get(worker);
  const PanelRange k_panels = panels_of(*job.args.k.matrix, heads, head_dim);
  // A tile holds whole panels: the kernels may write up to the last row of the matrix only, which is within.
  const int width = (k_panels.end - k_panels.begin) * job.args.k.matrix->panel_rows;
  std::byte* scratch = (*job.ctx.scratch)[static_cast<std::size_t>(worker)].data + job.tile_offset;
  for_token_tiles(job.ctx, x.n_tokens, [&](int t0, int n) {
    const Rows k = tile_at(scratch, n, width);
    const Rows v = tile_at(scratch + tile_bytes(width), n, width);
    mat_mul_panels(kernels, x, t0, *job.args.k.matrix, k_panels, k);
    mat_mul_panels(kernels, x, t0, *job.args.v.matrix, k_panels, v);
    for (int t = 0; t < n; ++t) {
      for (int h = heads.begin; h < heads.end; ++h) {
        float* key = k.row(t) + (h - heads.begin) * head_dim;
        float* value = v.row(t) + (h - heads.begin) * head_dim;
        finish_head(job, job.args.k, h, key);
        finish_head(job, job.args.v, h, value);
        rope_head_of(job, t0 + t, key);
        kv_write_head(kernels, job.kv, t0 + t, h, key, value);
      }
    }
  });
}

int unit_heads(const kernels::KernelTable& kernels, int n_heads, int head_dim) {
  return std::min(n_heads, items_a_unit(head_dim, kernels.panel_rows));
}

HeadUnit unit_at(int unit, int heads, int n_heads) { return {unit * heads, std::min(n_heads, (unit + 1) * heads)}; }

}  // namespace

std::size_t qkv_scratch_bytes(const kernels::KernelTable& kernels, int model_dim, int head_dim) {
  const int rows = items_a_unit(head_dim, kernels.panel_rows) * head_dim + kernels.panel_rows;
  return RegionInput::scratch_bytes(model_dim) + 2 * tile_bytes(rows);
}

void qkv(OpContext& ctx, const QkvArgs& args, const Rows& x, std::byte* shared, const Rows& angles,
         const KvLayerView& kv, const Rows& q) {
  TENFOLD_DCHECK(q.width == args.q.matrix->n && q.n_tokens == x.n_tokens && x.width == args.q.matrix->k);
  TENFOLD_DCHECK(args.k.matrix->n == kv.n_kv_heads * kv.head_dim && args.v.matrix->n == args.k.matrix->n);
  TENFOLD_DCHECK(ctx.scratch_bytes >= qkv_scratch_bytes(*ctx.kernels, x.width, kv.head_dim) || x.n_tokens == 0);
  const RegionInput input(ctx, x, args.recipe, shared);
  const QkvJob job{ctx, args, input, angles, kv, q, RegionInput::scratch_bytes(x.width)};
  const int n_heads = args.q.matrix->n / kv.head_dim;
  const int q_heads = unit_heads(*ctx.kernels, n_heads, kv.head_dim);
  const int kv_heads = unit_heads(*ctx.kernels, kv.n_kv_heads, kv.head_dim);
  const int n_q_units = (n_heads + q_heads - 1) / q_heads;
  const int n_kv_units = (kv.n_kv_heads + kv_heads - 1) / kv_heads;
  // Keys and values first: their units are twice as long, and the last chunk should be a short one.
  ctx.parallel(n_kv_units + n_q_units, [&](int worker, int unit) noexcept {
    if (unit < n_kv_units) {
      key_value_unit(job, worker, unit_at(unit, kv_heads, kv.n_kv_heads));
    } else {
      query_unit(job, worker, unit_at(unit - n_kv_units, q_heads, n_heads));
    }
  });
}

}  // namespace tenfold
