"""Texts to compare tokenizers on: written ones, and random ones made of what tokenizers trip over."""
import random

SENTENCES = [
    "Hello, world! The quick brown fox jumps over the lazy dog.",
    "I'm sure they're right; we've seen it, she'd say so, he'll come, it's done, don't ask.",
    "I'M SURE THEY'RE RIGHT; WE'VE SEEN IT, SHE'D SAY SO, HE'LL COME, IT'S DONE, DON'T ASK.",
    "'tis 'Twas o'clock rock'n'roll '90s ' s 's' 'S 'T 'Re 'vE 'LL 'd",
    "camelCase PascalCase HTMLParser XMLHttpRequest aBCdE iPhone McDonald eBay URLs 3D x86_64 UTF-8",
    "Prices: $1,234.56, 1234567890, 0.001, 1e-10, 12345 67 890, 3.14159265, 50%, №5, ½ ¾ ² ³ Ⅷ ⑩",
    "0 00 000 0000 00000 000000 0000000 00000000 000000000",
    "   leading spaces, two  three   four    five     six      ",
    "tabs\tand\t\ttabs \t mixed\n\nnewlines\n\n\n\r\nCRLF\r\n\r\nCR\rend\n   indented\n\t\tmore\n ",
    " \n \n\n \n", "\n", "\n\n\n\n", " ", "  ", "   ", "\t", "\r\n", "\r", "", " a", "a ", "  a  ", "\na\n", "\u00a0", "a\u00a0b",
    "def f(x: int) -> str:\n    \"\"\"Doc.\"\"\"\n    return f\"{x!r:>{10}}\" if x >= 0 else 'neg'  # comment\n",
    "for (int i = 0; i < n; ++i) { a[i] += b[i] * c[i]; /* sum */ } // end\n#include <vector>\n",
    "SELECT name, COUNT(*) FROM t WHERE x != 'y' AND z IS NOT NULL GROUP BY name;",
    "{\"key\": [1, 2.5, true, null, \"a\\n\\u00e9\"], \"nested\": {\"a\": {}}}",
    "<div class=\"x\">text &amp; more</div>\n<!-- c -->", "https://example.org/a/b?c=d&e=f#g mail@example.org",
    "!!! ??? ... --- ___ *** ((( ))) [[[ ]]] {{{ }}} <<< >>> === +++ ~~~ ``` ^^^ ||| \\\\\\ ///",
    "a.b,c;d:e!f?g-h_i+j=k*l/m\\n|o<p>q@r#s$t%u^v&w(x)y[z]{a}~`'\"",
    "Größe, Straße, naïve café, façade, Ångström, œuvre, Þór, İstanbul, ĲSSEL, ǅ, ŉ, ſ",
    "Привет, мир! Съешь ещё этих мягких булок. ЗАГЛАВНЫЕ и строчные.",
    "Καλημέρα κόσμε. Ώρα ΑΒΓ αβγ ς", "שלום עולם, מה שלומך? אָלֶף", "مرحبا بالعالم، كيف الحال؟ ١٢٣ ۴۵۶ لُغَة",
    "नमस्ते दुनिया। कैसे हो? १२३ क्षत्रिय", "হ্যালো বিশ্ব ১২৩", "வணக்கம் உலகம் ௧௨", "ಕನ್ನಡ తెలుగు മലയാളം සිංහල",
    "สวัสดีชาวโลก ๑๒๓ น้ำ", "ສະບາຍດີ ကမ္ဘာ ជំរាបសួរ ༄༅།", "გამარჯობა ᲒᲐ Ⴀⴀ հայերեն ՀԱՅ ᏣᎳᎩ ꭰ",
    "你好，世界！今天天气怎么样？我喜欢编程。一二三四五六七八九十，〇。", "こんにちは、世界。カタカナとひらがな　全角スペース「引用」。ｶﾅ",
    "안녕하세요 세계! 한국어 문장입니다. ㄱㄴㄷ ㅏㅑ", "𠀀𠀁𪜀 㐀㐁 豈更 ㍿ ㋿ ⼀⼁ 々〆",
    "😀😃😄 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇯🇵 ❤️ ☃ ✓ ✗ → ∀x∈ℝ: ∑∫√∞ ≤≥≠ ¬∧∨ ×÷ ±",
    "é e\u0301 n\u0303 a\u0308\u0323 \u0301lead z\u0351\u0347\u0300algo क\u093f ﷺ ﬁ ﬀ", "\u200b\u200c\u200d\u2060\ufeff zero\u200bwidth so\u00adft",
    "\u2000\u2001\u2002\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000 \u1680x \u0085y \u180ez", "\x00\x01\x02\x1b[0m\x7f\x1c\x1d\x1e\x1f",
    "“quotes” ‘single’ „low“ «guillemets» ‹x› 、。·…—–‐ ！＂＃Ａｚ０９～ ｡｢｣", "ＡＢＣａｂｃ１２３　＋－＝", "ℂℕℤ ℓ ℵ ﷲ ꙮ Ⅳ ⅳ ㊀ 𝐀𝑎𝟘 𐐀𐐨 𞤀𞤢 𑢠𑣀 𐒰𐓘",
    "abc123def 123abc a1b2c3 １２３abc ¹²³ x² 2x ٣a 5€ €5 ¥100 £1.5 100km 10:30 2024-01-31 v1.2.3",
    "don’t it’s “I’m” l’été d'accord aujourd'hui qu'est-ce", "x='s' y='re z'll 'sam' 'tree 'very 'mm 'dd 'llama",
    "A" * 40, "a" * 100, " " * 100, "\n" * 50, "1" * 50, "!" * 70, "ab" * 60, "é" * 40, "你" * 40, "😀" * 20, " \n" * 20, "a " * 30,
    "=" * 80 + "\n" + "-" * 80, "\t" * 30 + "x", "  \n  \n  x", "x\n\n  \n\ty \n", "/path/to/file\n/other\n//comment\n/", "?\n\n/\n!",
    "<s>bos</s> <|im_start|>user\nhi<|im_end|>\n<|endoftext|><|eot_id|> <unk> <pad> <0x0A> <0xZZ> [INST] x [/INST]",
    "<|user|> \n hi<|end|>  \n<|assistant|>\n <|system|>\t\nx</s>  y", "<｜begin▁of▁sentence｜>x<｜end▁of▁sentence｜> ▁ ▁▁ a▁b",
    "[gMASK]<sop><|user|>\n你好<|assistant|>\n<|observation|>", "<start_of_turn>user\nhi<end_of_turn>\n<bos> <mask>", "<fim_prefix>a<fim_suffix>b<fim_middle>",
    "<|", "|>", "<|im_", "<|im_start", "<|im_start|", "<<|im_start|>>", "<|im_start|><|im_start|>", " <|im_start|> ", "<s", "<s><s>",
]

INVALID = [
    b"\xff", b"\xfe\xff", b"a\x80b", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xe2\x82 x", b"\xf0\x9f\x98", b"\xf0\x9f\x98 ok", b"\xc0\x80",
    b"\xc1\xbf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf\xed\xa0\x80", b"ok\xffok \xffok", b"\x80\x81\x82\x83", b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80", b"caf\xe9 na\xefve", b"\xff\xfeh\x00i\x00", b"'\xff s\xff'", b" \xff \xff\n\xff1\xff", b"\xe4\xbd\xa0\xe5\xa5",
]

# Characters of every class, several scripts each, so that random strings hit the borders between rules.
ALPHABET = list("abcxyzABCXYZ'sSdDmMtTlLvVeErR0123456789 \t\n\r\v\f.,;:!?-_()[]{}<>/\\|@#$%^&*+=~`\"") + list(
    "éÉßñøÆıİĲǅⅣſµªº½²٣१๑①àèЖжЩщΩωאבعبكहिंकाกำ你好世界々〇かなカナー한글ㄱ한̣́⃝️‍​\u00a0\u2003\u3000\u0085\u2028\u200e\u00ad、。！？「」…—–“”‘’«»€£¥°©®™→≤∑♥✓😀👍🏽🇩🇪𝐀𝟘𐐀𐐨𞤀𑢠𠀀ⴀႠᲐᏣꭰԱա\ue000\U000e0001\u0378")
WORDS = ["the", " the", "The", " a", "'s", "'S", "'re", "'LL", "'ve", " don't", "  ", "   ", "\n", "\n\n", "\r\n", " \n", "\t", "123", " 12",
         "1234", "HTTP", "Hello", "hello", " hello", "world", "été", "ÉTÉ", "Été", "привет", "你好", "世界", "こん", "カナ", "한국", "नम", "!!", " !", "...",
         "://", "/", "//", "\n/", "+=", " =", "{}", "();", "<|", "|>", "▁", "😀", "\u0301", "\u3000", "。", "，", "“", "”", "-", " -", "_", "<s>", "</s>"]


def random_text(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(1, 40))).encode()
    if kind == 1:
        return "".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 25))).encode()
    if kind == 2:
        return "".join(rng.choice(WORDS) if rng.random() < 0.5 else rng.choice(ALPHABET) for _ in range(rng.randrange(1, 30))).encode()
    if kind == 3:  # any code points but surrogates, most of them from the lower planes
        points = (rng.randrange(rng.choice([0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000])) for _ in range(rng.randrange(1, 25)))
        return "".join(chr(p) for p in points if not 0xD800 <= p < 0xE000).encode()
    if kind == 4:  # runs
        return "".join(rng.choice(ALPHABET) * rng.choice([1, 1, 2, 3, 5, 9, 17]) for _ in range(rng.randrange(1, 12))).encode()
    data = bytearray(rng.choice(SENTENCES).encode())  # damaged bytes
    for _ in range(rng.randrange(1, 6)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def written_texts():
    return [s.encode() for s in SENTENCES] + INVALID


def random_texts(count, seed):
    rng = random.Random(seed)
    return [random_text(rng) for _ in range(count)]
