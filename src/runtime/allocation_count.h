// For tests only: the earlier name of this header, in src/model.
#pragma once

#include "runtime/allocation_testing.h"
