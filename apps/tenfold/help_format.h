// How --help looks: an option, its argument and what it means, without CLI11's own annotations.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace tenfold::cli {

class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() { column_width(34); }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, std::move(name), mode), "\n\n\n", "\n\n");
  }
  // An option that is a positional argument as well shows up twice; once is where its type and "required" belong.
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    if (!option->get_positional()) return CLI::Formatter::make_option(option, is_positional);
    const std::string name = make_option_name(option, is_positional);
    std::stringstream out;
    if (is_positional) {
      const char* const required = option->get_required() ? " (required)" : "";
      CLI::detail::format_help(out, name + required, option->get_description(), get_column_width());
    } else {
      CLI::detail::format_help(out, name + " " + option->get_type_name(),
                               "Another way to give " + option->get_name(true, false), get_column_width());
    }
    return out.str();
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
    if (option->get_required()) text += " (required)";
    return text;
  }
};

}  // namespace tenfold::cli
