// JoinedParts: the parts of an engine whose locks are taken around a fork(), as long as it lives.
#pragma once

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "engine/host.h"
#include "engine/served.h"

namespace tenfold {

class JoinedParts {
 public:
  // All of them must outlive this.
  JoinedParts(std::shared_ptr<Host> host, const std::vector<std::unique_ptr<Served>>& served,
              std::initializer_list<AroundFork*> others)
      : host_(std::move(host)) {
    for (const auto& one : served) parts_.push_back(one.get());
    parts_.insert(parts_.end(), others);
    host_->join(parts_);
  }
  ~JoinedParts() { host_->leave(parts_); }
  JoinedParts(const JoinedParts&) = delete;
  JoinedParts& operator=(const JoinedParts&) = delete;

 private:
  std::shared_ptr<Host> host_;
  std::vector<AroundFork*> parts_;
};

}  // namespace tenfold
