#include "ops/attention.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tenfold {

namespace {

constexpr int kQueryTile = 16;  // queries that share one reading of K and V

// The queries of one chunk: some tokens of a sequence, some of the query heads of one KV head.
struct QueryTile {
  const KvSequenceView* sequence;
  int token, n_tokens;  // rows in the step
  int kv_head;
  int head, group;  // first query head and how many
};

struct Running {  // see kernels::AttentionArgs
  float* m;
  float* l;
  float* acc;
  std::int16_t* first;
  std::int16_t* last;
};

Running place_running(std::byte* scratch, int group, int head_dim) {
  const int n = kQueryTile * group;
  Running r{};
  r.acc = reinterpret_cast<float*>(scratch);
  r.m = r.acc + static_cast<std::ptrdiff_t>(n) * head_dim;
  r.l = r.m + n;
  r.first = reinterpret_cast<std::int16_t*>(r.l + n);
  r.last = r.first + kQueryTile;
  return r;
}

std::int16_t clamp_to_block(int position, int block_begin) {
  return static_cast<std::int16_t>(std::clamp(position - block_begin, 0, kernels::kKvBlock));
}

void attend_tile(const OpContext& ctx, const KvLayerView& kv, const AttentionShape& shape, const QueryTile& tile,
                 const Rows& q, const Rows& out, std::byte* scratch) {
  const kernels::KernelTable& kernels = *ctx.kernels;
  const int head_dim = kv.head_dim;
  const Running run = place_running(scratch, tile.group, head_dim);
  const int n_queries = tile.n_tokens * tile.group;
  std::fill_n(run.m, n_queries, -std::numeric_limits<float>::infinity());
  std::fill_n(run.l, n_queries, 0.0F);
  std::fill_n(run.acc, static_cast<std::ptrdiff_t>(n_queries) * head_dim, 0.0F);

  kernels::AttentionArgs args{};
  args.q = q.row(tile.token) + static_cast<std::ptrdiff_t>(tile.head) * head_dim;
  args.q_token_stride = q.stride;
  args.n_tokens = tile.n_tokens;
  args.group = tile.group;
  args.head_dim = head_dim;
  args.first = run.first;
  args.last = run.last;
  args.softcap = shape.softcap;
  args.m = run.m;
  args.l = run.l;
  args.acc = run.acc;

  const KvSequenceView& sequence = *tile.sequence;
  const int first_position = sequence.position + tile.token - sequence.token_begin;
  const int end = first_position + tile.n_tokens;  // one past the last position that any of them sees
  const int begin = shape.window > 0 ? std::max(0, first_position + 1 - shape.window) : 0;
  for (int block = begin / kernels::kKvBlock; block * kernels::kKvBlock < end && !ctx.cancelled(); ++block) {
    for (int t = 0; t < tile.n_tokens; ++t) {
      const int position = first_position + t;
      const int sees_from = shape.window > 0 ? position + 1 - shape.window : 0;
      run.first[t] = clamp_to_block(sees_from, block * kernels::kKvBlock);
      run.last[t] = clamp_to_block(position + 1, block * kernels::kKvBlock);
    }
    args.kv_block = kv.head_block(sequence, block, tile.kv_head);
    kernels.kv[static_cast<int>(kv.type)].attend(args);
  }

  for (int t = 0; t < tile.n_tokens; ++t) {
    for (int g = 0; g < tile.group; ++g) {
      const int i = t * tile.group + g;
      float* target = out.row(tile.token + t) + static_cast<std::ptrdiff_t>(tile.head + g) * head_dim;
      std::memcpy(target, run.acc + static_cast<std::ptrdiff_t>(i) * head_dim,
                  static_cast<std::size_t>(head_dim) * sizeof(float));
      kernels.scale(target, 1.0F / run.l[i], head_dim);
    }
  }
}

// The split of a step's queries into chunks. Whole groups share K and V; single heads are handed out when there would
// be too few chunks to keep the threads busy.
struct Split {
  int group;          // query heads of one KV head
  int heads_a_chunk;  // group or 1
  int chunks_a_tile;  // chunks for one tile of tokens

  [[nodiscard]] static int tiles(const KvSequenceView& s) { return (s.n_tokens + kQueryTile - 1) / kQueryTile; }
};

Split split_queries(const OpContext& ctx, const KvLayerView& kv, int n_heads) {
  int n_tiles = 0;
  for (const KvSequenceView& s : kv.sequences) n_tiles += Split::tiles(s);
  const int group = n_heads / kv.n_kv_heads;
  const bool enough = n_tiles * kv.n_kv_heads >= 4 * ctx.n_active;
  const int heads = enough || ctx.n_active == 1 ? group : 1;
  return {group, heads, n_heads / heads};
}

QueryTile tile_of_chunk(const KvLayerView& kv, const Split& split, int chunk) {
  int tile = chunk / split.chunks_a_tile;
  const int head = chunk % split.chunks_a_tile * split.heads_a_chunk;
  std::size_t s = 0;
  while (tile >= Split::tiles(kv.sequences[s])) tile -= Split::tiles(kv.sequences[s++]);
  const KvSequenceView& sequence = kv.sequences[s];
  const int begin = tile * kQueryTile;
  return {&sequence, sequence.token_begin + begin, std::min(kQueryTile, sequence.n_tokens - begin), head / split.group,
          head,      split.heads_a_chunk};
}

}  // namespace

std::size_t attention_scratch_bytes(int group, int head_dim) {
  const auto n = static_cast<std::size_t>(kQueryTile) * static_cast<std::size_t>(group);
  return n * (static_cast<std::size_t>(head_dim) + 2) * sizeof(float) + 2 * kQueryTile * sizeof(std::int16_t);
}

void attention(OpContext& ctx, const KvLayerView& kv, const AttentionShape& shape, const Rows& q, const Rows& out) {
  const Split split = split_queries(ctx, kv, shape.n_heads);
  int n_tiles = 0;
  for (const KvSequenceView& s : kv.sequences) n_tiles += Split::tiles(s);
  ctx.parallel(n_tiles * split.chunks_a_tile, [&](int worker, int chunk) noexcept {
    attend_tile(ctx, kv, shape, tile_of_chunk(kv, split, chunk), q, out,
                (*ctx.scratch)[static_cast<std::size_t>(worker)].data);
  });
}

}  // namespace tenfold
