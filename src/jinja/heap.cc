#include "jinja/heap.h"

#include <utility>

#include "base/contracts.h"

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
  // What cycles keep alive lets go of its values first; meanwhile objects are only doomed, so that the list holds.
  burying_ = true;
  for (MutableObject* object = first_; object != nullptr; object = object->next) object->drop_values();
  free_doomed();
  TENFOLD_DCHECK(!budget_.holds_values());
}

void Heap::bury(MutableObject& object) noexcept {
  object.next_doomed = std::exchange(doomed_, &object);
  if (burying_) return;
  burying_ = true;
  free_doomed();
  burying_ = false;
}

void Heap::free_doomed() noexcept {
  while (doomed_ != nullptr) {
    const MutableObject* object = doomed_;
    doomed_ = object->next_doomed;
    delete object;
  }
}

}  // namespace tenfold::jinja
