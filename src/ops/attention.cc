#include "ops/attention.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace tenfold {

namespace {

using kernels::AttentionState;
using kernels::kKvBlock;

constexpr int kQueryTile = 16;  // tokens that share one reading of K and V
constexpr int kSpanBlocks = 8;
constexpr int kSpan = kSpanBlocks * kKvBlock;  // positions [kSpan·i, kSpan·(i + 1)) are summed up by themselves
constexpr int kSharedSpans = 16;               // of one token that are in work at a time, see attend_spans()

// The queries of one chunk: some tokens of a sequence, some of the query heads of one KV head.
struct QueryTile {
  const KvSequenceView* sequence;
  int token, n_tokens;  // rows in the step
  int kv_head;
  int head, group;  // first query head and how many

  [[nodiscard]] int n_queries() const { return n_tokens * group; }
  [[nodiscard]] int position() const { return sequence->position + token - sequence->token_begin; }
};

// What all chunks of one call have in common.
struct Call {
  const OpContext& ctx;
  const KvLayerView& kv;
  const AttentionShape& shape;
  const Rows& q;
  const Rows& out;
};

struct SpanRange {
  int begin, end;
};

// One past the last position that token t of the tile sees.
int visible_end(const AttentionShape& shape, const QueryTile& tile, int t) {
  if (shape.mask == AttentionMask::kNone) return tile.sequence->position + tile.sequence->n_tokens;
  return tile.position() + t + 1;
}

// The spans that any of the tile's tokens sees.
SpanRange visible_spans(const AttentionShape& shape, const QueryTile& tile) {
  const int first = shape.window > 0 ? std::max(0, tile.position() + 1 - shape.window) : 0;
  return {first / kSpan, (visible_end(shape, tile, tile.n_tokens - 1) - 1) / kSpan + 1};
}

std::size_t state_bytes(int n_queries, int head_dim) {
  return static_cast<std::size_t>(n_queries) * (static_cast<std::size_t>(head_dim) + 2) * sizeof(float);
}

// State `first` and the n − 1 after it, in a worker's scratch memory.
AttentionState states(const Call& call, int worker, int first, int n) {
  const std::ptrdiff_t head_dim = call.kv.head_dim;
  auto* acc = reinterpret_cast<float*>((*call.ctx.scratch)[static_cast<std::size_t>(worker)].data +
                                       state_bytes(first, call.kv.head_dim));
  return {acc + n * head_dim, acc + n * (head_dim + 1), acc};
}

void clear(const AttentionState& state, int n_queries, int head_dim) {
  std::fill_n(state.m, n_queries, -std::numeric_limits<float>::infinity());
  std::fill_n(state.l, n_queries, 0.0F);
  std::fill_n(state.acc, static_cast<std::ptrdiff_t>(n_queries) * head_dim, 0.0F);
}

// The state of the tile's queries after the positions of one span, which may be none.
void attend_span(const Call& call, const QueryTile& tile, int span, const AttentionState& state) {
  const KvLayerView& kv = call.kv;
  clear(state, tile.n_queries(), kv.head_dim);
  const int begin = span * kSpan;
  const int end = std::min(begin + kSpan, visible_end(call.shape, tile, tile.n_tokens - 1));
  const int window = call.shape.window > 0 ? call.shape.window : end;
  const int begin_block = std::clamp(tile.position() + 1 - window - begin, 0, kSpan) / kKvBlock;
  std::array<const void*, kSpanBlocks> blocks{};
  int n_blocks = 0;
  for (int b = begin / kKvBlock + begin_block; b * kKvBlock < end; ++b) {
    blocks[static_cast<std::size_t>(n_blocks++)] = kv.head_block(*tile.sequence, b, tile.kv_head);
  }
  std::array<std::int32_t, kQueryTile> first{}, last{};
  for (std::size_t t = 0; t < static_cast<std::size_t>(tile.n_tokens); ++t) {
    const int past = visible_end(call.shape, tile, static_cast<int>(t)) - begin - begin_block * kKvBlock;
    first[t] = std::clamp(past - window, 0, n_blocks * kKvBlock);
    last[t] = std::clamp(past, 0, n_blocks * kKvBlock);
  }

  kernels::AttentionArgs args{};
  args.q = call.q.row(tile.token) + static_cast<std::ptrdiff_t>(tile.head) * kv.head_dim;
  args.q_token_stride = call.q.stride;
  args.n_tokens = tile.n_tokens;
  args.group = tile.group;
  args.head_dim = kv.head_dim;
  args.kv_blocks = blocks.data();
  args.n_blocks = n_blocks;
  args.first = first.data();
  args.last = last.data();
  args.softcap = call.shape.softcap;
  args.state = state;
  call.ctx.kernels->kv[static_cast<int>(kv.type)].attend(args);
}

void write_out(const Call& call, const QueryTile& tile, const AttentionState& state) {
  const int head_dim = call.kv.head_dim;
  for (int i = 0; i < tile.n_queries(); ++i) {
    float* target =
        call.out.row(tile.token + i / tile.group) + static_cast<std::ptrdiff_t>(tile.head + i % tile.group) * head_dim;
    std::memcpy(target, state.acc + static_cast<std::ptrdiff_t>(i) * head_dim,
                static_cast<std::size_t>(head_dim) * sizeof(float));
    call.ctx.kernels->scale(target, 1.0F / state.l[i], head_dim);
  }
}

void attend_tile(const Call& call, const QueryTile& tile, int worker) {
  const AttentionState whole = states(call, worker, 0, tile.n_queries());
  const AttentionState part = states(call, worker, tile.n_queries(), tile.n_queries());
  const SpanRange spans = visible_spans(call.shape, tile);
  attend_span(call, tile, spans.begin, whole);
  for (int span = spans.begin + 1; span < spans.end && !call.ctx.cancelled(); ++span) {
    attend_span(call, tile, span, part);
    call.ctx.kernels->merge_attention(part, tile.n_queries(), call.kv.head_dim, whole);
  }
  write_out(call, tile, whole);
}

// The split of a step's queries into chunks: tiles of tokens times query heads of one KV head.
struct Split {
  int group;          // query heads of one KV head
  int heads_a_chunk;  // group or 1
  int chunks_a_tile;  // chunks for one tile of tokens
  int n_chunks;
};

int n_tiles(const KvSequenceView& s) { return (s.n_tokens + kQueryTile - 1) / kQueryTile; }

Split split_queries(const KvLayerView& kv, int n_heads, int heads_a_chunk) {
  int tiles = 0;
  for (const KvSequenceView& s : kv.sequences) tiles += n_tiles(s);
  return {n_heads / kv.n_kv_heads, heads_a_chunk, n_heads / heads_a_chunk, tiles * (n_heads / heads_a_chunk)};
}

QueryTile tile_of_chunk(const KvLayerView& kv, const Split& split, int chunk) {
  int tile = chunk / split.chunks_a_tile;
  const int head = chunk % split.chunks_a_tile * split.heads_a_chunk;
  std::size_t s = 0;
  while (tile >= n_tiles(kv.sequences[s])) tile -= n_tiles(kv.sequences[s++]);
  const KvSequenceView& sequence = kv.sequences[s];
  const int begin = tile * kQueryTile;
  return {&sequence, sequence.token_begin + begin, std::min(kQueryTile, sequence.n_tokens - begin), head / split.group,
          head,      split.heads_a_chunk};
}

SpanRange spans_of_step(const Call& call, const Split& split) {
  SpanRange range{std::numeric_limits<int>::max(), 0};
  for (int chunk = 0; chunk < split.n_chunks; chunk += split.chunks_a_tile) {
    const SpanRange spans = visible_spans(call.shape, tile_of_chunk(call.kv, split, chunk));
    range = {std::min(range.begin, spans.begin), std::max(range.end, spans.end)};
  }
  return range;
}

// Spans are shared out as well, `wave` of them at a time, and merged in their order: attend_tile() to the bit.
void attend_spans(OpContext& ctx, const Call& call, const Split& split, SpanRange spans, int wave) {
  const int n_queries = call.q.n_tokens * call.shape.n_heads;
  const auto state_of = [&](const QueryTile& tile, int slot) {  // slot 0 is the whole, the others one span each
    const int first = tile.token * call.shape.n_heads + tile.head * tile.n_tokens;
    return states(call, 0, slot * n_queries + first, tile.n_queries());
  };
  clear(states(call, 0, 0, n_queries), n_queries, call.kv.head_dim);
  for (int begin = spans.begin; begin < spans.end && !ctx.cancelled(); begin += wave) {
    const int n = std::min(wave, spans.end - begin);
    ctx.parallel(split.n_chunks * n, [&](int, int chunk) noexcept {
      const QueryTile tile = tile_of_chunk(call.kv, split, chunk / n);
      attend_span(call, tile, begin + chunk % n, state_of(tile, 1 + chunk % n));
    });
    for (int chunk = 0; chunk < split.n_chunks && !ctx.cancelled(); ++chunk) {
      const QueryTile tile = tile_of_chunk(call.kv, split, chunk);
      for (int slot = 1; slot <= n; ++slot) {
        ctx.kernels->merge_attention(state_of(tile, slot), tile.n_queries(), call.kv.head_dim, state_of(tile, 0));
      }
    }
  }
  for (int chunk = 0; chunk < split.n_chunks && !ctx.cancelled(); ++chunk) {
    const QueryTile tile = tile_of_chunk(call.kv, split, chunk);
    write_out(call, tile, state_of(tile, 0));
  }
}

}  // namespace

std::size_t attention_scratch_bytes(int n_heads, int group, int head_dim) {
  return state_bytes(std::max(2 * kQueryTile * group, (1 + kSharedSpans) * n_heads), head_dim);
}

void attention(OpContext& ctx, const KvLayerView& kv, const AttentionShape& shape, const Rows& q, const Rows& out) {
  TENFOLD_DCHECK(same_shape(q, out) && (q.data != out.data || q.n_tokens == 0));
  TENFOLD_DCHECK(q.width == shape.n_heads * kv.head_dim && shape.n_heads % kv.n_kv_heads == 0);
  TENFOLD_DCHECK(shape.window >= 0 && (shape.window == 0 || shape.mask == AttentionMask::kCausal));
  const Call call{ctx, kv, shape, q, out};
  const int group = shape.n_heads / kv.n_kv_heads;
  Split split = split_queries(kv, shape.n_heads, group);
  if (split.n_chunks == 0) return;
  if (split.n_chunks < 4 * ctx.n_active && ctx.n_active > 1) {  // too few to keep the threads busy
    const SpanRange spans = spans_of_step(call, split);
    const int wave = std::min(spans.end - spans.begin, (1 + kSharedSpans) / q.n_tokens - 1);
    if (wave > 1) return attend_spans(ctx, call, split, spans, wave);
    split = split_queries(kv, shape.n_heads, 1);
  }
  ctx.parallel(split.n_chunks,
               [&](int worker, int chunk) noexcept { attend_tile(call, tile_of_chunk(kv, split, chunk), worker); });
}

}  // namespace tenfold
