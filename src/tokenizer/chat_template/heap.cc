#include "tokenizer/chat_template/heap.h"

#include <iterator>
#include <utility>

#include "tokenizer/chat_template/value.h"

namespace tenfold::jinja {

Object::Object(Heap* owner, std::size_t size, int nesting) : heap(owner), bytes(size + 48), depth(nesting) {
  if (heap == nullptr) return;
  heap->budget().allocated(bytes);
  heap->budget().built_value_of_depth(depth);
}

Object::~Object() {
  if (heap != nullptr) heap->budget().released(bytes);
}

void Object::account(std::size_t more_bytes) {
  bytes += more_bytes;
  if (heap != nullptr) heap->budget().allocated(more_bytes);
}

MutableObject::MutableObject(Heap& owner, std::size_t size) : Object(&owner, size, 0), next(owner.first_) {
  if (next != nullptr) next->previous = this;
  owner.first_ = this;
}

MutableObject::~MutableObject() {
  if (previous != nullptr) previous->next = next;
  if (next != nullptr) next->previous = previous;
  if (heap->first_ == this) heap->first_ = next;
}

Heap::Heap(Budget& budget) : budget_(budget) {}

Heap::~Heap() {
  // What cycles keep alive gives up its values first; freeing those then frees the objects themselves.
  std::vector<Value> values;
  for (MutableObject* object = first_; object != nullptr; object = object->next) object->surrender(values);
  bury(std::move(values));
}

void Heap::bury(std::vector<Value> values) {
  graveyard_.insert(graveyard_.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
  if (burying_) return;
  burying_ = true;
  while (!graveyard_.empty()) {
    const Value last = std::move(graveyard_.back());
    graveyard_.pop_back();
  }
  burying_ = false;
}

}  // namespace tenfold::jinja
