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
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
    if (option->get_required()) text += " (required)";
    return text;
  }
};

}  // namespace tenfold::cli
