// Where the values of one rendering are counted, and where reference cycles end.
//
// Values are reference-counted. Lists, dicts and strings never change, so only the few objects that a template can
// change (namespaces, variable frames, loops) can form cycles or chains of unbounded length. Those register here: the
// Heap empties them when the rendering ends, and their contents are destroyed one after another instead of recursively.
// One Heap belongs to one rendering and one thread, and outlives all its values.
#pragma once

#include <vector>

#include "tokenizer/chat_template/budget.h"

namespace tenfold::jinja {

class Value;
class Heap;

// Base of whatever lives behind a Value. `heap` is null for constants of a parsed template, which nobody counts.
struct Object {
  Object(Heap* owner, std::size_t size, int nesting);
  virtual ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  // What the object holds has grown.
  void account(std::size_t more_bytes);

  Heap* const heap;
  std::size_t bytes;
  const int depth;  // 0 for what holds no values, else one more than the deepest value inside
};

// An object that a template can change after it was made.
struct MutableObject : Object {
  MutableObject(Heap& owner, std::size_t size);
  ~MutableObject() override;
  // Moves every value out of the object into `into`.
  virtual void surrender(std::vector<Value>& into) = 0;

  MutableObject* previous = nullptr;
  MutableObject* next = nullptr;
};

class Heap {
 public:
  explicit Heap(Budget& budget);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Budget& budget() { return budget_; }
  // Destroys values one by one, however long the chain behind them is. Every MutableObject's destructor calls it.
  void bury(std::vector<Value> values);

 private:
  friend struct MutableObject;

  Budget& budget_;
  MutableObject* first_ = nullptr;
  std::vector<Value> graveyard_;
  bool burying_ = false;
};

}  // namespace tenfold::jinja
