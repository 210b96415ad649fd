#include "convert/vocab/sentencepiece_model.h"

#include <bit>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tenfold {

namespace {

// Field numbers of the format, and how each is stored.
constexpr std::uint64_t kPiecesField = 1;
constexpr std::uint64_t kNormalizerField = 3;
constexpr std::uint64_t kDummyPrefixField = 3;
constexpr std::uint64_t kTextField = 1;
constexpr std::uint64_t kScoreField = 2;
constexpr std::uint64_t kTypeField = 3;
enum Wire : std::uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  std::uint64_t number;
  std::uint64_t wire;
  std::uint64_t value;     // of kVarint, kFixed32, kFixed64
  std::string_view bytes;  // of kBytes
};

// Goes through the fields of one message.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

  Result<Field> next() {
    TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t tag, varint());
    Field field = {tag >> 3, tag & 7, 0, {}};
    switch (field.wire) {
      case kVarint: {
        TENFOLD_ASSIGN_OR_RETURN(field.value, varint());
        return field;
      }
      case kBytes: {
        TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t length, varint());
        TENFOLD_ASSIGN_OR_RETURN(field.bytes, take(length));
        return field;
      }
      case kFixed32:
      case kFixed64: {
        TENFOLD_ASSIGN_OR_RETURN(const std::string_view raw, take(field.wire == kFixed32 ? 4 : 8));
        for (std::size_t i = raw.size(); i > 0; --i) {
          field.value = field.value << 8 | static_cast<std::uint8_t>(raw[i - 1]);
        }
        return field;
      }
      default: return corrupt_data("expected a field of a known kind at byte ", at_, ", found kind ", field.wire);
    }
  }

 private:
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_end()) break;
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return corrupt_data("expected the end of a number at byte ", at_);
  }

  Result<std::string_view> take(std::uint64_t length) {
    if (length > bytes_.size() - at_) {
      return corrupt_data("expected ", length, " bytes at byte ", at_, ", found ", bytes_.size() - at_);
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(length));
    at_ += taken.size();
    return taken;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

TokenType type_of(std::uint64_t number) {
  switch (number) {
    case 2: return TokenType::kUnknown;
    case 3: return TokenType::kControl;
    case 5: return TokenType::kUnused;
    case 6: return TokenType::kByte;
    default: return TokenType::kNormal;
  }
}

Result<SentencePiece> parse_piece(std::string_view bytes) {
  SentencePiece piece;
  for (Message message(bytes); !message.at_end();) {
    TENFOLD_ASSIGN_OR_RETURN(const Field field, message.next());
    if (field.number == kTextField && field.wire == kBytes) piece.text = field.bytes;
    if (field.number == kScoreField && field.wire == kFixed32) {
      piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
    }
    if (field.number == kTypeField && field.wire == kVarint) piece.type = type_of(field.value);
  }
  if (!is_valid_utf8(piece.text)) return corrupt_data("expected UTF-8, found ", printable(piece.text));
  return piece;
}

Status read_normalizer(std::string_view bytes, SentencePieceModel& model) {
  for (Message message(bytes); !message.at_end();) {
    TENFOLD_ASSIGN_OR_RETURN(const Field field, message.next());
    if (field.number == kDummyPrefixField && field.wire == kVarint) model.add_space_prefix = field.value != 0;
  }
  return {};
}

}  // namespace

Result<SentencePieceModel> parse_sentencepiece_model(std::string_view bytes, std::size_t max_pieces) {
  SentencePieceModel model;
  for (Message message(bytes); !message.at_end();) {
    Result<Field> field = message.next();
    if (!field.ok()) return field.status().with_context("tokenizer.model");
    if (field->wire != kBytes) continue;
    if (field->number == kNormalizerField) {
      const Status read = read_normalizer(field->bytes, model);
      if (!read.ok()) return read.with_context("tokenizer.model: normalizer");
    }
    if (field->number != kPiecesField) continue;
    if (model.pieces.size() == max_pieces) {
      return resource_exhausted("tokenizer.model: expected at most ", max_pieces,
                                " pieces (the embedding's rows), found more");
    }
    Result<SentencePiece> piece = parse_piece(field->bytes);
    if (!piece.ok()) return piece.status().with_context(cat("tokenizer.model: piece ", model.pieces.size()));
    model.pieces.push_back(std::move(*piece));
  }
  if (model.pieces.empty()) return corrupt_data("tokenizer.model: expected a SentencePiece model, found no piece");
  return model;
}

}  // namespace tenfold
