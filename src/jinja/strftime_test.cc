#include "jinja/strftime.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace tenfold::jinja {
namespace {

TEST(Strftime, AgreesWithTheSystemOnEveryDayOfManyYears) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  constexpr char kFormat[] =
      "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %n %p %P %r %R %S %t %T %u %U %V %w "
      "%W %x %X %y %Y %% %-d %_m";
  for (std::int64_t now_s = 0; now_s < std::int64_t{86400} * 365 * 60; now_s += 86400 - 1237) {
    const auto seconds = static_cast<std::time_t>(now_s);
    std::tm time{};
    ::gmtime_r(&seconds, &time);
    char expected[512];
    ASSERT_GT(std::strftime(expected, sizeof(expected), kFormat, &time), 0u);
    const auto found = format_local_time(kFormat, now_s);
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(*found, expected) << now_s;
  }
}

TEST(Strftime, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(format_local_time("%Q", 0).status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(format_local_time("%", 0).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(format_local_time("%Y", INT64_MAX).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tenfold::jinja
