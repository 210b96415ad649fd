// Where the values of one rendering are counted, and where reference cycles end.
//
// Values are reference-counted. Lists, dicts and strings never change, so only the few objects that a template can
// change (namespaces, variable frames, loops) can form cycles or chains of unbounded length. Those are made here: the
// Heap empties them when the rendering ends, and they are freed one after another instead of recursively. Freeing needs
// no memory.
// One Heap belongs to one rendering and one thread, and outlives all its values.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "jinja/budget.h"

namespace tenfold::jinja {

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

// An object that a template can change after it was made. Heap::make makes it.
struct MutableObject : Object {
  MutableObject(Heap& owner, std::size_t size);
  ~MutableObject() override;
  // Lets go of every value.
  virtual void drop_values() noexcept = 0;

  MutableObject* previous = nullptr;
  MutableObject* next = nullptr;
  MutableObject* next_doomed = nullptr;
};

class Heap {
 public:
  explicit Heap(Budget& budget);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Budget& budget() { return budget_; }
  template <typename T, typename... Args>
  std::shared_ptr<T> make(Args&&... args) {
    return {new T(*this, std::forward<Args>(args)...), [](T* object) noexcept { object->heap->bury(*object); }};
  }

 private:
  friend struct MutableObject;

  // Frees an object that nobody refers to any more: after those that are being freed now.
  void bury(MutableObject& object) noexcept;
  void free_doomed() noexcept;

  Budget& budget_;
  MutableObject* first_ = nullptr;
  MutableObject* doomed_ = nullptr;
  bool burying_ = false;
};

}  // namespace tenfold::jinja
