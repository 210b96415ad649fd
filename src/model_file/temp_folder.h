// For tests only: the earlier name of this header, in src/model.
#pragma once

#include "model_file/temp_folder_testing.h"
