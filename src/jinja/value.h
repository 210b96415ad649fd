// Value: what a template expression evaluates to, with the semantics of the Python value of the same name.
//
// 32 bytes; copying one shares what is behind it. Strings are valid UTF-8; lists, tuples, dicts and ranges never change
// once made. Values belong to the thread that renders; the constants of a parsed template may be shared by threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "base/utf8.h"
#include "jinja/heap.h"
#include "jinja/marked_text.h"

namespace tenfold::jinja {

enum class Kind : std::uint8_t {
  kUndefined,  // a variable or attribute that is not there; prints as nothing, most operations fail
  kNone,
  kBool,
  kInt,
  kLargeInt,  // an integer beyond 64 bits: prints, compares and is a key, but cannot be reckoned with
  kFloat,
  kString,
  kList,
  kTuple,
  kDict,
  kRange,
  kDictView,  // dict.keys(), .values(), .items()
  kIterator,  // what Python makes a generator: can be walked once and has no length
  kNamespace,
  kMacro,
  kMethod,    // a method bound to its object
  kFunction,  // a global function
  kLoop,
  kCycler,
  kJoiner,
};

struct NativeSpec;
struct StringObject;
struct SequenceObject;
struct DictObject;

class Value {
 public:
  Value() = default;  // undefined, without a reason
  explicit Value(std::shared_ptr<Object> object, Kind kind) : kind_(kind), object_(std::move(object)) {}

  static Value none() { return Value(Kind::kNone); }
  static Value boolean(bool value);
  static Value integer(std::int64_t value);
  static Value real(double value);
  static Value function(const NativeSpec& spec);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_list_or_tuple() const { return kind_ == Kind::kList || kind_ == Kind::kTuple; }
  // bool counts as a number, as in Python.
  // The integers of 64 bits, that is.
  bool is_integral() const { return kind_ == Kind::kInt || kind_ == Kind::kBool; }
  bool is_number() const { return is_integral() || kind_ == Kind::kLargeInt || kind_ == Kind::kFloat; }

  // Only of the kinds that each of them names.
  bool as_bool() const {  // kBool
    TENFOLD_DCHECK(is(Kind::kBool));
    return integer_ != 0;
  }
  std::int64_t as_integer() const {  // kInt, kBool
    TENFOLD_DCHECK(is_integral());
    return integer_;
  }
  double as_real() const;      // of any number; beyond the range of double infinity
  std::string digits() const;  // kInt, kBool, kLargeInt: decimal, after '-' if negative
  bool is_negative_integer() const;
  const NativeSpec& as_function() const {  // kFunction
    TENFOLD_DCHECK(is(Kind::kFunction));
    return *spec_;
  }
  const std::string& text() const;  // kString
  Origin origin() const {           // kString: who wrote it
    TENFOLD_DCHECK(is_string());
    return origin_;
  }
  MarkedView view() const;  // kString: the text with its marks
  bool is_markup() const { return kind_ == Kind::kString && markup_; }
  const std::vector<Value>& items() const;  // kList, kTuple
  const DictObject& dict() const;           // kDict
  // kUndefined: why it is: "'x' is undefined".
  std::string_view undefined_reason() const;

  // Of the kinds that have a T behind them.
  template <typename T>
  T& object() const {
    TENFOLD_DCHECK(object_ != nullptr);
    return static_cast<T&>(*object_);
  }
  const Object* object_pointer() const { return object_.get(); }
  const std::shared_ptr<Object>& object_handle() const { return object_; }
  int depth() const { return object_ == nullptr ? 0 : object_->depth; }

  Value with_markup(bool markup) const;
  Value with_origin(Origin origin) const;  // of a string: all of it kGiven, or all kTemplate

 private:
  explicit Value(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::kUndefined;
  bool markup_ = false;  // a string that the `safe` or `escape` filter made: Python's Markup
  Origin origin_ = Origin::kGiven;
  union {
    std::int64_t integer_ = 0;
    double real_;
    const NativeSpec* spec_;
  };
  std::shared_ptr<Object> object_;
};

struct StringObject final : Object {
  StringObject(Heap* owner, std::string value, std::vector<TextRange> ranges = {})
      : Object(owner, sizeof(StringObject) + value.capacity() + ranges.capacity() * sizeof(TextRange), 0),
        text(std::move(value)),
        given(std::move(ranges)) {
    TENFOLD_DCHECK(is_valid_utf8(text));
  }
  const std::string text;
  const std::vector<TextRange> given;  // of a string of mixed origin
};

struct SequenceObject final : Object {
  SequenceObject(Heap* owner, std::vector<Value> values);
  ~SequenceObject() override;
  std::vector<Value> items;
  bool is_group = false;  // a tuple of groupby: its parts are also called grouper and list
};

// Keys keep the order in which they were first set.
struct DictObject final : Object {
  using Entry = std::pair<Value, Value>;
  DictObject(Heap* owner, std::vector<Entry> values, std::vector<std::uint32_t> order);
  ~DictObject() override;
  // Null when the key is absent or cannot be a key.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;

  std::vector<Entry> entries;
  std::vector<std::uint32_t> by_key;  // indices of the entries in the order of their keys; empty when they are few
};

struct RangeObject final : Object {
  // by: not 0.
  RangeObject(Heap* owner, std::int64_t from, std::int64_t to, std::int64_t by);
  // index: below the length.
  std::int64_t at(std::size_t index) const {
    TENFOLD_DCHECK(index < length);
    return start + static_cast<std::int64_t>(index) * step;
  }
  const std::int64_t start, stop, step;
  const std::size_t length;
};

struct DictViewObject final : Object {
  enum class Part { kKeys, kValues, kItems };
  DictViewObject(Heap* owner, Value of, Part which)
      : Object(owner, sizeof(DictViewObject), of.depth() + 1), source(std::move(of)), part(which) {}
  const Value source;
  const Part part;
};

// Evaluated eagerly; a failure on the way is reported when the walk gets there, as a generator would.
struct IteratorObject final : Object {
  IteratorObject(Heap* owner, std::vector<Value> values, Status failed);
  ~IteratorObject() override;
  std::vector<Value> items;
  std::size_t next = 0;
  const Status failure;
};

struct NamespaceObject final : MutableObject {
  explicit NamespaceObject(Heap& owner) : MutableObject(owner, sizeof(NamespaceObject)) {}
  void drop_values() noexcept override;
  Value* find(std::string_view name);
  void set(std::string_view name, Value value);

  std::vector<std::pair<std::string, Value>> attributes;
};

struct MethodObject final : Object {
  MethodObject(Heap* owner, Value of, const NativeSpec& native)
      : Object(owner, sizeof(MethodObject), of.depth() + 1), self(std::move(of)), spec(native) {}
  const Value self;
  const NativeSpec& spec;
};

struct CyclerObject final : Object {
  CyclerObject(Heap* owner, std::vector<Value> values);
  const std::vector<Value> items;
  std::size_t position = 0;
};

struct JoinerObject final : Object {
  JoinerObject(Heap* owner, Value text)
      : Object(owner, sizeof(JoinerObject), text.depth() + 1), separator(std::move(text)) {}
  const Value separator;
  bool used = false;
};

// Of decimal digits without leading zeros, after '-' if negative: kInt where 64 bits suffice, else kLargeInt.
Value make_integer(Heap* heap, std::string digits);
Value make_string(Heap* heap, std::string text);  // given, unless with_origin() says otherwise
Value make_string(Heap* heap, MarkedText text);
Value make_string(Heap* heap, const MarkedView& text);
Value make_list(Heap* heap, std::vector<Value> items);
Value make_tuple(Heap* heap, std::vector<Value> items);
Value make_iterator(Heap* heap, std::vector<Value> items, Status failure = {});
Value make_undefined(Heap* heap, std::string reason);
// Errors: kInvalidArgument when a key cannot be hashed. A repeated key keeps its place and gets the later value.
Result<Value> make_dict(Heap* heap, std::vector<DictObject::Entry> entries);

// "str", "int", "dict", …: what Python's type() would name.
std::string_view type_name(const Value& value);

}  // namespace tenfold::jinja
