#include "tokenizer/special_tokens.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <set>
#include <string_view>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

// -1 as a converter writes it that has no such token: every model made from a llama2.c checkpoint says so.
constexpr std::uint64_t kNoToken = 0xffffffff;

struct KnownTexts {
  SpecialToken kind;
  std::string_view name;
  std::initializer_list<std::string_view> texts;  // tried in this order where the file names no token
};

const KnownTexts kKinds[kSpecialTokens] = {
    {SpecialToken::kBos, "BOS", {}},
    {SpecialToken::kEos, "EOS", {}},
    {SpecialToken::kEot,
     "EOT",
     {"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>",
      "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>"}},
    {SpecialToken::kEom, "EOM", {"<|eom_id|>"}},
    {SpecialToken::kUnknown, "unknown", {}},
    {SpecialToken::kSeparator, "separator", {}},
    {SpecialToken::kPadding, "padding", {}},
    {SpecialToken::kMask, "mask", {}},
    {SpecialToken::kFimPrefix,
     "FIM prefix",
     {"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>",
      "<|prefix|>"}},
    {SpecialToken::kFimSuffix,
     "FIM suffix",
     {"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>",
      "<|suffix|>"}},
    {SpecialToken::kFimMiddle,
     "FIM middle",
     {"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>",
      "<|middle|>"}},
    {SpecialToken::kFimPadding, "FIM padding", {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"}},
    {SpecialToken::kFimRepository,
     "FIM repository",
     {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"}},
    {SpecialToken::kFimFileSeparator, "FIM file separator", {"<|file_sep|>"}},
};

// Wherever one of these is in the vocabulary, it ends an answer and is a control token.
constexpr std::string_view kEndTexts[] = {"<|eot_id|>",
                                          "<|im_end|>",
                                          "<|end|>",
                                          "<|return|>",
                                          "<|call|>",
                                          "<|flush|>",
                                          "<|calls|>",
                                          "<end_of_turn>",
                                          "<|endoftext|>",
                                          "</s>",
                                          "<|eom_id|>",
                                          "<EOT>",
                                          "_<EOT>",
                                          "[EOT]",
                                          "[EOS]",
                                          "<|end_of_text|>",
                                          "<end_of_utterance>",
                                          "<eos>",
                                          "<turn|>",
                                          "<|tool_response>",
                                          "<｜end▁of▁sentence｜>",
                                          "[e~["};

// Structure that belongs to the text of an answer: shown, and parsed without being asked to.
constexpr std::string_view kAlwaysShownTexts[] = {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"};

class Resolver {
 public:
  Resolver(const VocabData& vocab, const TextTable& tokens) : vocab_(vocab), tokens_(tokens) {}

  Result<SpecialTokens> run() {
    TENFOLD_RETURN_IF_ERROR(read_types());
    for (const KnownTexts& kind : kKinds) TENFOLD_RETURN_IF_ERROR(read_id(kind));
    if (vocab_.model == "llama")
      assume_ids({{SpecialToken::kUnknown, 0}, {SpecialToken::kBos, 1}, {SpecialToken::kEos, 2}});
    if (vocab_.model == "bert") assume_bert_ids();
    for (const KnownTexts& kind : kKinds) find_by_text(kind);
    collect_end_tokens();
    set_strip_traits();
    result_.end_of_generation.assign(ends_.begin(), ends_.end());
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::optional<TokenId> find(std::string_view text) const {
    const std::uint32_t id = tokens_.find(text);
    if (id == TextTable::kNone) return std::nullopt;
    return static_cast<TokenId>(id);
  }
  std::uint8_t& traits(TokenId token) { return result_.traits[static_cast<std::size_t>(token)]; }

  Status read_types() {
    TENFOLD_RETURN_IF_ERROR(read_stated_types());
    // SentencePiece spells bytes in such tokens, and files state any type for them, or none. What is not stated to be a
    // byte must still come back as the byte that it was taken for.
    if (vocab_.model != "llama") return {};
    for (std::uint32_t id = 0; id < tokens_.size(); ++id) {
      if (byte_of_hex_token(tokens_.text(id))) result_.traits[id] = kByteTrait;
    }
    return {};
  }

  Status read_stated_types() {
    const std::size_t n = tokens_.size();
    result_.traits.assign(n, kNormalTrait);
    if (!vocab_.types) return {};
    const std::vector<std::int32_t>& types = *vocab_.types;
    if (types.size() != n) {
      return corrupt_data("expected a type for each of ", n, " tokens, found ", types.size());
    }
    for (std::uint32_t id = 0; id < n; ++id) {
      result_.traits[id] = trait_of(static_cast<TokenType>(types[id]));
      if (result_.traits[id] == kByteTrait && !byte_of_hex_token(tokens_.text(id))) {
        return corrupt_data("token ", id, ": expected a byte such as <0x0A>, found ", printable(tokens_.text(id)));
      }
    }
    return {};
  }

  static std::uint8_t trait_of(TokenType type) {
    switch (type) {
      case TokenType::kNormal: return kNormalTrait;
      case TokenType::kUnknown: return kUnknownTrait;
      case TokenType::kControl: return kControlTrait;
      case TokenType::kUserDefined: return kUserDefinedTrait;
      case TokenType::kByte: return kByteTrait;
      default: return 0;
    }
  }

  Status read_id(const KnownTexts& kind) {
    const std::optional<std::uint64_t> id = vocab_.special_ids[static_cast<std::size_t>(kind.kind)];
    if (!id) return {};
    if (*id < tokens_.size()) {
      result_.id(kind.kind) = static_cast<TokenId>(*id);
      return {};
    }
    const std::string message =
        cat(kind.name, " token: expected an id below ", tokens_.size(), " (the number of tokens), found ", *id);
    if (kind.kind <= SpecialToken::kUnknown || *id != kNoToken) return corrupt_data(message);
    result_.warnings.push_back(message + "; ignored");
    return {};
  }

  // The ids that every vocabulary of a kind has. (llama.cpp assumes token 11 for byte-level BPE; nobody means that.)
  void assume_ids(std::initializer_list<std::pair<SpecialToken, TokenId>> assumed) {
    for (const auto& [kind, id] : assumed) {
      if (!result_.id(kind) && static_cast<std::size_t>(id) < tokens_.size()) result_.id(kind) = id;
    }
  }

  // [CLS] begins a text and [SEP] ends it; files name them in several ways, the oldest not at all.
  void assume_bert_ids() {
    assume_ids({{SpecialToken::kUnknown, 100}, {SpecialToken::kBos, 101}, {SpecialToken::kSeparator, 102}});
    if (const auto separator = result_.id(SpecialToken::kSeparator)) result_.id(SpecialToken::kEos) = separator;
  }

  void find_by_text(const KnownTexts& kind) {
    for (const std::string_view text : kind.texts) {
      if (result_.id(kind.kind)) return;
      result_.id(kind.kind) = find(text);
      if (result_.id(kind.kind)) traits(*result_.id(kind.kind)) |= kControlTrait;
    }
  }

  void add_end(std::optional<TokenId> token) {
    if (token) ends_.insert(*token);
  }

  void collect_end_tokens() {
    add_end(result_.id(SpecialToken::kFimPadding));
    add_end(result_.id(SpecialToken::kFimRepository));
    add_end(result_.id(SpecialToken::kFimFileSeparator));
    for (const std::string_view text : kEndTexts) {
      const std::optional<TokenId> token = find(text);
      add_end(token);
      if (token) traits(*token) |= kControlTrait;
    }
    for (const std::string_view text : kAlwaysShownTexts) {
      if (const auto token = find(text)) traits(*token) = kUserDefinedTrait;
    }
    add_end(result_.id(SpecialToken::kEos));
    add_end(result_.id(SpecialToken::kEot));
    add_end(result_.id(SpecialToken::kEom));
    // GLM waits for a tool's answer after this one; its files do not say so, and llama.cpp runs on.
    if (const auto token = find("<|observation|>"); token && result_.has(*token, kControlTrait)) add_end(token);
    for (const std::string_view text : vocab_.end_texts) add_end(find(text));
    drop_false_ends();
  }

  [[nodiscard]] bool ends_with(std::string_view text) const {
    const std::optional<TokenId> token = find(text);
    return token && ends_.contains(*token);
  }

  // <|end|> closes a part of an answer, not the answer, where the vocabulary has its own ends for those; and </s> is
  // ordinary text beside Gemma 4's and PLaMo's ends.
  void drop_false_ends() {
    const bool harmony = ends_with("<|return|>") && (ends_with("<|call|>") || ends_with("<|calls|>"));
    const bool solar = ends_with("<|flush|>") && (ends_with("<|call|>") || ends_with("<|calls|>"));
    if ((harmony || solar) && ends_with("<|end|>")) drop_end("<|end|>", kUserDefinedTrait);
    if (ends_with("<|tool_response>") || ends_with("<|plamo:eos|>")) {
      if (ends_with("</s>")) drop_end("</s>", kNormalTrait);
    }
  }

  void drop_end(std::string_view text, TokenTrait trait) {
    const TokenId token = *find(text);
    ends_.erase(token);
    traits(token) = trait;
  }

  void set_strip_traits() {
    std::string name = vocab_.model_name;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name.find("phi-3") == std::string::npos && name.find("phi3") == std::string::npos) return;
    for (std::uint8_t& trait : result_.traits) {
      if ((trait & (kControlTrait | kUserDefinedTrait | kUnknownTrait)) != 0) trait |= kStripRightTrait;
    }
    if (const auto token = find("</s>")) traits(*token) |= kStripRightTrait;
    for (const std::string_view text : {"<unk>", "<s>", "<|endoftext|>"}) {
      if (const auto token = find(text)) traits(*token) &= static_cast<std::uint8_t>(~kStripRightTrait);
    }
  }

  const VocabData& vocab_;
  const TextTable& tokens_;
  SpecialTokens result_;
  std::set<TokenId> ends_;
};

}  // namespace

Result<SpecialTokens> resolve_special_tokens(const VocabData& vocab, const TextTable& tokens) {
  TENFOLD_DCHECK(tokens.size() == vocab.tokens.size());
  return Resolver(vocab, tokens).run();
}

bool is_end_by_text(std::string_view text) noexcept {
  return std::find(std::begin(kEndTexts), std::end(kEndTexts), text) != std::end(kEndTexts);
}

std::optional<std::uint8_t> byte_of_hex_token(std::string_view text) noexcept {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(3, 2)) {
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                  : 16u;
    if (digit > 15) return std::nullopt;
    value = value * 16 + digit;
  }
  return static_cast<std::uint8_t>(value);
}

}  // namespace tenfold
