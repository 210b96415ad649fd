// Jinja templates, as chat templates use them: parsed once, rendered on variables.
//
// Renders the same text as jinja2's ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
// extensions=[loopcontrols, generation]) with the functions that Hugging Face Transformers adds. Templates come from
// outside: rendering is bounded in steps, depth, memory and output, and a feature that is missing is an error that
// names it.
//
// A Template is immutable and cheap to copy; any number of threads may render it at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "jinja/limits.h"
#include "jinja/marked_text.h"
#include "jinja/written_part.h"
#include "tenfold/status.h"

namespace tenfold::jinja {

// Not owned. A later variable of the same name wins.
struct Variable {
  std::string_view name;
  const Json* value;  // not null
};

struct Input {
  std::vector<Variable> variables = {};
  std::vector<WrittenPart> written = {};      // of their texts, in any order, none overlapping; all else is given
  const std::atomic<bool>* cancel = nullptr;  // set by any thread: rendering ends with kCancelled
  std::int64_t now_s = 0;                     // seconds since 1970; strftime_now shows it in local time
  // For values and for output, each, where memory is short: lowers the limits that the template was parsed with.
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
  std::uint64_t max_steps = std::numeric_limits<std::uint64_t>::max();  // likewise
};

class Template {
 public:
  // Errors, with the line: kCorruptData for what is no template; kUnsupported for a tag, filter or test that Tenfold
  // lacks; kResourceExhausted for a source too long or nested too deep.
  static Result<Template> parse(std::string_view source, const Limits& limits = {});

  // Errors, with the line: kInvalidArgument when the template refuses its variables or fails on them; kUnsupported for
  // a function that Tenfold lacks; kResourceExhausted at a limit, the end of the calling thread's stack among them;
  // kCancelled.
  Result<MarkedText> render(const Input& input) const;

  // See compared_constants.h.
  std::vector<std::string> constants_compared_with(std::string_view name) const;

 private:
  struct Parsed;
  explicit Template(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}

  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace tenfold::jinja
