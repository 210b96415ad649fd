#include "model/reference_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "tensor/dequantize.h"

namespace tenfold {

namespace {

using Rows = Reference::Rows;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double activated(GateActivation activation, double x) {
  if (activation == GateActivation::kSilu) return x * sigmoid(x);
  constexpr double kRoot = 0.7978845608028654;  // √(2/π)
  return 0.5 * x * (1 + std::tanh(kRoot * (x + 0.044715 * x * x * x)));
}

void normalize(const double* x, int n, double eps, const Rows& weight, double* out) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += x[i] * x[i];
  const double factor = 1 / std::sqrt(sum / n + eps);
  for (int i = 0; i < n; ++i) out[i] = x[i] * factor * weight.values[static_cast<std::size_t>(i)];
}

std::vector<float> read_floats(const GgufFile& file, const std::string& name) {
  const GgufTensor* tensor = file.find_tensor(name);
  EXPECT_NE(tensor, nullptr) << name;
  std::vector<std::byte> raw(tensor->n_bytes);
  EXPECT_TRUE(file.read(*tensor, 0, raw).ok()) << name;
  std::uint64_t n = 1;
  for (int i = 0; i < tensor->n_dims; ++i) n *= tensor->dims[static_cast<std::size_t>(i)];
  std::vector<float> values(n);
  dequantize_row(*tensor->dtype(), raw.data(), static_cast<std::int64_t>(n), values.data());
  return values;
}

}  // namespace

Rows Reference::weight(WeightId id, int expert) const {
  const WeightEntry& entry = weights_[id];
  std::vector<float> values = read_floats(file_, entry.tensor);
  if (entry.source == WeightSource::kSumOfConvolutions) {
    const std::vector<float> more = read_floats(file_, entry.second_tensor);
    std::transform(values.begin(), values.end(), more.begin(), values.begin(), std::plus<>());
  }
  Rows rows{entry.n, entry.k, {}};
  const auto first = static_cast<std::ptrdiff_t>(entry.first_row + expert * entry.n) * entry.k + entry.first_column;
  rows.values.assign(values.begin() + first, values.begin() + first + static_cast<std::ptrdiff_t>(entry.n) * entry.k);
  if (entry.source != WeightSource::kConvolutionOverRows) return rows;
  Rows turned = rows;
  const int n_in = entry.k / entry.n_places;
  for (int i = 0; i < entry.n; ++i) {
    for (int in = 0; in < n_in; ++in) {
      for (int place = 0; place < entry.n_places; ++place) {
        turned.row(i)[place * n_in + in] = rows.row(i)[in * entry.n_places + place];
      }
    }
  }
  return turned;
}

// One run. Each operator is a call.
struct ReferenceRun {
  using Rows = Reference::Rows;
  // Which expert a token goes to, and how much that counts.
  struct Choice {
    int expert = 0;
    double weight = 0;
  };

  const Reference& reference;
  const ReferenceInput& input;
  std::vector<Rows> values;  // by id
  std::map<ValueId, std::vector<std::vector<Choice>>> schedules;
  std::map<std::pair<int, int>, std::pair<Rows, Rows>> kv;  // keys and values by class and slot

  ReferenceRun(const Reference& of, const ReferenceInput& what)
      : reference(of), input(what), values(of.plan_.values.size()) {}

  [[nodiscard]] Rows& at(ValueId id) { return values[static_cast<std::size_t>(id)]; }
  // Sized anew.
  Rows& fresh(ValueId id) {
    const Value& value = reference.plan_.value(id);
    const auto n_tokens = static_cast<int>(value.per_output ? input.outputs.size() : input.tokens.size());
    Rows rows{n_tokens * value.rows_a_token, value.width, {}};
    rows.values.assign(static_cast<std::size_t>(rows.n) * static_cast<std::size_t>(rows.width), 0);
    return at(id) = std::move(rows);
  }
  [[nodiscard]] int n_tokens() const { return static_cast<int>(input.tokens.size()); }

  void operator()(const Embed& op) {
    const Rows table = reference.weight(op.table);
    Rows& out = fresh(op.out);
    for (int t = 0; t < out.n; ++t) {
      const double* row = table.row(input.tokens[static_cast<std::size_t>(t)]);
      for (int i = 0; i < out.width; ++i) out.row(t)[i] = row[i] * static_cast<double>(op.factor);
    }
  }
  void operator()(const RopeAngles& op) {
    const bool is_long = has(op.long_divisors) && reference.n_ctx_ > op.short_ctx;
    const WeightId divisors = is_long ? op.long_divisors : op.divisors;
    const Rows factors = has(divisors) ? reference.weight(divisors) : Rows{};
    Rows& out = fresh(op.out);
    const auto n_pairs = static_cast<int>(op.frequencies.size());
    for (int i = 0; i < n_pairs; ++i) {
      const auto pair = static_cast<std::size_t>(i);
      float frequency = op.frequencies[pair];  // a parameter, which is a float
      if (has(divisors)) frequency /= static_cast<float>(factors.values[pair]);
      const double scaled = op.scaling.apply(frequency, i, n_pairs, op.theta);
      const std::size_t axis = op.axes.empty() ? 0 : op.axes[pair];
      for (int t = 0; t < out.n; ++t) {
        const double angle = input.positions[static_cast<std::size_t>(t)][axis] * scaled;
        out.row(t)[i] = std::cos(angle) * static_cast<double>(op.amplitude);
        out.row(t)[n_pairs + i] = std::sin(angle) * static_cast<double>(op.amplitude);
      }
    }
  }
  void operator()(const RmsNorm& op) {
    const Rows weight = reference.weight(op.weight), in = at(op.in);
    Rows& out = fresh(op.out);
    for (int t = 0; t < out.n; ++t) normalize(in.row(t), in.width, op.eps, weight, out.row(t));
  }
  void operator()(const LayerNorm& op) {
    const Rows weight = reference.weight(op.weight);
    const Rows bias = has(op.bias) ? reference.weight(op.bias) : Rows{};
    Rows& x = at(op.x);
    for (int t = 0; t < x.n; ++t) {
      double* row = x.row(t);
      const double mean = std::accumulate(row, row + x.width, 0.0) / x.width;
      double variance = 0;
      for (int i = 0; i < x.width; ++i) variance += (row[i] - mean) * (row[i] - mean) / x.width;
      for (int i = 0; i < x.width; ++i) {
        row[i] = (row[i] - mean) / std::sqrt(variance + static_cast<double>(op.eps)) * weight.row(0)[i] +
                 (has(op.bias) ? bias.row(0)[i] : 0);
      }
    }
  }
  void operator()(const HeadNorm& op) {
    const Rows weight = reference.weight(op.weight);
    Rows& x = at(op.x);
    for (int t = 0; t < x.n; ++t) {
      for (int i = 0; i < x.width; i += op.head_dim) {
        normalize(x.row(t) + i, op.head_dim, op.eps, weight, x.row(t) + i);
      }
    }
  }
  void operator()(const Gelu& op) {
    for (double& x : at(op.x).values) x = x * std::erfc(-x / std::sqrt(2.0)) / 2;
  }
  void operator()(const AddTableRow& op) {
    const Rows table = reference.weight(op.table);
    Rows& x = at(op.x);
    for (int t = 0; t < x.n; ++t) {
      const int row = op.row == AddTableRow::Row::kFirst ? 0 : input.positions[static_cast<std::size_t>(t)][0];
      for (int i = 0; i < x.width; ++i) x.row(t)[i] += table.row(row)[i];
    }
  }
  static void multiply(const Rows& matrix, const double* in, double* out) {
    for (int i = 0; i < matrix.n; ++i) {
      double sum = 0;
      for (int j = 0; j < matrix.width; ++j) sum += matrix.row(i)[j] * in[j];
      out[i] = sum;
    }
  }
  void operator()(const Project& op) {
    const Rows matrix = reference.weight(op.matrix), in = at(op.in);
    const Rows bias = has(op.bias) ? reference.weight(op.bias) : Rows{};
    Rows& out = fresh(op.out);
    for (int t = 0; t < out.n; ++t) {
      multiply(matrix, in.row(t), out.row(t));
      for (int i = 0; has(op.bias) && i < out.width; ++i) out.row(t)[i] += bias.row(0)[i];
    }
  }
  void operator()(const Rope& op) {
    const Rows& angles = at(op.angles);
    const int n_pairs = angles.width / 2;
    Rows& x = at(op.x);
    for (int t = 0; t < x.n; ++t) {
      const double *cosine = angles.row(t), *sine = angles.row(t) + n_pairs;
      for (int head = 0; head < x.width; head += op.head_dim) {
        for (int i = 0; i < n_pairs; ++i) {
          const bool neox = op.layout == RopeLayout::kNeox;
          double& a = x.row(t)[head + (neox ? i : 2 * i)];
          double& b = x.row(t)[head + (neox ? i + n_pairs : 2 * i + 1)];
          const double turned = a * cosine[i] - b * sine[i];
          b = a * sine[i] + b * cosine[i];
          a = turned;
        }
      }
    }
  }
  void operator()(const Scale& op) {
    for (double& x : at(op.x).values) x *= static_cast<double>(op.factor);
  }
  void operator()(const KvWrite& op) { kv[{op.place.kv_class, op.place.slot}] = {at(op.k), at(op.v)}; }
  [[nodiscard]] ReferenceInput::Sight sight(const Attention& op, int t) const {
    if (!input.sights.empty()) {
      return input.sights[static_cast<std::size_t>(op.place.kv_class)][static_cast<std::size_t>(t)];
    }
    if (op.mask == AttentionMask::kNone) return {0, n_tokens()};
    return {op.window > 0 ? std::max(0, t + 1 - op.window) : 0, t + 1};
  }
  void operator()(const Attention& op) {
    const auto& [keys, vectors] = kv[{op.place.kv_class, op.place.slot}];
    const Rows q = at(op.q);
    Rows& out = fresh(op.out);
    for (int t = 0; t < out.n; ++t) {
      const ReferenceInput::Sight seen = sight(op, t);
      for (int head = 0; head < op.n_heads; ++head) {
        const int to = head * op.head_dim, from = head / (op.n_heads / op.n_kv_heads) * op.head_dim;
        std::vector<double> scores;
        for (int s = seen.begin; s < seen.end; ++s) {
          double score = 0;
          for (int i = 0; i < op.head_dim; ++i) score += q.row(t)[to + i] * keys.row(s)[from + i];
          const double cap = op.softcap;
          scores.push_back(cap > 0 ? cap * std::tanh(score / cap) : score);
        }
        const double max = *std::max_element(scores.begin(), scores.end());
        double sum = 0;
        for (double& score : scores) sum += score = std::exp(score - max);
        for (int s = seen.begin; s < seen.end; ++s) {
          const double share = scores[static_cast<std::size_t>(s - seen.begin)] / sum;
          for (int i = 0; i < op.head_dim; ++i) out.row(t)[to + i] += share * vectors.row(s)[from + i];
        }
      }
    }
  }
  // The whole text is there, so no state is asked for.
  void operator()(const ShortConv& op) {
    const Rows taps = reference.weight(op.taps), in = at(op.in);
    Rows& out = fresh(op.out);
    const int width = out.width;
    for (int t = 0; t < out.n; ++t) {
      for (int j = std::max(0, op.n_taps - 1 - t); j < op.n_taps; ++j) {
        const double* row = in.row(t - (op.n_taps - 1) + j);
        for (int i = 0; i < width; ++i) out.row(t)[i] += taps.row(i)[j] * row[i] * row[2 * width + i];
      }
      for (int i = 0; i < width; ++i) out.row(t)[i] *= in.row(t)[width + i];
    }
  }
  void operator()(const GateMul& op) {
    const Rows gate = at(op.gate), up = at(op.up);
    Rows& out = fresh(op.out);
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      out.values[i] = activated(op.activation, gate.values[i]) * up.values[i];
    }
  }
  void operator()(const Add& op) {
    const Rows x = at(op.x);
    Rows& y = at(op.y);
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] += x.values[i];
  }
  void operator()(const GatherOutputs& op) {
    const Rows in = at(op.in);
    Rows& out = fresh(op.out);
    for (int i = 0; i < out.n; ++i)
      std::copy_n(in.row(input.outputs[static_cast<std::size_t>(i)]), out.width, out.row(i));
  }
  void operator()(const Route& op) {
    const Rows bias = has(op.choice_bias) ? reference.weight(op.choice_bias) : Rows{};
    const Rows& logits = at(op.logits);
    std::vector<std::vector<Choice>>& schedule = schedules[op.schedule];
    schedule.clear();
    for (int t = 0; t < logits.n; ++t) {
      std::vector<double> scores(logits.row(t), logits.row(t) + logits.width);
      if (op.routing.gating == ExpertGating::kSigmoid) {
        for (double& score : scores) score = sigmoid(score);
      } else {
        const double max = *std::max_element(scores.begin(), scores.end());
        double sum = 0;
        for (double& score : scores) sum += score = std::exp(score - max);
        for (double& score : scores) score /= sum;
      }
      std::vector<Choice> choices;
      for (int e = 0; e < logits.width; ++e) choices.push_back({e, scores[static_cast<std::size_t>(e)]});
      const auto chosen_by = [&](const Choice& c) {
        return c.weight + (has(op.choice_bias) ? bias.row(0)[c.expert] : 0);
      };
      std::sort(choices.begin(), choices.end(), [&](const Choice& a, const Choice& b) {
        return chosen_by(a) != chosen_by(b) ? chosen_by(a) > chosen_by(b) : a.expert < b.expert;
      });
      choices.resize(static_cast<std::size_t>(op.routing.n_used));
      double sum = 0;
      for (const Choice& choice : choices) sum += choice.weight;
      for (Choice& choice : choices) {
        choice.weight *= static_cast<double>(op.routing.scale) / (op.routing.normalize ? sum : 1.0);
      }
      schedule.push_back(std::move(choices));
    }
  }
  // A token's slots lie together here: which is next to which changes no number.
  void operator()(const ToSlots& op) {
    const Rows in = at(op.in);
    Rows& out = fresh(op.out);
    for (int slot = 0; slot < out.n; ++slot) std::copy_n(in.row(slot / op.counts.n_used), out.width, out.row(slot));
  }
  void operator()(const ExpertProject& op) {
    const Rows in = at(op.in);
    Rows& out = fresh(op.out);
    std::map<int, Rows> experts;
    for (int slot = 0; slot < out.n; ++slot) {
      const auto t = static_cast<std::size_t>(slot / op.counts.n_used);
      const int expert = schedules[op.schedule][t][static_cast<std::size_t>(slot % op.counts.n_used)].expert;
      if (!experts.contains(expert)) experts[expert] = reference.weight(op.experts, expert);
      multiply(experts[expert], in.row(slot), out.row(slot));
    }
  }
  void operator()(const FromSlots& op) {
    const Rows& in = at(op.in);
    Rows& y = at(op.y);
    for (int slot = 0; slot < in.n; ++slot) {
      const int t = slot / op.counts.n_used;
      const double weight =
          schedules[op.schedule][static_cast<std::size_t>(t)][static_cast<std::size_t>(slot % op.counts.n_used)].weight;
      for (int i = 0; i < y.width; ++i) y.row(t)[i] += weight * in.row(slot)[i];
    }
  }
  void operator()(const Softcap& op) {
    const double cap = op.cap;
    for (double& x : at(op.x).values) x = cap * std::tanh(x / cap);
  }
  void operator()(const Patches& op) {
    Rows& out = fresh(op.out);
    for (int t = 0; t < out.n; ++t) {
      const RopePosition& position = input.positions[static_cast<std::size_t>(t)];
      double* to = out.row(t);
      for (std::size_t c = 0; c < 3; ++c) {
        for (int y = 0; y < op.side; ++y) {
          for (int x = 0; x < op.side; ++x) {
            const std::uint8_t* row = input.image->row(position[1] * op.side + y);
            const double share = row[3 * (position[2] * op.side + x) + static_cast<int>(c)] / 255.0;
            *to++ = (share - static_cast<double>(op.mean[c])) / static_cast<double>(op.deviation[c]);
          }
        }
      }
    }
  }
  // Cubic convolution (Keys 1981) with a = −0.75.
  static double tap(double distance) {
    constexpr double a = -0.75;
    const double x = std::abs(distance);
    if (x <= 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
    return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
  }
  void operator()(const AddPositionGrid& op) {
    const Rows table = reference.weight(op.table);
    const double rows = input.image->size.height / op.patch_side, columns = input.image->size.width / op.patch_side;
    Rows& x = at(op.x);
    for (int t = 0; t < x.n; ++t) {
      const RopePosition& position = input.positions[static_cast<std::size_t>(t)];
      const double top = (position[1] + 0.5) / rows * op.side - 0.5;
      const double left = (position[2] + 0.5) / columns * op.side - 0.5;
      for (int v = static_cast<int>(std::floor(top)) - 1; v <= std::floor(top) + 2; ++v) {
        for (int h = static_cast<int>(std::floor(left)) - 1; h <= std::floor(left) + 2; ++h) {
          const double weight = tap(top - v) * tap(left - h);
          const double* cell = table.row(std::clamp(v, 0, op.side - 1) * op.side + std::clamp(h, 0, op.side - 1));
          for (int i = 0; i < x.width; ++i) x.row(t)[i] += weight * cell[i];
        }
      }
    }
  }
  void operator()(const MergeSquares& op) {
    const Rows in = at(op.in);
    Rows& out = fresh(op.out);
    for (int i = 0; i < out.n; ++i) {
      const int first = input.outputs[static_cast<std::size_t>(i)] * op.n_merged;
      for (int j = 0; j < op.n_merged; ++j) std::copy_n(in.row(first + j), in.width, out.row(i) + j * in.width);
    }
  }
};

std::vector<float> Reference::run(const ReferenceInput& input, const std::vector<PlanOperator>& last,
                                  std::size_t n_body, ValueId wanted) {
  ReferenceRun run(*this, input);
  for (std::size_t i = 0; i < n_body; ++i) std::visit(run, plan_.operators[i].op);
  for (const PlanOperator& planned : last) std::visit(run, planned.op);
  const std::vector<double>& values = run.at(wanted).values;
  return {values.begin(), values.end()};
}

std::vector<float> Reference::logits(const ReferenceInput& input) {
  const auto found = std::find_if(plan_.values.begin(), plan_.values.end(),
                                  [](const Value& value) { return value.kind == ValueKind::kLogits; });
  return run(input, {}, plan_.operators.size(), static_cast<ValueId>(found - plan_.values.begin()));
}

std::vector<float> Reference::hidden(const ReferenceInput& input) {
  return run(input, plan_.hidden_head, plan_.n_body, operands(plan_.hidden_head.back().op).writes.front());
}

std::vector<float> Reference::result(const ReferenceInput& input) {
  return run(input, {}, plan_.operators.size(), plan_.result);
}

ReferenceInput reference_text(std::span<const std::int32_t> tokens) {
  ReferenceInput input;
  input.tokens.assign(tokens.begin(), tokens.end());
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    input.positions.push_back({i, i, i});
    input.outputs.push_back(i);
  }
  return input;
}

}  // namespace tenfold
