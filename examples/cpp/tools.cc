// A model that may call a tool: each call is carried out here, and its result goes back until it answers in words.
//     tools model.gguf "What time is it in Oslo?"
#include <tenfold/conversation.h>

#include "run.h"

constexpr const char* kTools =
    R"([{"type": "function", "function": {"name": "time", "description": "The time in a city",
  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}])";

tenfold::Status tools(Arguments arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(arguments[0], {}));
  TENFOLD_ASSIGN_OR_RETURN(const auto chat, tenfold::Conversation::create(engine, {.tools_json = kTools}));
  TENFOLD_ASSIGN_OR_RETURN(tenfold::ChatAnswer answer, chat->send({"user", arguments[1]}, {}));
  for (int round = 0; round < 4 && !answer.reply.tool_calls.empty(); ++round) {
    std::vector<tenfold::Message> results;
    for (const tenfold::ToolCall& call : answer.reply.tool_calls) {
      std::printf("%s(%s)\n", call.name.c_str(), call.arguments_json.c_str());
      results.push_back(tenfold::tool_result(call, R"({"time": "12:00"})"));
    }
    TENFOLD_ASSIGN_OR_RETURN(answer, chat->send_all(results, {}));
  }
  std::puts(answer.reply.text.c_str());
  return {};
}

int main(int argc, char** argv) { return run(argc, argv, 2, tools); }
