#include "jinja/strftime.h"

#include <ctime>
#include <optional>

#include "base/error.h"

namespace tenfold::jinja {

namespace {

constexpr std::string_view kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

// A number at least `width` wide; `pad` 0 means no padding.
std::string number(int value, int width, char pad) {
  std::string digits = cat(value);
  if (pad != 0 && static_cast<int>(digits.size()) < width) {
    digits.insert(0, static_cast<std::size_t>(width) - digits.size(), pad);
  }
  return digits;
}

// Whole weeks before this day in a year whose weeks start on `first_weekday`.
int week_of_year(const std::tm& time, int first_weekday) {
  const int days_into_week = (time.tm_wday - first_weekday + 7) % 7;
  return (time.tm_yday + 7 - days_into_week) / 7;
}

struct IsoWeek {
  int year, week;
};

IsoWeek iso_week(const std::tm& time) {
  const auto is_leap = [](int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; };
  const int weekday = (time.tm_wday + 6) % 7;  // Monday is 0
  int year = time.tm_year + 1900;
  int week = (time.tm_yday - weekday + 10) / 7;
  const auto weeks_in = [&](int of_year, int first_weekday) {
    return first_weekday == 3 || (first_weekday == 2 && is_leap(of_year)) ? 53 : 52;
  };
  const int january_first = ((weekday - time.tm_yday) % 7 + 7) % 7;
  if (week < 1) {
    --year;
    const int days = is_leap(year) ? 366 : 365;
    week = weeks_in(year, ((january_first - days) % 7 + 7) % 7);
  } else if (week > weeks_in(year, january_first)) {
    ++year;
    week = 1;
  }
  return {year, week};
}

std::optional<std::string> names(char directive, const std::tm& time) {
  switch (directive) {
    case 'a': return std::string(kDays[time.tm_wday].substr(0, 3));
    case 'A': return std::string(kDays[time.tm_wday]);
    case 'b':
    case 'h': return std::string(kMonths[time.tm_mon].substr(0, 3));
    case 'B': return std::string(kMonths[time.tm_mon]);
    case 'p': return std::string(time.tm_hour < 12 ? "AM" : "PM");
    case 'P': return std::string(time.tm_hour < 12 ? "am" : "pm");
    case 'f': return std::string("000000");  // now is known to the second
    case 'n': return std::string("\n");
    case 't': return std::string("\t");
    case '%': return std::string("%");
    case 'z':
    case 'Z': return std::string();  // Python's naive datetime has no zone
    default: return std::nullopt;
  }
}

std::optional<std::string_view> composite(char directive) {
  switch (directive) {
    case 'c': return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x': return "%m/%d/%y";
    case 'F': return "%Y-%m-%d";
    case 'r': return "%I:%M:%S %p";
    case 'R': return "%H:%M";
    case 'T':
    case 'X': return "%H:%M:%S";
    default: return std::nullopt;
  }
}

struct Numeric {
  int value, width;
  char pad;
};

std::optional<Numeric> numeric(char directive, const std::tm& time) {
  const int hour_12 = time.tm_hour % 12 == 0 ? 12 : time.tm_hour % 12;
  const int year = time.tm_year + 1900;
  switch (directive) {
    case 'C': return Numeric{year / 100, 2, '0'};
    case 'd': return Numeric{time.tm_mday, 2, '0'};
    case 'e': return Numeric{time.tm_mday, 2, ' '};
    case 'g': return Numeric{iso_week(time).year % 100, 2, '0'};
    case 'G': return Numeric{iso_week(time).year, 4, '0'};
    case 'H': return Numeric{time.tm_hour, 2, '0'};
    case 'I': return Numeric{hour_12, 2, '0'};
    case 'j': return Numeric{time.tm_yday + 1, 3, '0'};
    case 'k': return Numeric{time.tm_hour, 2, ' '};
    case 'l': return Numeric{hour_12, 2, ' '};
    case 'm': return Numeric{time.tm_mon + 1, 2, '0'};
    case 'M': return Numeric{time.tm_min, 2, '0'};
    case 'S': return Numeric{time.tm_sec, 2, '0'};
    case 'u': return Numeric{time.tm_wday == 0 ? 7 : time.tm_wday, 1, '0'};
    case 'U': return Numeric{week_of_year(time, 0), 2, '0'};
    case 'V': return Numeric{iso_week(time).week, 2, '0'};
    case 'w': return Numeric{time.tm_wday, 1, '0'};
    case 'W': return Numeric{week_of_year(time, 1), 2, '0'};
    case 'y': return Numeric{year % 100, 2, '0'};
    case 'Y': return Numeric{year, 4, '0'};
    default: return std::nullopt;
  }
}

Result<std::string> format_time(std::string_view format, const std::tm& time) {
  std::string out;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      out += format[at];
      continue;
    }
    char flag = 0;  // '-': no padding, '_': blanks, '0': zeros
    if (at + 1 < format.size() && (format[at + 1] == '-' || format[at + 1] == '_' || format[at + 1] == '0')) {
      flag = format[++at];
    }
    if (++at == format.size()) return invalid_argument("strftime: format ends with '%'");
    const char directive = format[at];
    if (const auto number_of = numeric(directive, time)) {
      const char pad = flag == '-' ? '\0' : flag == '_' ? ' ' : flag == '0' ? '0' : number_of->pad;
      out += number(number_of->value, number_of->width, pad);
    } else if (const auto name = names(directive, time)) {
      out += *name;
    } else if (const auto parts = composite(directive)) {
      TENFOLD_ASSIGN_OR_RETURN(const std::string text, format_time(*parts, time));
      out += text;
    } else {
      return unsupported("strftime directive '%", printable(format.substr(at, 1)), "' is not supported");
    }
  }
  return out;
}

}  // namespace

Result<std::string> format_local_time(std::string_view format, std::int64_t seconds_since_1970) {
  const auto seconds = static_cast<std::time_t>(seconds_since_1970);
  std::tm time{};
  if (localtime_r(&seconds, &time) == nullptr || time.tm_year + 1900 < 1 || time.tm_year + 1900 > 9999) {
    return invalid_argument("strftime: time ", seconds_since_1970, " is outside the years 1 to 9999");
  }
  return format_time(format, time);
}

}  // namespace tenfold::jinja
